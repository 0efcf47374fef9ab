"""The rules that hold the house together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import checker

CORE = Path(checker.__file__).parent
# Folder of the core -> folders and modules of the core that it may import.
ALLOWED = {
    "model": {"model"},
    "interpretation": {"interpretation", "model"},
    "reading": {"reading", "interpretation", "model", "errors"},
    "checks": {"checks", "model", "verdicts", "isolation"},
    "reports": {"reports", "results", "errors", "verdicts", "checks", "model"},
}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_core_never_imports_a_bundle() -> None:
    bundles = {
        f"{path.name}: {name}"
        for path in CORE.rglob("*.py")
        for name in imports_of(path)
        if name.startswith("checker_")
    }
    assert bundles == set()


def test_bundles_ask_the_model_not_the_stages_that_make_it() -> None:
    spec = find_spec("checker_archive")
    assert spec is not None
    assert spec.origin is not None
    paths = list(Path(spec.origin).parents[1].glob("checker_*/**/*.py"))
    strangers = {
        f"{path.parent.name}/{path.name}: {name}"
        for path in paths
        for name in imports_of(path)
        if name.startswith(("checker.interpretation", "checker.reading"))
    }
    assert paths
    assert strangers == set()


@pytest.mark.parametrize("folder", ALLOWED)
def test_data_flows_one_way(folder: str) -> None:
    strangers = {
        f"{path.name}: {name}"
        for path in CORE.joinpath(folder).rglob("*.py")
        for name in imports_of(path)
        if name.startswith("checker.") and name.split(".")[1] not in ALLOWED[folder]
    }
    assert strangers == set()


def test_the_schemas_import_nothing_of_the_checker() -> None:
    spec = find_spec("checker_schemas")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    names = {name.split(".")[0] for path in folder.glob("*.py") for name in imports_of(path)}
    assert "checker" not in names
