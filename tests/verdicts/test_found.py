"""What random archives brought to light: cases with the words of the engines of Debian 12.

``says`` has what they print where layers are stored on vfs, ``overlay`` what is printed instead on
overlays.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.differential.engines import installed_engines
from benchmarks.masking import masked
from checker.model.archive import Archive
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.cases import Case
from checker.verdicts import Engine, Host, Question, Storage, Verdict, VerdictOutcome

FOUND = Path(__file__).parents[1] / "cases" / "engines" / "random.toml"
CASES = {each["name"]: each for each in tomllib.loads(FOUND.read_text("utf-8"))["case"]}
ENGINES = {each.title: each.judge for each in installed_engines()}


def found() -> list[Any]:
    """Each engine of each case, on each storage: the case's name and what the engine said."""
    params = []
    for case in CASES.values():
        says = {Storage.VFS: case["says"], Storage.OVERLAY: case["says"] | case.get("overlay", {})}
        for storage, texts in says.items():
            for title, text in texts.items():
                name = f"{case['name']}, {title}, {storage}"
                params.append(pytest.param(ENGINES[title], storage, case["name"], text, id=name))
    return params


def short(verdict: Verdict) -> str:
    """The words of a refusal; else nothing, or a dash where nothing comes of it."""
    if verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN and verdict.action != "import":
        return "-"
    return masked(verdict.message or "")


@pytest.fixture(scope="module")
def archive_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Archive]:
    """Gives the archive of a case, which all engines are asked about."""

    @cache
    def archive_of(name: str) -> Archive:
        case = CASES[name]
        table = {key: case[key] for key in case.keys() - {"name", "says", "overlay"}}
        made = Case("", "", "found", "pass", {}, (), FOUND, table).build()
        return read_archive(str(made.write(tmp_path_factory.mktemp("found"))), ReadOptions())

    return archive_of


@pytest.mark.parametrize(("engine", "storage", "name", "text"), found())
def test_the_verdict_is_what_the_engine_said(
    engine: Engine, storage: Storage, name: str, text: str, archive_of: Callable[[str], Archive]
) -> None:
    verdict = engine.judge(Question(archive_of(name), Host(storage=storage), "image.tar"))
    assert short(verdict) == masked(text), verdict.reason
    assert (verdict.outcome is VerdictOutcome.REJECTS) is (text not in {"", "-"})
