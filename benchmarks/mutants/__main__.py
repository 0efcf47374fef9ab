"""A sampled mutation run: ``make mutants COUNT=100 SEED=1``.

First all tests run once to record the lines that each of them runs; the record is kept in
``build/mutants`` until code or tests change. Then each mutant is tested with the tests that run its
line, starting with those that run the fewest modules. A time limit that is exceeded counts as
killed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from benchmarks.mutants.running import (
    BrokenTestsError,
    Outcome,
    Result,
    check_without_mutant,
    copy_project,
    try_mutant,
    watch_all_tests,
)
from benchmarks.mutants.sampling import MUTATED, Mutant, sample
from benchmarks.mutants.seen import Seen

PROJECT: Final = Path(__file__).parents[2]
KEPT: Final = PROJECT / "build" / "mutants"
# What decides which lines a test runs.
_TELLING: Final = ("checker", "plugins", "schemas", "tests")


def main() -> int:
    """Run the command line; 1 if too few mutants are killed."""
    arguments = _arguments()
    mutants = sample(PROJECT, arguments.count, arguments.seed, arguments.only)
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        copies = [Path(place) / str(number) for number in range(arguments.jobs)]
        for copy in copies:
            copy_project(PROJECT, copy)
        try:
            seen = _watched(copies[0])
            results = _try_all(mutants, copies, seen, arguments.seconds)
        except BrokenTestsError as error:
            sys.exit(f"mutants: {error}")
    _show(results)
    return 0 if _share(results) >= arguments.floor else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="how many mutants (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (%(default)s)")
    parser.add_argument("--only", default="*", help="modules, such as '*/checker_layers/*'")
    parser.add_argument(
        "--seconds", type=float, default=60, help="of tests a mutant, at most (%(default)s)"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="at the same time (%(default)s)"
    )
    parser.add_argument(
        "--floor", type=float, default=85, help="percent to be killed (%(default)s)"
    )
    return parser.parse_args()


def _watched(project: Path) -> Seen:
    """What each test runs, from a run that is kept as long as nothing changes."""
    place = KEPT / _fingerprint(project)
    data, seconds = place / "lines.sqlite", place / "seconds.json"
    if not seconds.exists():
        place.mkdir(parents=True, exist_ok=True)
        watch_all_tests(project, MUTATED, data, seconds)
    return Seen(project, data, seconds)


def _fingerprint(project: Path) -> str:
    digest = hashlib.sha256()
    paths = (path for name in _TELLING for path in (project / name).rglob("*.*"))
    for path in sorted(paths):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _try_all(
    mutants: Sequence[Mutant], copies: Sequence[Path], seen: Seen, seconds: float
) -> list[Result]:
    """Try all mutants, one at a time in each copy."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def tried(mutant: Mutant, tests: Sequence[str]) -> Result:
        project = free.get()
        try:
            result = try_mutant(project, mutant, tests, sum(map(seen.seconds.__getitem__, tests)))
        finally:
            free.put(project)
        print(
            f"{result.outcome:8}  {result.tests:5} tests  {mutant.path}:{mutant.line}", flush=True
        )
        return result

    chosen = [seen.tests_of(mutant, seconds) for mutant in mutants]
    check_without_mutant(copies[0], next(filter(None, chosen), ()))
    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(tried, mutants, chosen))


def _show(results: Sequence[Result]) -> None:
    """Print what survived, and the figures by area."""
    for result in results:
        if not result.is_killed:
            print(f"\n{result.outcome}, {result.tests} tests, {result.mutant.operator}")
            print(result.diff)
    print(f"\n{'area':10}{'mutants':>9}{'killed':>8}{'timeout':>9}{'survived':>10}{'unseen':>8}")
    for area in dict.fromkeys(result.mutant.area for result in results):
        _show_row(area, [result for result in results if result.mutant.area == area])
    _show_row("all", results)


def _show_row(title: str, results: Sequence[Result]) -> None:
    killed, timeout, survived, unseen = (
        sum(result.outcome is outcome for result in results) for outcome in Outcome
    )
    print(
        f"{title:10}{len(results):9}{killed:8}{timeout:9}{survived:10}{unseen:8}"
        f"  {_share(results):5.1f} % killed"
    )


def _share(results: Sequence[Result]) -> float:
    return 100 * sum(result.is_killed for result in results) / max(1, len(results))


if __name__ == "__main__":
    sys.exit(main())
