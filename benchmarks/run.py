"""The checker compared with a baseline, one of its rules and tools that read archives, in turn.

Run: `make bench`, or `python -m benchmarks.run [--rounds N] [--directory DIRECTORY]`. Prints the
median of each, the ratio to the baseline, and whether the project's targets are met. The times
depend on the host, the ratios much less.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.engines.host import EngineError, Host, running_host
from benchmarks.engines.programs import reason_to_skip
from benchmarks.make_archives import (
    DEFAULT_FOLDER,
    DOCKER,
    OCI,
    Archive,
    is_zstd,
    make_archives,
    make_root,
)
from benchmarks.measure import PROGRAM, Run, measure
from benchmarks.readers.tools import found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS: Final = 5
CHECKER: Final = "checker"
JSON: Final = "checker, json"
FLOOR: Final = "baseline"
ONE_RULE: Final = "one rule"
# It checks one field, so that a run with it alone is in effect a run without rules: without the
# work of the other rules, and without the reading that is done for them.
CHEAPEST_RULE: Final = "not-a-tar"
MOST_FOR_RULES: Final = 1.3
# Of a plain layer, whose headers alone are read, and of compressed ones.
MOST_FOR: Final = {DOCKER: 1.15, OCI: 1.1}
MOST_FOR_JSON: Final = 1.2
MOST_FOR_TINY: Final = 0.09
MOST_FOR_ENTRY: Final = 2e-6
TINY: Final = "tiny"
MANY_FILES: Final = "many-files"
TAR: Final = "tar -tf"
CRANE: Final = "crane validate"
SKOPEO: Final = "skopeo copy"
LOAD: Final = "docker load"
CONVERT: Final = "convert"
SKOPEO_CONVERT: Final = "skopeo convert"
# The same work as that of skopeo copy between the same forms: it decompresses layers for a Docker
# archive, and compresses them with gzip for an OCI archive.
CONVERSIONS: Final = {DOCKER: (OCI, "gzip"), OCI: (DOCKER, "none")}
MOST_FOR_CONVERSION: Final = 1.3
# As typed where there are no settings to read.
ALONE: Final = "no options"
CLASSIFY: Final = "classify"
SHOW: Final = "show"
# It reads what `classify` reads, and prints more of it.
MOST_FOR_SHOW: Final = 1.15
# The content whose import is planned, and the seconds that a plan may take.
PLANNED: Final = "debootstrap"
MOST_FOR_PLAN: Final = 0.6
MIB: Final = 1 << 20
BASE_BYTES: Final = 150 * MIB
BYTES_PER_ENTRY: Final = 300


class BenchmarkError(Exception):
    """A measured command failed, so that its time is meaningless."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A command to measure.

    Attributes:
        name: For the table.
        run: Runs it once.
        rounds: Number of measurements.
    """

    name: str
    run: Callable[[], Run]
    rounds: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The median time and the largest memory of one command over its rounds."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Target:
    """A target for the checker on one archive, and the result."""

    text: str
    met: bool


def _checker(archive: Archive, *options: str) -> list[str]:
    # Each run reads everything, as the other programs do.
    words = ["check", str(archive.path), "--no-cache", "--fail-on", "never", *options]
    return [PROGRAM, *words]


def _look(archive: Archive, command: str) -> list[str]:
    return [PROGRAM, command, str(archive.path)]


def _floor(archive: Archive) -> list[str]:
    return [sys.executable, "-m", "benchmarks.floor", str(archive.path)]


def _must(run: Run, command: list[str]) -> Run:
    if run.code != 0:
        raise BenchmarkError(f"{' '.join(command)}: exit {run.code}\n{run.said}")
    return run


def _measure_alone(archive: Archive) -> Run:
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        shutil.copy(archive.path, scratch)
        command = [PROGRAM, "check", archive.path.name]
        return _must(measure(command, directory=Path(scratch)), command)


def _measure_skopeo(archive: Archive) -> Run:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=archive.path.parent) as scratch:
        command = ["skopeo", "--insecure-policy", "copy", "--quiet"]
        command += [f"{archive.form}:{archive.path}", f"dir:{scratch}/copy"]
        return _must(measure(command), command)


def _measure_docker_load(archive: Archive, host: Host) -> Run:
    """Load into an empty store. The memory is the client's: the daemon does the work."""
    host.empty_docker()
    command = [str(host.folder / "bin/docker"), "load", "--quiet", "--input", str(archive.path)]
    return _must(measure(command, host.environment), command)


def _measure_convert(archive: Archive) -> Run:
    form, compression = CONVERSIONS[archive.form]
    with tempfile.TemporaryDirectory(prefix="bench-", dir=archive.path.parent) as scratch:
        command = [PROGRAM, "convert", str(archive.path)]
        command += [f"{scratch}/out.tar", "--to", form, "--compression", compression]
        return _must(measure(command), command)


