"""A plugin of pytest: which test runs which lines, and how long each takes.

With coverage.py, each test becomes a context of what is measured. The seconds of each test are
written to the file that ``TEST_SECONDS`` names.
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


def pytest_configure() -> None:
    """Have Hypothesis stop at its first failure, which it would otherwise make smaller."""
    generate = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutants", settings.get_profile("ci"), phases=generate, print_blob=False
    )
    settings.load_profile("mutants")


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


def pytest_sessionfinish() -> None:
    """Write down what the tests took."""
    if path := os.environ.get("TEST_SECONDS"):
        Path(path).write_text(json.dumps(_SECONDS), "utf-8")
