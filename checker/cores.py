"""How many processors this process may use."""

from __future__ import annotations

import os
import sys

from checker.model.untrusted import whole_number

_GROUP = "/proc/self/cgroup"
_GROUPS = "/sys/fs/cgroup"
_FEW_BYTES = 4096


def available_cores() -> int:
    """The processors that the process may use, at least 1.

    Fewer than there are in the machine, if the process is bound to some (taskset, cpuset), or if
    its control group has a quota, as a container with ``--cpus`` has (cgroup v2, ``cpu.max``).
    """
    bound = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    quota = _quota()
    return bound if quota is None else max(1, min(bound, quota))


def _quota() -> int | None:
    """Processors that the control group may use, rounded up; None without a quota."""
    group = _text(_GROUP).rpartition("0::")[2].partition("\n")[0]
    # In a container the group is mounted at the top.
    for path in (f"{_GROUPS}{group.rstrip('/')}/cpu.max", f"{_GROUPS}/cpu.max"):
        quota, _, period = _text(path).strip().partition(" ")
        allowed, unit = whole_number(quota), whole_number(period)
        if allowed and unit:
            return -(-allowed // unit)
    return None


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_FEW_BYTES).decode("ascii", "replace")
    except OSError:
        return ""
