"""Measures programs on archives, in turn, so that other load on the host affects all alike."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple

from benchmarks.engines.host import Host
from benchmarks.make_archives import DOCKER, Archive, make_archives
from benchmarks.measure import PROGRAM, Run, in_a_fork, measure
from benchmarks.performance.archives import (
    entries_of,
    write_bytes_archive,
    write_entries_archive,
)
from benchmarks.performance.record import Figure, Measured, Record, Start
from benchmarks.readers.tools import found
from benchmarks.run import (
    CHECKER,
    CRANE,
    FLOOR,
    LOAD,
    SKOPEO,
    TAR,
    Contestant,
    contestants_for,
    count_entries,
    docker_host,
)
from checker import __version__, compiled

SHOWN = (CHECKER, FLOOR, TAR, CRANE, SKOPEO, LOAD)
"""The programs in the tables and plots."""
_OF_SERIES = frozenset({CHECKER, FLOOR, TAR, CRANE})
_STARTS = 20
_IMPORT = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)")
_VERSIONS = {
    "crane": ("version",),
    "skopeo": ("--version",),
    "docker": ("--version",),
    "tar": ("--version",),
}


class Sizes(NamedTuple):
    """What is measured.

    Attributes:
        bytes: Sizes of files in bytes.
        entries: Numbers of files.
        rounds: Runs of each program on each archive.
        large: Bytes of an archive from which on there is one run.
        with_docker: Whether ``docker load`` is measured, in a separate daemon.
    """

    bytes: tuple[int, ...]
    entries: tuple[int, ...]
    rounds: int
    large: int = 1 << 30
    with_docker: bool = True

    def up_to(self, most_bytes: float, most_entries: float) -> Sizes:
        """The same without larger archives."""
        return self._replace(
            bytes=tuple(size for size in self.bytes if size <= most_bytes),
            entries=tuple(count for count in self.entries if count <= most_entries),
        )


FULL = Sizes(
    bytes=(10**7, 10**8, 10**9, 5 * 10**9, 20 * 10**9),
    entries=(1_000, 10_000, 100_000, 1_000_000, 5_000_000),
    rounds=5,
)


def measure_all(sizes: Sizes, folder: Path) -> Record:
    """Measure everything, and tell on standard error what is being measured.

    Args:
        sizes: What is measured.
        folder: A directory for the archives, which are kept for the next run, except large ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    in_a_fork(partial(make_archives, folder))
    watch = _LoadWatch()
    with docker_host() if sizes.with_docker else nullcontext() as host:
        contents = tuple(
            _measured(
                f"{one.name}, {one.form}", one, count_entries(one), host, sizes, frozenset(SHOWN)
            )
            for one in make_archives(folder)
        )
    return Record(
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        versions=_versions(),
        machine=_machine(),
        start=measure_start(folder),
        contents=contents,
        by_bytes=tuple(_by_size(sizes.bytes, _BYTES, folder, sizes)),
        by_entries=tuple(_by_size(sizes.entries, _ENTRIES, folder, sizes)),
        load=watch.load(),
    )


class _Made(NamedTuple):
    """How archives of any size are made, what they are made of, and how many entries they have."""

    unit: str
    write: Callable[[Path, int], None]
    entries: Callable[[int], int]


_BYTES = _Made("bytes", write_bytes_archive, lambda _: 1)
_ENTRIES = _Made("files", write_entries_archive, entries_of)


def _by_size(amounts: Iterable[int], made: _Made, folder: Path, sizes: Sizes) -> Iterator[Measured]:
    for amount in amounts:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as scratch:
            path = Path(scratch) / "archive.tar"
            in_a_fork(partial(made.write, path, amount))
            _read(path)
            archive = Archive(made.unit, DOCKER, path)
            title = f"{amount:,} {made.unit}"
            yield _measured(title, archive, made.entries(amount), None, sizes, _OF_SERIES)


