"""What all tests share: how much Hypothesis tries, and which tests share a worker."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterable, Sequence
from typing import Any, SupportsIndex

import pytest
from xdist.scheduler import LoadScopeScheduling

from checker.reports.automatic import ACTIONS, SUMMARY
from tests.effort import load_profile

# What starts servers, once for all tests of a directory or module.
_TOGETHER = ("tests/engines/", "tests/fleet/test_cluster.py")
# So few that no worker is left with much when the others have ended.
_AT_ONCE = 4

load_profile()
# As in a run of the command: there are many objects, which a collection takes long to look at.
gc.set_threshold(50_000)
# The tests may run in GitHub Actions, where the checker writes more, and perhaps in colour.
for _name in (ACTIONS, SUMMARY, "FORCE_COLOR", "NO_COLOR"):
    os.environ.pop(_name, None)
# Nothing is kept of what tests read, unless a test names a directory for it.
os.environ["XDG_CACHE_HOME"] = os.path.join(os.devnull, "cache")
# Programs in the background of a shell ignore signals, and so would all that they start.
for _number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Leave what is collected now out of all collections of garbage: the tests themselves."""
    gc.collect()
    gc.freeze()


class _Tests(list[str]):
    """The tests of a worker, which are many, with their positions."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(names)
        self._positions = {name: position for position, name in enumerate(self)}

    def index(self, name: str, *_between: SupportsIndex) -> int:
        """The position of a test."""
        return self._positions[name]


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a worker a few tests at a time; all that share servers are for one, which starts them.

    It keeps no record of what is done, which would be counted again after each test.
    """

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        super().add_node_collection(node, collection)
        if node in self.registered_collections:
            self.registered_collections[node] = _Tests(collection)

    def schedule(self) -> None:
        if self.collection is None:
            tests = next(iter(self.registered_collections.values()))
            self._groups = {test: _group(test, number) for number, test in enumerate(tests)}
        super().schedule()

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        assigned = self.assigned_work[node]
        group = self._groups[self.registered_collections[node][item_index]]
        if all(assigned[group].values()):
            del assigned[group]

    def _split_scope(self, nodeid: str) -> str:
        return self._groups[nodeid]


def _group(test: str, number: int) -> str:
    """Which tests a test is given to a worker with."""
    return next((start for start in _TOGETHER if test.startswith(start)), str(number // _AT_ONCE))


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling:
    """Distribute tests in small groups, but those that share servers together."""
    return _Scheduling(config, log)
