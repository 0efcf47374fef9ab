"""What to set when a root filesystem is imported, worked out from what the root has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

from checker.importing.engines import ImportEngine
from checker.importing.expressing import express
from checker.importing.os_release import read_os_release
from checker.importing.reads import DISTRIBUTION_READS
from checker.importing.run_config import RunConfig
from checker.importing.search_path import SearchPath, find_search_path
from checker.model.entries import clean_path
from checker.model.names import Platform
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple
from checker.starting.accounts import PASSWD, read_accounts
from checker.starting.obstacle import Answer, Start
from checker.starting.process import process_from
from checker.starting.start import READS as STARTING_READS
from checker.starting.start import root_start

READS = (*STARTING_READS, *DISTRIBUTION_READS)
"""What must have been read of a root filesystem."""

_SHELLS = (
    *("bin/bash", "usr/bin/bash", "bin/sh", "usr/bin/sh", "bin/ash", "bin/dash", "bin/zsh"),
    *("usr/bin/zsh", "bin/ksh", "usr/bin/fish"),
)
_INITS = (
    *("sbin/init", "usr/sbin/init", "init", "lib/systemd/systemd", "usr/lib/systemd/systemd"),
    *("sbin/openrc-init", "sbin/runit-init", "s6-init"),
)
_BUSYBOXES = ("bin/busybox", "usr/bin/busybox", "sbin/busybox")
_NO_SHELLS = frozenset({"nologin", "false", "true", "sync", "halt", "shutdown"})
_LABELS = {
    "org.opencontainers.image.title": ("PRETTY_NAME", "NAME"),
    "org.opencontainers.image.version": ("VERSION_ID", "BUILD_ID"),
    "org.opencontainers.image.vendor": ("VENDOR_NAME",),
    "org.opencontainers.image.url": ("HOME_URL",),
}
# Of a root with more programs, a part says as much.
_MOST_PROGRAMS = 10_000
_EXECUTABLE = 0o111


class Suggestion(NamedTuple):
    """An option that is suggested.

    Attributes:
        change: The option's instruction.
        reason: Why, as a clause.
    """

    change: str
    reason: str


class RootPlatform(NamedTuple):
    """The platform that the programs of a root filesystem were built for.

    Attributes:
        platform: The platform.
        reason: How many of its programs say so, as a clause.
    """

    platform: Platform
    reason: str


class Program(NamedTuple):
    """What a container of a root filesystem can run.

    Attributes:
        command: Path and arguments; empty if nothing was found.
        reason: What it is; why there is none.
        start: Whether it starts.
    """

    command: tuple[str, ...]
    reason: str
    start: Start | None = None


def platform_of(rootfs: Rootfs) -> RootPlatform | None:
    """The platform of most ELF programs in a root; None if it has none, or of unknown machines."""
    counts: Counter[str] = Counter()
    for layer in rootfs.layers:
        tar = None if layer.blob is None else layer.blob.tar
        for elf in () if tar is None else list(tar.elf_files.values())[:_MOST_PROGRAMS]:
            counts[str(elf.machine)] += 1
    if not counts:
        return None
    (name, count), total = counts.most_common(1)[0], counts.total()
    if " " in name:  # a machine without a name in Go's words
        return None
    files = "1 ELF file is" if count == 1 else f"{count:,} ELF files are"
    share = "" if count == total else f" of {total:,}"
    return RootPlatform(
        Platform("linux", name), f"{files.replace(' ELF', share + ' ELF', 1)} for it"
    )


def find_program(rootfs: Rootfs, architecture: str) -> Program:
    """A shell, else an init, else the only program, that a container can run; else nothing.

    Args:
        rootfs: The root filesystem.
        architecture: CPU architecture of the machine that it runs on.
    """
    uncertain: Program | None = None
    refused: list[str] = []
    for command, reason in _programs(rootfs):
        start = root_start(rootfs, process_from({"Cmd": list(command)}), architecture)
        if start.answer is Answer.YES:
            return Program(command, reason, start)
        if start.answer is Answer.UNKNOWN and uncertain is None:
            uncertain = Program(command, reason, start)
        refused.append(start.reason)
    if uncertain is not None:
        return uncertain
    if not refused:
        return Program((), "no shell or init was found in it")
    return Program((), refused[0])


def _programs(rootfs: Rootfs) -> Iterator[tuple[tuple[str, ...], str]]:
    """Shells and inits; if there are none the only program, as in images from scratch."""
    has_any = False
    for candidate in _candidates(rootfs):
        has_any = True
        yield candidate
    if not has_any:
        yield from _only_program(rootfs)


def _only_program(rootfs: Rootfs) -> Iterator[tuple[tuple[str, ...], str]]:
    paths = list(islice(_executables(rootfs), 2))
    if len(paths) == 1:
        yield (f"/{paths[0]}",), "the only program in it"


def _executables(rootfs: Rootfs) -> Iterator[str]:
    """The paths of ELF files with an execute permission that are no libraries."""
    for layer in rootfs.layers:
        tar = None if layer.blob is None else layer.blob.tar
        if tar is None:
            continue
        for position, elf in list(tar.elf_files.items())[:_MOST_PROGRAMS]:
            path = clean_path(tar.entries.paths[position])
            is_executable = tar.entries.modes[position] & _EXECUTABLE
            if is_executable and elf.soname is None and ".so" not in path and path.isprintable():
                yield path


def _candidates(rootfs: Rootfs) -> Iterator[tuple[tuple[str, ...], str]]:
    """Command lines of programs that are there, and what they are."""
    shell = _shell_of_root(rootfs)
    if shell is not None:
        yield (f"/{shell}",), "the shell of root in /etc/passwd"
    yield from (((f"/{path}",), "a shell") for path in _present(rootfs, _SHELLS) if path != shell)
    for path in _present(rootfs, _BUSYBOXES):
        yield (f"/{path}", "sh"), "the shell of BusyBox"
    yield from (((f"/{path}",), "an init") for path in _present(rootfs, _INITS))


def _present(rootfs: Rootfs, paths: tuple[str, ...]) -> Iterator[str]:
    """The paths at which something is, be it a link to nothing."""
    return (path for path in paths if rootfs.get(path) or rootfs.resolve(path))


def _shell_of_root(rootfs: Rootfs) -> str | None:
    accounts = read_accounts(rootfs, PASSWD)
    lines = () if accounts is None else accounts.lines or ()
    root = next((line.fields for line in lines if line.name == "root"), ())
    path = root[6].strip().lstrip("/") if len(root) == 7 else ""
    is_shell = bool(path) and path.isprintable() and path.rpartition("/")[2] not in _NO_SHELLS
    return path if is_shell and rootfs.resolve(path) is not None else None


def suggest(rootfs: Rootfs, engine: ImportEngine, architecture: str) -> tuple[Suggestion, ...]:
    """The options to import a root filesystem with: program, PATH and labels.

    Args:
        rootfs: The root filesystem.
        engine: The engine that imports.
        architecture: CPU architecture of the machine that it runs on.
    """
    release = read_os_release(rootfs)
    program = find_program(rootfs, architecture)
    return tuple(_suggestions(program, find_search_path(rootfs, release), release, engine))


def _suggestions(
    program: Program,
    search: SearchPath | None,
    release: Mapping[str, str],
    engine: ImportEngine,
) -> Iterator[Suggestion]:
    if program.command:
        yield from _expressed(RunConfig(cmd=program.command), program.reason, engine)
    if search is not None:
        path = RunConfig(env=(f"PATH={search.value}",))
        yield from _expressed(path, search.origin, engine)
    labels = dict(_labels(release))
    yield from _expressed(RunConfig(labels=labels), "from os-release", engine)


def _expressed(config: RunConfig, reason: str, engine: ImportEngine) -> Iterator[Suggestion]:
    return (Suggestion(change, reason) for change in express(config, engine).changes)


def _labels(release: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for label, names in _LABELS.items():
        value = next((release[name] for name in names if release.get(name)), None)
        if value is not None:
            yield label, value
