"""``checker new-plugin``: what it writes passes its own tests."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from .conftest import Checker
from .distributions import install


@pytest.fixture
def written(checker: Checker) -> Path:
    done = checker("new-plugin", "acme-checks")
    assert done.code == 0, done.err
    assert "cd acme-checks && pip install -e '.[test]' && pytest" in done.out
    return checker.folder / "acme-checks"


def test_it_is_installed_and_its_tests_pass(
    checker: Checker, written: Path, image: Path, tmp_path: Path
) -> None:
    target = tmp_path / "installed"
    install(written, target)
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=written,
        env={"PYTHONPATH": str(target), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    assert "5 passed" in tested.stdout
    done = checker.process(
        "check", image, "--select", "ACM", "--fail-on", "warning", paths=[target]
    )
    assert done.code == 1
    assert "ACM001 missing-vendor" in done.out


def test_what_it_writes_is_well_formed(written: Path) -> None:
    """Ruff and mypy look at the module as at the example's."""
    names = {str(path.relative_to(written)) for path in written.rglob("*") if path.is_file()}
    assert names == {
        ".github/workflows/test.yml",
        ".gitignore",
        "README.md",
        "acme_checks.py",
        "pyproject.toml",
        "tests/cases/acme_checks/missing-vendor.toml",
        "tests/test_rules.py",
    }
    assert not [
        name for name in names if "$" in written.joinpath(name).read_text().replace("${{", "")
    ]
    project = tomllib.loads(written.joinpath("pyproject.toml").read_text())
    assert project["project"]["entry-points"]["checker"] == {"acme_checks": "acme_checks"}
    assert yaml.safe_load(written.joinpath(".github/workflows/test.yml").read_text())["jobs"]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", "acme_checks.py"],
        cwd=written,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


REFUSED = {
    "name": (("Acme",), "invalid name 'Acme'"),
    "name of a module": (("json",), "json: there is a Python module of this name"),
    "ID": (("acme", "--rule", "AC1"), "invalid ID 'AC1'"),
    "family": (("acme", "--rule", "ARC900"), "ARC is the family of installed rules"),
    "directory": (("acme", "--output", "taken"), "taken: not empty"),
}


@pytest.mark.parametrize(("words", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input(checker: Checker, words: tuple[str, ...], message: str) -> None:
    checker.folder.joinpath("taken").mkdir()
    checker.folder.joinpath("taken", "file").touch()
    done = checker("new-plugin", *words)
    assert done.code == 2
    assert message in done.err
    assert not checker.folder.joinpath("acme").exists()


def test_a_directory_that_cannot_be_written(checker: Checker) -> None:
    checker.folder.joinpath("file").touch()
    done = checker("new-plugin", "acme", "--output", "file/below")
    assert done.code == 3
    assert "Not a directory" in done.err


def test_another_rule_and_directory(checker: Checker) -> None:
    done = checker("new-plugin", "x1", "--rule", "ABCDE001", "--output", "a b")
    assert done.code == 0
    assert 'id = "ABCDE001"' in checker.folder.joinpath("a b", "x1.py").read_text()
