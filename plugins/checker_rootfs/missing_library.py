"""RFS027: programs whose shared libraries are missing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from checker import Check, ContentRequest, Finding, Rootfs, RootfsEntry, Severity
from checker_rootfs.command import HEADS, Start, find_start, program_run, programs_in_path
from checker_rootfs.places import is_windows, name_of, place_of, shown
from checker_rootfs.program import elf_interpreter

_DIRECTORIES = ("usr/lib", "lib", "usr/lib64", "lib64", "usr/local/lib")
# GNU triplets of multiarch directories (Debian).
_TRIPLETS = ("x86_64", "aarch64", "arm", "i386", "riscv64", "powerpc64le", "s390x")
# Libraries that GPU runtimes add to the container when it starts.
_INJECTED = (
    "libcuda.",
    "libcudadebugger.",
    "libnvidia-",
    "libnv",
    "libGLX_nvidia",
    "libEGL_nvidia",
)
# musl's loader is the C library itself, and provides these names (ldso/dynlink.c).
_OF_MUSL = ("libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet.")
_RELATED = 20
# Limit of time: the libraries of further programs are not looked up.
_NAMES = 50_000


class MissingLibrary(Check):
    """A program needs a shared library that is not in its root filesystem.

    What it means:
        A dynamically linked program lists the libraries that it needs. A library counts as present
        if a file or link with its name exists anywhere in the root filesystem, whatever the search
        path of the loader is. A missing one is an error for the program that the image starts, or
        the interpreter of a started script, and a note for other programs in the directories of
        PATH. Libraries that GPU runtimes provide, and libraries that other libraries need, are not
        checked.

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
    reads = (HEADS, ContentRequest(libraries=True))

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the libraries of the started program, then those of the others."""
        if is_windows(rootfs):
            return
        start = find_start(rootfs)
        started = None if start is None else program_run(rootfs, start)
        others = _others(rootfs, started)
        absent = _absent(rootfs, others if started is None else [started, *others])
        if not absent:
            return
        if start is not None and started is not None:
            yield from self._check_started(rootfs, start, started, absent)
        missing: dict[str, list[RootfsEntry]] = {}
        for placed in others:
            for name in _missing(rootfs, placed, absent):
                missing.setdefault(name, []).append(placed)
        for name, programs in missing.items():
            yield self._report_others(rootfs, name, programs)

    def _check_started(
        self, rootfs: Rootfs, start: Start, started: RootfsEntry, absent: frozenset[str]
    ) -> Iterator[Finding]:
        missing = _missing(rootfs, started, absent)
        if not missing or _lacks_loader(rootfs, started):
            return
        what = "a library that is" if len(missing) == 1 else f"{len(missing)} libraries that are"
        yield self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}": {shown(rootfs, started)} needs {what} '
            f"not in the root filesystem: {', '.join(missing[:_RELATED])}"
            + (", …" if len(missing) > _RELATED else ""),
            at={"pointer": start.pointer, "path": started.entry.path},
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
    file = rootfs.file_of(program)
    tar = file.layer.blob.tar if file is not None and file.layer.blob else None
    return () if file is None or tar is None else tar.needed.get(file.entry.position, ())


def _missing(rootfs: Rootfs, program: RootfsEntry, absent: frozenset[str]) -> tuple[str, ...]:
    """The libraries that a program needs and that are missing in the root."""
    missing = tuple(name for name in _needed(rootfs, program) if name in absent)
    if not missing or not _is_for_musl(rootfs, program):
        return missing
    return tuple(name for name in missing if not name.startswith(_OF_MUSL))


def _absent(rootfs: Rootfs, programs: list[RootfsEntry]) -> frozenset[str]:
    """The libraries that programs need and that do not exist anywhere in the root."""
    needed = (name for program in programs for name in _needed(rootfs, program))
    names = set(islice(needed, _NAMES))
    directories = tuple(_library_directories())
    doubtful = frozenset(
        name
        for name in names
        if not name.startswith(_INJECTED)
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
    return "ld-musl" in (elf_interpreter(rootfs.content(program) or b"") or "")


def _lacks_loader(rootfs: Rootfs, program: RootfsEntry) -> bool:
    """Whether the loader is missing too; missing-interpreter reports that."""
    loader = elf_interpreter(rootfs.content(program) or b"")
    return loader is not None and rootfs.resolve(loader) is None


def _others(rootfs: Rootfs, started: RootfsEntry | None) -> list[RootfsEntry]:
    """The programs in PATH that may need libraries, except the started one."""
    apart = None if started is None else started.entry.path
    return [
        row
        for row, head in programs_in_path(rootfs)
        if head.startswith(b"\x7fELF") and row.path != apart
    ]
