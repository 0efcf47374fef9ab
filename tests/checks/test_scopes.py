"""A rule that is listed says the same as if it were loaded for every archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hostile.generators import GENERATORS
from benchmarks.one_truth.making import make_archive
from checker.checks.check import CheckContext
from checker.checks.registry import Registry
from checker.checks.runner import CheckRun, run_checks
from checker.model.archive import Archive
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from tests.case_files import FILES, some_cases_of, tables
from tests.effort import examples, part
from tests.sessions import installed, new_session

SEED = 4
RANDOM, CHUNK = examples(400, share=8), 25
# So few lookups that rules leave something out.
LIMITS = (Limits(), Limits(lookups=3))

LISTED = installed().registry
PLAN = ContentPlan.of([read for rule in LISTED for read in rule.reads])


@pytest.fixture(scope="module")
def loaded() -> Registry:
    registry = Registry()
    for rule in LISTED:
        registry.add(rule.check, rule.bundle)
    return registry


@pytest.fixture(autouse=True)
def _same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both runs be at the same time, which a rule about dates tells."""
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)


def assert_alike(path: Path, loaded: Registry) -> None:
    """Run both over facts that are read for each, since rules keep what they find out with them."""
    for limits in LIMITS:
        context = CheckContext(limits=limits)
        listed_run, loaded_run = (
            without_times(run_checks(facts_of(path), rules, context)) for rules in (LISTED, loaded)
        )
        assert listed_run == loaded_run


def facts_of(path: Path) -> Archive:
    # With one job, so that the same blob reaches a limit that blobs share.
    with new_session({"jobs": 1}) as session:
        return session.read(path, plan=PLAN)


def without_times(run: CheckRun) -> CheckRun:
    return run._replace(results=tuple(result._replace(seconds=0) for result in run.results))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_in_cases_of_every_rule(file: Path, loaded: Registry, tmp_path: Path) -> None:
    for number, case in enumerate(some_cases_of(file)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_alike(case.build().write(folder), loaded)


@pytest.mark.parametrize("start", range(0, RANDOM, CHUNK))
def test_in_random_archives(start: int, loaded: Registry, tmp_path: Path) -> None:
    for number in range(start, start + CHUNK):
        path = tmp_path / "archive.tar"
        path.write_bytes(make_archive(f"{SEED}:{number}", tables()).data)
        assert_alike(path, loaded)


@pytest.mark.parametrize("name", part(list(GENERATORS)))
def test_in_hostile_archives(name: str, loaded: Registry, tmp_path: Path) -> None:
    generator = GENERATORS[name]
    path = tmp_path / "archive.tar"
    path.write_bytes(generator.make(generator.small).data)
    assert_alike(path, loaded)
