"""Measures, records, draws the plots and writes the page: `make performance`.

Run it on a quiet machine. It needs 6 GB on the disk, and ten minutes on two processors.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
from pathlib import Path

from benchmarks.engines.host import EngineError
from benchmarks.make_archives import DEFAULT_FOLDER
from benchmarks.performance.measuring import FULL, measure_all
from benchmarks.performance.page import page
from benchmarks.performance.plots import draw
from benchmarks.performance.record import RECORD, read_performance, write_performance
from benchmarks.run import BenchmarkError

PAGE = RECORD.with_suffix(".md")


def main() -> int:
    """Run the command line: 3 if something cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.performance", description=__doc__)
    parser.add_argument("--draw", action="store_true", help="measure nothing, use the record")
    parser.add_argument("--rounds", type=int, default=FULL.rounds, metavar="N")
    parser.add_argument("--most-bytes", type=float, default=math.inf, metavar="N")
    parser.add_argument("--most-entries", type=float, default=math.inf, metavar="N")
    parser.add_argument("--without-docker", action="store_true", help="do not try docker load")
    parser.add_argument("--directory", type=Path, default=DEFAULT_FOLDER)
    arguments = parser.parse_args()
    try:
        if not arguments.draw:
            sizes = FULL.up_to(arguments.most_bytes, arguments.most_entries)._replace(
                rounds=arguments.rounds, with_docker=not arguments.without_docker
            )
            write_performance(measure_all(sizes, arguments.directory))
    except (BenchmarkError, EngineError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    record = read_performance()
    PAGE.write_text(page(record), "utf-8")
    draw(record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
