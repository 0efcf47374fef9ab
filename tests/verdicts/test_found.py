"""What random archives brought to light: cases with the words of the engines of Debian 12.

``says`` has what they print where layers are stored on vfs, ``overlay`` what is printed instead on
overlays.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks.differential.engines import installed_engines
from benchmarks.masking import masked
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.cases import Case
from checker.verdicts import Engine, Host, Question, Storage, Verdict, VerdictOutcome

FOUND = Path(__file__).parents[1] / "cases" / "engines" / "random.toml"
ENGINES = {each.title: each.judge for each in installed_engines()}


def found() -> list[Any]:
    """Each engine of each case, on each storage: the case's table and what the engine said."""
    params = []
    for case in tomllib.loads(FOUND.read_text("utf-8"))["case"]:
        table = {key: case[key] for key in case.keys() - {"name", "says", "overlay"}}
        says = {Storage.VFS: case["says"], Storage.OVERLAY: case["says"] | case.get("overlay", {})}
        for storage, texts in says.items():
            for title, text in texts.items():
                name = f"{case['name']}, {title}, {storage}"
                params.append(pytest.param(ENGINES[title], storage, table, text, id=name))
    return params


def short(verdict: Verdict) -> str:
    """The words of a refusal; else nothing, or a dash where nothing comes of it."""
    if verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN and verdict.action != "import":
        return "-"
    return masked(verdict.message or "")


@pytest.mark.parametrize(("engine", "storage", "table", "text"), found())
def test_the_verdict_is_what_the_engine_said(
    engine: Engine, storage: Storage, table: dict[str, Any], text: str, tmp_path: Path
) -> None:
    case = Case("", "", "found", "pass", {}, (), FOUND, table)
    archive = read_archive(str(case.build().write(tmp_path)), ReadOptions())
    verdict = engine.judge(Question(archive, Host(storage=storage), "image.tar"))
    assert short(verdict) == masked(text), verdict.reason
    assert (verdict.outcome is VerdictOutcome.REJECTS) is (text not in {"", "-"})
