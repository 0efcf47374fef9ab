"""What hostile archives cost: each generator with N and 2 N, against bounds.

Run: `make bench-hostile`, or `python -m benchmarks.hostile [--slack FACTOR] [NAME ...]`. Exits with
1 if a bound is broken. Time is that of the processor, in all threads; a busy machine still makes it
longer, for which there is `--slack`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Final, NamedTuple

from benchmarks.hostile.generators import GENERATORS
from benchmarks.measure import Run, measure

GB: Final = 1e9
MIB: Final = 1 << 20
BASE_SECONDS: Final = 1
SECONDS_PER_GB: Final = 5
SECONDS_PER_GB_OF_JSON: Final = 75
SECONDS_PER_ENTRY: Final = 2.5e-6
MOST_SECONDS: Final = 10
BASE_BYTES: Final = 300 * MIB
BYTES_PER_ENTRY: Final = 300
# Twice the work takes about twice as long; start-up and noise hide the ratio of short runs.
MOST_RATIO: Final = 2.5
SHORT: Final = 0.5


class Cost(NamedTuple):
    """What makes an archive expensive: all its bytes, its entries, the bytes of documents."""

    size: int
    entries: int
    json_bytes: int


class Point(NamedTuple):
    """One archive and what checking it cost."""

    size: int
    archive: Cost
    run: Run


def allowed_seconds(archive: Cost) -> float:
    """The seconds that a check of an archive may take."""
    layers = max(0, archive.size - archive.json_bytes)
    seconds = (
        BASE_SECONDS
        + SECONDS_PER_GB * layers / GB
        + SECONDS_PER_GB_OF_JSON * archive.json_bytes / GB
        + SECONDS_PER_ENTRY * archive.entries
    )
    return min(MOST_SECONDS, seconds)


def allowed_bytes(archive: Cost) -> int:
    """The memory that a check of an archive may take."""
    return BASE_BYTES + BYTES_PER_ENTRY * archive.entries


def main() -> int:
    """Measure the generators; 1 if one breaks a bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="generators; all by default")
    parser.add_argument("--slack", type=float, default=1.0, help="factor on the bounds of time")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in GENERATORS]
    if unknown:
        parser.error(f"unknown generators: {', '.join(unknown)}")
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or GENERATORS:
            points = [
                _measured(name, factor * GENERATORS[name].size, f"{folder}/hostile.tar")
                for factor in (1, 2)
            ]
            problems = list(_problems(points, arguments.slack))
            broken += bool(problems)
            print(f"{name:30} {_curve(points)}  {'; '.join(problems) or 'ok'}", flush=True)
    print(f"{broken} of {len(arguments.names or GENERATORS)} break a bound")
    return 1 if broken else 0


def _measured(name: str, size: int, path: str) -> Point:
    # Made by another process: the memory of this one would count for those that it starts.
    make = (sys.executable, "-m", "benchmarks.hostile.generators", name, str(size), path)
    made = subprocess.run(make, check=True, capture_output=True, text=True)
    archive = Cost(*map(int, made.stdout.split()))
    return Point(size, archive, measure((sys.executable, "-m", "checker", "check", path)))


def _curve(points: list[Point]) -> str:
    shown = [
        f"{point.size:>9,}: {point.run.cpu_seconds:5.2f} s {point.run.peak_bytes // MIB:4} MiB"
        for point in points
    ]
    ratio = points[1].run.cpu_seconds / points[0].run.cpu_seconds
    return f"{'  '.join(shown)}  ratio {ratio:4.1f}"


def _problems(points: list[Point], slack: float) -> Iterator[str]:
    for point in points:
        seconds, most = point.run.cpu_seconds, slack * allowed_seconds(point.archive)
        if point.run.code not in (0, 1):
            yield f"exit code {point.run.code} for {point.size:,}: {point.run.said[-200:]}"
        if seconds > most:
            yield f"{seconds:.2f} s for {point.size:,}, allowed are {most:.2f} s"
        if point.run.peak_bytes > allowed_bytes(point.archive):
            yield f"{point.run.peak_bytes // MIB} MiB for {point.size:,}"
    first, second = (point.run.cpu_seconds for point in points)
    if second > SHORT + MOST_RATIO * first:
        yield f"twice the size takes {second / first:.1f} times as long"


if __name__ == "__main__":
    sys.exit(main())
