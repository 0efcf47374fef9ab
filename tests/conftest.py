"""What all tests share: how much Hypothesis tries, and which tests share a worker."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from checker.reports.automatic import ACTIONS, SUMMARY
from tests.effort import load_profile

# What starts servers, once for all tests of a directory or module.
_TOGETHER = ("tests/engines/", "tests/fleet/test_cluster.py")

load_profile()
# The tests may run in GitHub Actions, where the checker writes more, and perhaps in colour.
for _name in (ACTIONS, SUMMARY, "FORCE_COLOR", "NO_COLOR"):
    os.environ.pop(_name, None)
# Nothing is kept of what tests read, unless a test names a directory for it.
os.environ["XDG_CACHE_HOME"] = os.path.join(os.devnull, "cache")
# Programs in the background of a shell ignore signals, and so would all that they start.
for _number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives the tests that share servers to one worker, which starts them once."""

    def _split_scope(self, nodeid: str) -> str:
        return next((start for start in _TOGETHER if nodeid.startswith(start)), nodeid)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling:
    """Distribute tests one by one, except those that share servers."""
    return _Scheduling(config, log)