def _measure_skopeo_convert(archive: Archive) -> Run:
    form, _ = CONVERSIONS[archive.form]
    with tempfile.TemporaryDirectory(prefix="bench-", dir=archive.path.parent) as scratch:
        command = ["skopeo", "--insecure-policy", "copy", "--quiet"]
        command += [f"{archive.form}:{archive.path}", f"{form}:{scratch}/out.tar:bench:1"]
        return _must(measure(command), command)


def contestants_for(archive: Archive, host: Host | None, rounds: int) -> list[Contestant]:
    """What is measured on an archive, each so often; tools only if they are installed."""
    checker = _checker(archive)
    # JSON shows the digest of the whole file, which is one more hash of all of it.
    checker_json = _checker(archive, "--format", "json=/dev/null")
    one_rule = _checker(archive, "--select", CHEAPEST_RULE)
    classify, show = [*_look(archive, CLASSIFY), "--no-cache"], _look(archive, SHOW)
    floor = _floor(archive)
    listing = ["tar", "-tf", str(archive.path)]
    contestants = [
        Contestant(FLOOR, lambda: _must(measure(floor), floor), rounds),
        Contestant(CHECKER, lambda: _must(measure(checker), checker), rounds),
        Contestant(ONE_RULE, lambda: _must(measure(one_rule), one_rule), rounds),
        Contestant(CLASSIFY, lambda: _must(measure(classify), classify), rounds),
        Contestant(SHOW, lambda: _must(measure(show), show), rounds),
        Contestant(JSON, lambda: _must(measure(checker_json), checker_json), rounds),
        Contestant(TAR, lambda: _must(measure(listing), listing), rounds),
    ]
    if archive.name == TINY:
        contestants.append(Contestant(ALONE, lambda: _measure_alone(archive), rounds))
    if (crane := found("crane")) is not None and archive.form == DOCKER:
        validate = [crane, "validate", "--tarball", str(archive.path)]
        contestants.append(Contestant(CRANE, lambda: _must(measure(validate), validate), rounds))
    if shutil.which("skopeo") is not None:
        contestants.append(Contestant(SKOPEO, lambda: _measure_skopeo(archive), rounds))
    # Skopeo has no other form for layers that are compressed with zstd.
    if shutil.which("skopeo") is not None and not is_zstd(archive):
        contestants += [
            Contestant(CONVERT, lambda: _measure_convert(archive), rounds),
            Contestant(SKOPEO_CONVERT, lambda: _measure_skopeo_convert(archive), rounds),
        ]
    if host is not None and archive.form == DOCKER:
        # Once is enough: it unpacks every file, which takes most of a minute for many files.
        load = Contestant(LOAD, lambda: _measure_docker_load(archive, host), 1)
        contestants.append(load)
    return contestants


