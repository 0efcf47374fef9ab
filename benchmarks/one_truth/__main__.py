"""Tries the properties on random archives and on those of directories: ``make one-truth``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.one_truth.properties import PROPERTIES
from benchmarks.one_truth.running import Task, outcomes

_PROGRESS: Final = 1000


def _tasks(options: argparse.Namespace) -> Iterator[Task]:
    for number in range(options.start, options.start + options.count):
        yield Task(f"{options.seed}:{number}", True, options.cases, options.keep)
    for place in options.archives:
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (Task(str(each), False) for each in files if each.is_file())


def main() -> int:
    """Run the command line; 1 if a property does not hold."""
    parser = argparse.ArgumentParser(prog="make one-truth", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="number of random archives")
    parser.add_argument("--seed", type=int, default=1, help="seed of the run")
    parser.add_argument("--start", type=int, default=0, help="number of the first archive")
    parser.add_argument("--cases", type=Path, help="directory of cases to make archives from")
    parser.add_argument("--keep", type=Path, help="directory for archives with violations")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--shown", type=int, default=20, help="violations shown of each property")
    parser.add_argument("archives", nargs="*", type=Path, help="archives, or directories of them")
    options = parser.parse_args()
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    number = 0
    for outcome in outcomes(_tasks(options), options.processes):
        number += 1
        for name, problem in outcome.problems:
            found[name].append((outcome.name, problem))
        if number % _PROGRESS == 0:
            print(f"{number:,} archives", file=sys.stderr, flush=True)
    for name in PROPERTIES:
        _show(name, found[name], number, options.shown)
    return int(any(found.values()))


def _show(name: str, problems: list[tuple[str, str]], number: int, shown: int) -> None:
    violating = Counter(archive for archive, _ in problems)
    print(f"{name:26} {number - len(violating):,} of {number:,}")
    for archive, problem in problems[:shown]:
        print(f"    {archive}: {problem}")
    if len(problems) > shown:
        print(f"    and {len(problems) - shown:,} more")


if __name__ == "__main__":
    sys.exit(main())
