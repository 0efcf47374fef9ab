"""Runs fuzz targets, each in a process, for a time of all together: ``make fuzz SECONDS=60``.

As many run at once as there are processors.

Inputs that reach new code are kept in ``build/fuzz``, and so is an input that is a find. With
``--replay FILE`` a target runs such an input once, without the fuzzer.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Final, NamedTuple

from checker.cores import available_cores

BUILD: Final = Path(__file__).parents[2] / "build" / "fuzz"
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_SEED_SIZE = 200_000
_UNIT_SECONDS = 30
_GRACE_SECONDS = 600
_SHOWN = 3000


class Outcome(NamedTuple):
    """What a target did: inputs tried, and the log of a find."""

    executed: int
    find: str | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 1 if something was found."""
    from benchmarks.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="in all; default: 600")
    parser.add_argument("--target", action="append", choices=TARGETS, help="only this; repeatable")
    parser.add_argument("--replay", type=Path, help="an input to try once with --target")
    options = parser.parse_args(arguments)
    names: list[str] = options.target or list(TARGETS)
    if options.replay is not None:
        for name in names:
            TARGETS[name].run(options.replay.read_bytes())
        return 0
    seconds = max(1, options.seconds // len(names))
    with ThreadPoolExecutor(available_cores()) as pool:
        outcomes = dict(zip(names, pool.map(_fuzz, names, repeat(seconds)), strict=True))
    for name, outcome in outcomes.items():
        if outcome.find is not None:
            print(f"--- {name}\n{outcome.find[-_SHOWN:]}\n")
    for name, outcome in outcomes.items():
        found = "nothing found" if outcome.find is None else "FOUND SOMETHING, see above"
        print(f"{name:12} {seconds:6,} s {outcome.executed:12,} inputs  {found}")
    return int(any(outcome.find is not None for outcome in outcomes.values()))


def _fuzz(name: str, seconds: int) -> Outcome:
    """Run one target in a process, which the fuzzer ends at the first find."""
    corpus = BUILD / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "benchmarks.fuzz.driver", name, str(corpus)),
        *(f"-max_total_time={seconds}", f"-timeout={_UNIT_SECONDS}", f"-max_len={_SEED_SIZE}"),
        *(f"-artifact_prefix={BUILD / name}/", "-print_final_stats=1", "-rss_limit_mb=4096"),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, timeout=seconds + _GRACE_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Outcome(0, f"did not end {_GRACE_SECONDS} s after its time")
    log = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
    executed = _EXECUTED.search(log)
    return Outcome(int(executed[1]) if executed else 0, log if done.returncode else None)


if __name__ == "__main__":
    sys.exit(main())
