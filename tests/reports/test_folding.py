"""Findings that differ only in the place are shown once; everything else counts each of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.checks.finding import Finding, Severity
from checker.checks.fix import Fix
from checker.cli import main
from checker.model.location import Location
from checker.reports.folding import by_rule, fold
from checker.testing.archive import build
from checker.testing.image import sample_image
from checker.testing.tar import Member, directory, file, hardlink

HUNDREDS = 400


def bad_layer() -> tuple[Member, ...]:
    """Hundreds of paths that come twice, and of hard links to nothing."""
    files = tuple(file(f"srv/data/{number}", str(number)) for number in range(HUNDREDS))
    links = tuple(
        hardlink(f"srv/links/{number}", f"srv/gone/{number}") for number in range(HUNDREDS)
    )
    return (directory("srv"), directory("srv/data"), *files, *files, directory("srv/links"), *links)


@pytest.fixture
def bad_archive(tmp_path: Path) -> str:
    image = sample_image()
    image = replace(image, layers=(*image.layers, bad_layer()))
    path = tmp_path / "bad.tar"
    path.write_bytes(build("oci-archive", image).tar())
    return str(path)


def test_the_text_of_a_bad_archive_is_short(
    bad_archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", bad_archive]) == 1
    shown = capsys.readouterr().out
    for rule in ("LYR004 duplicate-path", "LYR005 missing-hard-link-target"):
        assert shown.count(f"error   {rule}, {HUNDREDS} times") == shown.count(rule) == 1
    assert shown.count("also at path /srv/") == 4
    assert shown.count(f"... and at {HUNDREDS - 3} more places (see -v)") == 2
    assert f"do not ship: {2 * HUNDREDS} errors (LYR004, LYR005)" in shown
    assert len(shown.splitlines()) < 60


def test_json_has_them_all(bad_archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", bad_archive, "--format", "json"]) == 1
    findings = json.loads(capsys.readouterr().out)["archives"][0]["findings"]
    assert sum(finding["severity"] == "error" for finding in findings) == 2 * HUNDREDS


def test_junit_has_them_all(bad_archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", bad_archive, "--format", "junit"]) == 1
    shown = capsys.readouterr().out
    assert f"(and {HUNDREDS - 1} more)" in shown
    assert all(f"path /srv/links/{number}, byte " in shown for number in range(HUNDREDS))


def found(message: str, **place: str | int) -> Finding:
    """A finding at a place."""
    location = Location(archive="a.tar")._replace(**place)  # type: ignore[arg-type]
    return Finding("LYR001", "some-rule", Severity.ERROR, message, location)


DIGESTS = ["sha256:" + digit * 64 for digit in "0f"]
ALIKE: dict[str, Callable[[int], Finding]] = {
    "path": lambda n: found(f"f{n}0 has no owner", path=f"f{n}0"),
    "path and target": lambda n: found(f"d/{n} links to d/x{n}/", path=f"d/{n}"),
    "byte": lambda n: found(f"the header at byte {n + 1:,}000 is odd"),
    "bytes": lambda n: found(f"f{n}1 comes at byte {n} and byte {n + 1}", path=f"f{n}1"),
    "layer": lambda n: found(f"layer {n} of app:1 is odd", layer=n, image="app:1"),
    "image": lambda n: found(f"layer {n} of app:{n} is odd", layer=n, image=f"app:{n}"),
    "member": lambda n: found(f"layer{n}.tar is empty", member=f"layer{n}.tar"),
    "digest": lambda n: found(f"{DIGESTS[n]} is not there"),
    "short digest": lambda n: found(f"blob {DIGESTS[n][:19]}... is not there"),
    "pointer": lambda n: found(f"/layers/{n}/size is a text", pointer=f"/layers/{n}/size"),
    "fix": lambda n: found("it is empty", path=f"e{n}0")._replace(fix=Fix(f"remove e{n}0")),
    "nothing": lambda _: found("it is empty"),
}
DIFFERENT: dict[str, Callable[[int], Finding]] = {
    "words": lambda n: found(f"f0 is {('odd', 'old')[n]}", path="f0"),
    "mode": lambda n: found(f"f{n}0 has mode 0{n + 4}755", path=f"f{n}0"),
    "media type": lambda n: found(f"the layer is application/x{n}+json"),
    "fix": lambda n: found("it is odd")._replace(fix=Fix(("remove it", "change it")[n])),
    "name in a word": lambda n: found(("a fact", "b fact")[n], path="ab"[n]),
}


@pytest.mark.parametrize("make", ALIKE.values(), ids=ALIKE)
def test_what_differs_in_the_place_is_folded(make: Callable[[int], Finding]) -> None:
    assert fold([make(0), make(1)]) == [[make(0), make(1)]]


@pytest.mark.parametrize("make", DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_in_more_is_not(make: Callable[[int], Finding]) -> None:
    assert fold([make(0), make(1)]) == [[make(0)], [make(1)]]


def test_a_severity_is_not_folded_into_another() -> None:
    error = found("it is odd")
    note = error._replace(severity=Severity.NOTE)
    assert by_rule([note, error, note]) == [[error], [note, note]]


@given(st.lists(st.builds(found, st.text(max_size=9), path=st.text(max_size=3))))
def test_no_finding_is_lost(findings: list[Finding]) -> None:
    folded = [finding for alike in fold(findings) for finding in alike]
    assert sorted(folded) == sorted(findings)
