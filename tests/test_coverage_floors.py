"""Which packages are below their floor of branch coverage."""

from __future__ import annotations

import pytest

from benchmarks.covered import Covered, show

MODULES = {
    "checker.cli.main": Covered((10, 10), (10, 9)),
    "checker.cli.deep.below": Covered((10, 10), (10, 7)),
    "checker.climate": Covered((10, 10), (10, 0)),
    "checker.plugins": Covered((10, 5), (10, 10)),
    "checker_oci": Covered((10, 10), (0, 0)),
}


@pytest.mark.parametrize(
    ("floors", "missed"),
    [
        ({}, []),
        ({"checker.cli": 80}, []),
        ({"checker.cli": 80.1}, ["checker.cli"]),
        ({"checker.cli.main": 90, "checker.cli": 81}, ["checker.cli"]),
        ({"checker.plugins": 100}, []),
        ({"checker_oci": 100}, []),
        ({"checker.gone": 1}, ["checker.gone"]),
        ({"all": 65}, []),
        ({"all": 66, "checker": 66, "checker.climate": 1}, ["checker", "checker.climate", "all"]),
    ],
)
def test_packages_below_their_floor(floors: dict[str, float], missed: list[str]) -> None:
    assert show(MODULES, floors) == missed


def test_the_table_names_every_package(capsys: pytest.CaptureFixture[str]) -> None:
    show(MODULES, {"all": 95})
    lines = capsys.readouterr().out.splitlines()
    titles = ["checker", "checker.cli", "checker_oci", "all"]
    assert {line.split()[0] for line in lines[1:]} >= set(titles)
    assert lines[-1].split() == ["all", "90.0", "%", "65.0", "%", "95", "%"]
