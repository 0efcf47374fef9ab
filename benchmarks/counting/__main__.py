"""Compares the counts of fixed runs with the recorded ones: `make bench-check`.

With `--record` the counts of this Python are recorded instead: `make bench-record`. Compared are
the instructions of the processor if those of the same build of Python are recorded and valgrind is
installed, else bytecode instructions. Exits with 1 if a count has grown by more than 5 %, with 3 if
a run fails, and with 0 if nothing is recorded for this Python.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.counting.cases import CASES
from benchmarks.counting.counters import Counter, CountError, counters, warm_up
from benchmarks.counting.record import Counts, differences, read_counts, write_counts


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.counting", description=__doc__)
    parser.add_argument("--record", action="store_true", help="record the counts of this Python")
    try:
        return record() if parser.parse_args().record else compare()
    except CountError as error:
        sys.stderr.write(f"{error}\n")
        return 3


def record() -> int:
    """Record what all counters of this host count."""
    for counter in counters():
        write_counts(counter.name, counter.python, counts_of(counter))
        print(f"recorded: {counter.name}, {counter.python}")
    return 0


def compare() -> int:
    """Compare the counts of the first counter that is recorded for this Python; 1 for a loss."""
    for counter in counters():
        recorded = read_counts(counter.name, counter.python)
        if recorded is not None:
            return _compare(counter, recorded)
    print(f"not compared: nothing is recorded for {counters()[-1].python}; run make bench-record")
    return 0


def _compare(counter: Counter, recorded: Counts) -> int:
    found = differences(recorded, counts_of(counter))
    print(f"{counter.name}, {counter.python}", *found, sep="\n")
    losses = [each for each in found if each.is_loss]
    if losses:
        print("a run takes more than 5 % more; if it has to, run make bench-record")
    return 1 if losses else 0


def counts_of(counter: Counter) -> Counts:
    """Count all runs, several at a time.

    Raises:
        CountError: A run fails.
    """
    # The names of files are in what is written, so the directory has the same length everywhere.
    with (
        tempfile.TemporaryDirectory(prefix="counting-", dir="/tmp") as folder,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        warm_up(CASES, Path(folder))
        runs = {
            name: pool.submit(partial(counter.take, case, Path(folder) / name))
            for name, case in CASES.items()
        }
        return {name: run.result() for name, run in runs.items()}


if __name__ == "__main__":
    sys.exit(main())
