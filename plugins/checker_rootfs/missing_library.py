"""RFS027: programs whose shared libraries are missing."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, RootfsEntry, Severity
from checker.checks.turns import Turns
from checker.starting.libraries import is_injected, is_provided_by_musl
from checker.starting.obstacle import Cause
from checker_rootfs.command import (
    START_CONTENT,
    Start,
    find_obstacles,
    find_start,
    program_run,
    programs_in_path,
)
from checker_rootfs.places import is_windows, name_of, place_of

_DIRECTORIES = ("usr/lib", "lib", "usr/lib64", "lib64", "usr/local/lib")
# GNU triplets of multiarch directories (Debian).
_TRIPLETS = ("x86_64", "aarch64", "arm", "i386", "riscv64", "powerpc64le", "s390x")
_RELATED = 20
_LOOKUPS = 2
_LEFT_OUT = "not all libraries that programs in PATH need were looked up"


class MissingLibrary(Check):
    """A program needs a shared library that is not in its root filesystem.

    What it means:
        A dynamically linked program lists the libraries that it needs, and these list others. For
        the program that the image starts, or the interpreter of a started script, all of them are
        searched as its loader does: in RPATH and RUNPATH, LD_LIBRARY_PATH of Env, ld.so.cache or
        ld-musl-ARCH.path, and the directories that the loader knows. One that the loader does not
        find, or cannot load, is an error. For other programs in the directories of PATH a library
        that does not exist anywhere in the root filesystem is a note; what libraries need is not
        looked up for them. Libraries that GPU runtimes provide are not checked.

    Why it matters:
        The program fails to start: "error while loading shared libraries: libssl.so.3: cannot open
        shared object file". Usually it was copied from a build stage without its libraries.

    How to fix it:
        Copy the libraries too (``ldd PROGRAM`` in the build stage lists them), install the package
        that contains them, or link statically.

            RUN apk add --no-cache libssl3

    References:
        - System V ABI, chapter 5, "Dynamic Section" and "Shared Object Dependencies"
        - ld.so(8); melange, linter "lddcheck"
    """

    id = "RFS027"
    name = "missing-library"
    severity = Severity.ERROR
    since = "0.1.0"
    reads = START_CONTENT
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the libraries of the started program, then those of the others."""
        if is_windows(rootfs):
            return
        start = find_start(rootfs)
        if start is not None:
            yield from self._check_started(rootfs, start)
        others = _others(self, rootfs, None if start is None else program_run(rootfs, start))
        absent = _absent(rootfs, others, Turns(self, _LEFT_OUT, _LOOKUPS))
        missing: dict[str, list[RootfsEntry]] = {}
        for placed in others if absent else ():
            for name in _missing(rootfs, placed, absent):
                missing.setdefault(name, []).append(placed)
        for name, programs in missing.items():
            yield self._report_others(rootfs, name, programs)

    def _check_started(self, rootfs: Rootfs, start: Start) -> Iterator[Finding]:
        found = list(find_obstacles(self, rootfs, start, Cause.LIBRARY))
        if not found:
            return
        run = program_run(rootfs, start)
        reasons = "; ".join(each.reason for each in found[:_RELATED])
        yield self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}": {reasons}'
            + ("; …" if len(found) > _RELATED else ""),
            at={"pointer": start.pointer, "path": None if run is None else run.path},
        )

    def _report_others(self, rootfs: Rootfs, name: str, programs: list[RootfsEntry]) -> Finding:
        first = programs[0]
        count = "1 program" if len(programs) == 1 else f"{len(programs)} programs"
        verb = "needs" if len(programs) == 1 else "need"
        return self.finding(
            first.layer,
            f"{name_of(rootfs)} has no {name}, which {count} in PATH {verb}: "
            f"{', '.join(placed.entry.path for placed in programs[:_RELATED])}"
            + (", …" if len(programs) > _RELATED else ""),
            at=place_of(rootfs, first.entry),
            severity=Severity.NOTE,
            related=(
                placed.layer.location._replace(**place_of(rootfs, placed.entry))
                for placed in programs[1:_RELATED]
            ),
        )


def _needed(rootfs: Rootfs, program: RootfsEntry) -> tuple[str, ...]:
    elf = rootfs.elf(program)
    return () if elf is None else elf.needed or ()


def _missing(rootfs: Rootfs, program: RootfsEntry, absent: frozenset[str]) -> tuple[str, ...]:
    """The libraries that a program needs and that are missing in the root."""
    missing = tuple(name for name in _needed(rootfs, program) if name in absent)
    if not missing or not _is_for_musl(rootfs, program):
        return missing
    return tuple(name for name in missing if not is_provided_by_musl(name))


def _absent(rootfs: Rootfs, programs: list[RootfsEntry], turns: Turns) -> frozenset[str]:
    """The libraries that programs need and that do not exist anywhere in the root."""
    needed = (name for program in programs for name in _needed(rootfs, program))
    names = set(turns.take(needed))
    directories = tuple(_library_directories())
    doubtful = frozenset(
        name
        for name in names
        if not is_injected(name)
        and not any(f"{directory}/{name}" in rootfs for directory in directories)
        and not ("/" in name and rootfs.resolve(name) is not None)
    )
    found = rootfs.named(*sorted(doubtful)) if doubtful else ()
    return doubtful - {row.path.rpartition("/")[2] for row in found}


def _library_directories() -> Iterator[str]:
    yield from _DIRECTORIES
    for triplet in _TRIPLETS:
        yield f"usr/lib/{triplet}-linux-gnu"
        yield f"lib/{triplet}-linux-gnu"


def _is_for_musl(rootfs: Rootfs, program: RootfsEntry) -> bool:
    elf = rootfs.elf(program)
    return elf is not None and "ld-musl" in (elf.interpreter or "")


def _others(check: Check, rootfs: Rootfs, started: RootfsEntry | None) -> list[RootfsEntry]:
    """The programs in PATH that may need libraries, except the started one."""
    apart = None if started is None else started.entry.path
    return [
        row
        for row, head in programs_in_path(check, rootfs)
        if head.startswith(b"\x7fELF") and row.path != apart
    ]