def _read(path: Path) -> None:
    """Read a file once, so that no program that is measured has to wait for the disk."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def _measured(
    title: str,
    archive: Archive,
    entries: int,
    host: Host | None,
    sizes: Sizes,
    names: frozenset[str],
) -> Measured:
    sys.stderr.write(f"{title}\n")
    size = archive.path.stat().st_size
    rounds = 1 if size >= sizes.large else sizes.rounds
    wanted = [one for one in contestants_for(archive, host, rounds) if one.name in names]
    return Measured(title, size, entries, _figures(wanted, rounds))


def _figures(contestants: list[Contestant], rounds: int) -> Mapping[str, Figure]:
    runs: dict[str, list[Run]] = {one.name: [] for one in contestants}
    for number in range(rounds):
        for one in contestants:
            if number < one.rounds:
                runs[one.name].append(one.run())
    return {name: _figure(taken) for name, taken in runs.items()}


def _figure(runs: list[Run]) -> Figure:
    return Figure(
        seconds=round(statistics.median(run.seconds for run in runs), 3),
        cpu_seconds=round(statistics.median(run.cpu_seconds for run in runs), 3),
        peak_bytes=max(run.peak_bytes for run in runs),
        runs=len(runs),
    )


def measure_start(folder: Path) -> Start:
    """What the check of a tiny archive begins with; the shortest of several runs."""
    path = folder / "tiny.docker.tar"
    check = [PROGRAM, "check", str(path), "--no-cache", "--fail-on", "never"]
    times = [measure(check).seconds for _ in range(_STARTS)]
    bare = [measure([sys.executable, "-c", "pass"]).seconds for _ in range(_STARTS)]
    imported = [_imported([sys.executable, "-X", "importtime", *check]) for _ in range(5)]
    least = {name: min(run[name] for run in imported) for name in imported[0]}
    modules, microseconds = Counter[str](), Counter[str]()
    for name, taken in least.items():
        package = _package(name)
        modules[package] += 1
        microseconds[package] += taken
    return Start(
        python_seconds=round(min(bare), 3),
        checker_seconds=round(min(times), 3),
        modules=dict(modules.most_common()),
        microseconds={name: microseconds[name] for name in modules},
    )


def _imported(command: list[str]) -> Mapping[str, int]:
    """Microseconds by module."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return {name: int(taken) for taken, name in _IMPORT.findall(done.stderr)}


def _package(module: str) -> str:
    first, *rest = module.split(".")
    if first == "checker":
        return ".".join([first, *rest[:1]])
    return first if first.startswith("checker_") else "libraries"


def _versions() -> dict[str, str]:
    versions = {"checker": __version__, "Python": platform.python_version()}
    for program, arguments in _VERSIONS.items():
        path = found(program)
        if path is not None:
            done = subprocess.run([path, *arguments], check=False, capture_output=True, text=True)
            versions[program] = done.stdout.partition("\n")[0].strip()
    return versions


def _machine() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": f"{_processor()}, {os.cpu_count()} processors",
        "memory": f"{memory / (1 << 30):.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "parts in C": ", ".join(_compiled_parts()) or "none",
    }


def _compiled_parts() -> Iterator[str]:
    """The optional parts of the checker that can be imported."""
    for module in sorted(each.name for each in iter_modules(compiled.__path__)):
        with suppress(ImportError):
            import_module(f"{compiled.__name__}.{module}")
            yield module


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    text = info.read_text("utf-8") if info.exists() else ""
    found_name = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return found_name[1] if found_name else platform.processor() or platform.machine()


class _LoadWatch:
    """How busy others kept the processors while something was measured."""

    def __init__(self) -> None:
        self._began = self._times()

    def load(self) -> float:
        """How many processors were busy on average, besides what this process has started."""
        total, busy, own = (
            now - then for now, then in zip(self._times(), self._began, strict=True)
        )
        processors = os.cpu_count() or 1
        return round(max(0.0, processors * (busy - own) / total), 2) if total else 0.0

    @staticmethod
    def _times() -> tuple[float, float, float]:
        """Seconds of all processors, those that were busy, and those of this process's children."""
        stat = Path("/proc/stat")
        if not stat.exists():
            return (0.0, 0.0, 0.0)
        ticks = [int(word) for word in stat.read_text("utf-8").split("\n")[0].split()[1:9]]
        per_second = os.sysconf("SC_CLK_TCK")
        total, idle = sum(ticks) / per_second, (ticks[3] + ticks[4]) / per_second
        times = os.times()
        return (
            total,
            total - idle,
            times.user + times.system + times.children_user + times.children_system,
        )
