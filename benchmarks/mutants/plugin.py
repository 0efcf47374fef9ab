"""A plugin of pytest: which test runs which lines, how long each takes, and which are run.

With coverage.py, each test becomes a context of what is measured. The seconds of each test that
passes are written to the file that ``TEST_SECONDS`` names. Only the tests in the file that
``CHOSEN_TESTS`` names are run, one a line, in their order.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import Phase, settings

_SECONDS: defaultdict[str, float] = defaultdict(float)
_FAILED: set[str] = set()


def pytest_configure() -> None:
    """Have Hypothesis stop at its first failure, which it would otherwise make smaller."""
    generate = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutants", settings.get_profile("ci"), phases=generate, print_blob=False
    )
    settings.load_profile("mutants")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the chosen tests, in their order. One that has another name this time is left out."""
    if path := os.environ.get("CHOSEN_TESTS"):
        order = {name: number for number, name in enumerate(_lines_of(path))}
        items[:] = sorted(
            (item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid]
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure a test under its own name."""
    measured = Coverage.current()
    if measured is None:
        return (yield)
    measured.switch_context(item.nodeid)
    try:
        return (yield)
    finally:
        measured.switch_context("")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what a test took."""
    _SECONDS[report.nodeid] += report.duration
    if report.failed:
        _FAILED.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Write down what the tests took."""
    if path := os.environ.get("TEST_SECONDS"):
        passed = {name: taken for name, taken in _SECONDS.items() if name not in _FAILED}
        Path(path).write_text(json.dumps(passed), "utf-8")


def _lines_of(path: str) -> list[str]:
    return Path(path).read_text("utf-8").split("\n")
