"""How a program is found: by its path, or in the directories of PATH, links followed.

Sources: runc 1.1 and 1.2, libcontainer/standard_init_linux.go, and Go's os/exec, LookPath;
execve(2); path_resolution(7).
"""

from __future__ import annotations

from checker.model.entries import Entry, clean_path
from checker.model.rootfs import Rootfs, RootfsEntry
from checker.records import NamedTuple
from checker.starting.process import Process

_EXECUTABLE = 0o111
_CANDIDATES_SHOWN = 8
# Directories that every runtime mounts a filesystem over.
_MOUNTED = frozenset({"dev", "proc", "sys"})


class Lookup(NamedTuple):
    """Where a program was searched, and what was found.

    Attributes:
        word: The program as it is named.
        candidates: The absolute paths that were tried, in order.
        path: The path of what was found; else the first candidate, or empty without candidates.
        found: The first executable file, links followed; else the first entry of any kind.
        is_directory: Whether a directory without an entry is in its place.
        is_known: Whether all directories of PATH were searched, or it was found.
    """

    word: str
    candidates: tuple[str, ...]
    path: str
    found: RootfsEntry | None
    is_directory: bool = False
    is_known: bool = True

    @property
    def is_bare(self) -> bool:
        """Whether the name has no slash, so that PATH is searched."""
        return "/" not in self.word

    @property
    def place(self) -> str:
        """The path as used in locations: without leading and trailing slashes."""
        return clean_path(self.path)


def look_up(rootfs: Rootfs, process: Process, word: str) -> Lookup:
    """Find a program in a root filesystem as runtimes and the kernel do.

    Args:
        rootfs: The root.
        process: The process with PATH and the working directory.
        word: An absolute path, a path relative to the working directory, or a bare name.
    """
    candidates = _candidates(process, word)
    there = [(path, found) for path in candidates if (found := rootfs.resolve(path)) is not None]
    runnable = [each for each in there if is_executable(each[1].entry)]
    for path, found in (*runnable, *there):
        return Lookup(word, candidates, path, found)
    path = candidates[0] if candidates else ""
    is_known = "/" in word or not process.is_path_cut
    return Lookup(word, candidates, path, None, _is_directory(rootfs, path), is_known)


def look_up_file(rootfs: Rootfs, process: Process, path: str) -> Lookup:
    """Find a file as the kernel does, which never searches PATH."""
    return look_up(rootfs, process, path if "/" in path else f"./{path}")


def is_executable(entry: Entry) -> bool:
    """Whether it is a file with an execute permission."""
    return (entry.is_file or entry.is_hard_link) and bool(entry.mode & _EXECUTABLE)


def is_mounted(path: str) -> bool:
    """Whether runtimes mount a filesystem over the path."""
    return clean_path(path).partition("/")[0] in _MOUNTED


def describe_missing(rootfs: Rootfs, lookup: Lookup) -> str:
    """Why a lookup failed, as a clause that follows the name of the program."""
    if not lookup.word:
        return "which is an empty name"
    if not lookup.is_known:
        return f"which is not in the first {len(lookup.candidates)} directories of PATH"
    if lookup.is_bare:
        return f"which is not in any directory of PATH ({_shown(lookup.candidates)})"
    if rootfs.follow(lookup.path) is None:
        return "which is a symlink in a loop"
    link = rootfs.get(lookup.place)
    if link is not None and link.entry.is_symlink:
        return f"which is a symlink to {link.entry.linkname}, whose target does not exist"
    if not lookup.word.startswith("/"):
        return f"which resolves to {lookup.path}, and is not in the root filesystem"
    return "which is not in the root filesystem"


def describe_absence(rootfs: Rootfs, lookup: Lookup) -> str:
    """Why a lookup failed, as a clause that begins with the name of the program."""
    if not lookup.word:
        return "the name of the program is empty"
    missing = describe_missing(rootfs, lookup).removeprefix("which ")
    missing = missing.replace("is not in the root filesystem", "is not in the root")
    return f"{lookup.word} {missing}"


def _is_directory(rootfs: Rootfs, path: str) -> bool:
    end = rootfs.follow(path) if path else None
    return end is not None and rootfs.exists(end)


def _candidates(process: Process, word: str) -> tuple[str, ...]:
    if "/" in word:
        return (process.absolute(word),)
    if not word:
        return ()
    return tuple(f"{directory}/{word}" for directory in process.search_path)


def _shown(candidates: tuple[str, ...]) -> str:
    if not candidates:
        return "PATH is empty"
    more = ", …" if len(candidates) > _CANDIDATES_SHOWN else ""
    return f"searched {', '.join(candidates[:_CANDIDATES_SHOWN])}{more}"
