"""Tools that are asked on request: the cases of ``tests/cases/readers``, with what they said."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.masking import masked
from benchmarks.readers.tools import TOOLS as ALL_TOOLS
from benchmarks.readers.tools import Bench, found, installed_tools, running_bench
from checker import Session, VerdictOutcome
from checker.plugins import load_plugins
from checker.testing.cases import Case
from checker.verdicts import Engine, Question, Verdict

CASES = Path(__file__).parents[1] / "cases" / "readers" / "cases.toml"
TABLES = {case["name"]: case for case in tomllib.loads(CASES.read_text("utf-8"))["case"]}
READERS = {f"{one.name} {one.action}": one for one in load_plugins().readers().engines}
TOOLS = {tool.title: tool for tool in installed_tools()}
TITLES = sorted({title for case in TABLES.values() for title in case["says"]})
SAID = [
    pytest.param(name, title, text, id=f"{name}, {title}")
    for name, case in TABLES.items()
    for title, text in case["says"].items()
]


def built(name: str, folder: Path) -> Path:
    case = TABLES[name]
    table = {key: case[key] for key in case.keys() - {"name", "says"}}
    return Case("", "", "found", "pass", {}, (), CASES, table).build().write(folder)


def said_by(verdict: Verdict) -> str:
    if verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN:
        return "-"
    return masked(verdict.message or "")


def judged(engine: Engine, path: Path) -> Verdict:
    session = Session()
    archive = session.read(path)
    return engine.judge(Question(archive, session.settings.host, "image.tar"))


@pytest.mark.parametrize(("name", "title", "text"), SAID)
def test_the_verdict_is_what_the_tool_said(
    name: str, title: str, text: str, tmp_path: Path
) -> None:
    verdict = judged(READERS[title], built(name, tmp_path))
    assert said_by(verdict) == text, verdict.reason
    assert (verdict.outcome is VerdictOutcome.REJECTS) is (text not in {"", "-"})
    assert verdict.reason
    assert verdict.command


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running_bench(tmp_path_factory.mktemp("bench")) as running:
        yield running


@pytest.mark.engines
@pytest.mark.parametrize("title", TITLES)
def test_the_tool_says_so(title: str, bench: Bench, tmp_path: Path) -> None:
    tool = TOOLS.get(title)
    if tool is None:
        pytest.skip(f"{title} is not installed: make readers")
    for number, (name, case) in enumerate(TABLES.items()):
        if title not in case["says"]:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        said = tool.read(bench, built(name, folder))
        text = case["says"][title]
        assert said.accepts is (text in {"", "-"}), name
        if not said.accepts:
            assert masked(said.message) == text, name


def test_every_tool_has_a_profile() -> None:
    assert {tool.title for tool in ALL_TOOLS} <= READERS.keys()
    assert set(TITLES) <= READERS.keys()


def test_programs_are_found_where_they_are_installed(tmp_path: Path) -> None:
    assert found("sh")
    assert found(str(tmp_path / "no-such-program")) is None


@pytest.mark.parametrize("title", sorted(READERS))
def test_every_reader_answers_for_every_kind(title: str, tmp_path: Path) -> None:
    engine = READERS[title]
    assert engine.decides()
    assert engine.follows
    for number, name in enumerate(TABLES):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = built(name, folder)
        verdict = judged(engine, path)
        assert (verdict.engine, verdict.action) == (engine.name, engine.action)
        assert (verdict.message is None) is (verdict.outcome is not VerdictOutcome.REJECTS)