def medians_of(contestants: list[Contestant], rounds: int) -> dict[str, Summary]:
    """Run all in turn, so that other load on the host affects all in the same way."""
    runs: dict[str, list[Run]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        for contestant in contestants:
            if number < contestant.rounds:
                runs[contestant.name].append(contestant.run())
    return {
        name: Summary(
            statistics.median(run.seconds for run in taken),
            max(run.peak_bytes for run in taken),
        )
        for name, taken in runs.items()
    }


def count_entries(archive: Archive) -> int:
    """The entries of the layers of an archive."""
    command = [PROGRAM, "check", str(archive.path)]
    done = subprocess.run(
        [*command, "--format", "json", "--fail-on", "never"],
        check=True,
        capture_output=True,
    )
    return int(json.loads(done.stdout)["archives"][0]["stats"]["entries"])


def _time_targets(
    archive: Archive, medians: dict[str, Summary], entries: int, start: float
) -> Iterator[Target]:
    """The targets for the time of a check.

    Args:
        archive: The archive.
        medians: What was measured of it.
        entries: The entries of its layers.
        start: The seconds of the check of a tiny archive.
    """
    checker, floor = medians[CHECKER].seconds, medians[FLOOR].seconds
    if archive.name == TINY:
        if archive.form == DOCKER:
            alone = medians[ALONE].seconds
            text = f"{ALONE} at most {MOST_FOR_TINY} s, measured {alone:.3f}"
            yield Target(text, alone <= MOST_FOR_TINY)
    elif archive.name == MANY_FILES:
        seconds = (checker - start) / entries
        yield Target(
            f"at most {MOST_FOR_ENTRY * 1e6:.0f} us an entry less the start, "
            f"measured {seconds * 1e6:.2f}",
            seconds <= MOST_FOR_ENTRY,
        )
    else:
        for name, most in ((CHECKER, MOST_FOR[archive.form]), (JSON, MOST_FOR_JSON)):
            ratio = medians[name].seconds / floor
            text = f"{name} at most {most} x baseline, measured {ratio:.2f}"
            yield Target(text, ratio <= most)


def _rules_target(checker: float, one_rule: float) -> Target:
    ratio = checker / one_rule
    return Target(
        f"all rules at most {MOST_FOR_RULES} x one rule, measured {ratio:.2f}",
        ratio <= MOST_FOR_RULES,
    )


def _conversion_targets(archive: Archive, medians: dict[str, Summary]) -> list[Target]:
    """The target for conversions of the archive that is large because of its content.

    For gzip the compressors differ: isal here, that of Go in skopeo, so the ratio is only shown.
    """
    if SKOPEO_CONVERT not in medians or archive.name != "debootstrap":
        return []
    ratio = medians[CONVERT].seconds / medians[SKOPEO_CONVERT].seconds
    form, compression = CONVERSIONS[archive.form]
    text = f"convert to {form} ({compression}) at most {MOST_FOR_CONVERSION} x skopeo copy"
    is_same_work = compression == "none"
    return [
        Target(f"{text}, measured {ratio:.2f}", ratio <= MOST_FOR_CONVERSION or not is_same_work)
    ]


def _show_target(show: float, classify: float) -> Target:
    # A short run is mostly the start of Python, which varies by some hundredths of a second.
    return Target(
        f"show at most {MOST_FOR_SHOW} x classify, measured {show / classify:.2f}",
        show <= max(MOST_FOR_SHOW * classify, classify + 0.05),
    )


def _targets(archive: Archive, medians: dict[str, Summary], start: float) -> list[Target]:
    checker = medians[CHECKER]
    entries = count_entries(archive)
    allowed = BASE_BYTES + BYTES_PER_ENTRY * entries
    return [
        *_time_targets(archive, medians, entries, start),
        _rules_target(checker.seconds, medians[ONE_RULE].seconds),
        _show_target(medians[SHOW].seconds, medians[CLASSIFY].seconds),
        Target(f"{allowed / MIB:.0f} MiB for {entries:,} entries", checker.peak_bytes <= allowed),
        *_conversion_targets(archive, medians),
    ]


def _report(archive: Archive, medians: dict[str, Summary], start: float) -> bool:
    """Print what was measured; whether the targets are met.

    Args:
        archive: The archive.
        medians: What was measured of it.
        start: The seconds of the check of a tiny archive.
    """
    size = archive.path.stat().st_size / MIB
    print(f"\n{archive.name}, {archive.form}, {size:.1f} MiB")
    floor = medians[FLOOR].seconds
    for name, summary in medians.items():
        ratio = summary.seconds / floor
        peak = summary.peak_bytes / MIB
        print(f"  {name:<12} {summary.seconds:8.3f} s  {ratio:6.2f} x baseline  {peak:7.1f} MiB")
    targets = _targets(archive, medians, start)
    for target in targets:
        print(f"  target {target.text}: {'met' if target.met else 'MISSED'}")
    return all(target.met for target in targets)


def _report_import_plan(archives: list[Archive], rounds: int) -> bool:
    """Measure the plan of an import of a root filesystem; whether its target is met."""
    measured = [one for one in archives if one.name == PLANNED and one.form == DOCKER]
    met = True
    for archive in measured:
        root = make_root(archive)
        command = [PROGRAM, "import-plan", str(root)]
        seconds = statistics.median(_must(measure(command), command).seconds for _ in range(rounds))
        is_met = seconds < MOST_FOR_PLAN
        print(f"\n{root.name}, root filesystem, {root.stat().st_size / MIB:.1f} MiB")
        print(f"  import-plan  {seconds:8.3f} s")
        print(f"  target under {MOST_FOR_PLAN} s: {'met' if is_met else 'MISSED'}")
        met = met and is_met
    return met


@contextlib.contextmanager
def docker_host() -> Iterator[Host | None]:
    """Provide a separate Docker daemon, or None with the reason on standard error."""
    reason = reason_to_skip()
    if reason is not None:
        sys.stderr.write(f"docker load: skipped: {reason}\n")
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="bench-docker-") as scratch,
        running_host(Path(scratch) / "host") as host,
    ):
        yield host


def main() -> int:
    """Run the command line: 0 all targets met, 1 a target missed, 3 a measurement failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--directory", type=Path, default=DEFAULT_FOLDER)
    arguments = parser.parse_args()
    met = True
    start = 0.0
    try:
        archives = make_archives(arguments.directory)
        with docker_host() as host:
            for archive in archives:
                contestants = contestants_for(archive, host, arguments.rounds)
                medians = medians_of(contestants, arguments.rounds)
                if archive.name == TINY:
                    start = medians[CHECKER].seconds
                met = _report(archive, medians, start) and met
        met = _report_import_plan(archives, arguments.rounds) and met
    except (BenchmarkError, EngineError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
