"""The program that an image starts, and how engines find it.

Sources: OCI image-spec 1.1, config.md (Entrypoint, Cmd, Env, WorkingDir); Docker Engine 28,
daemon/create.go (an Entrypoint of one empty string counts as none); runc 1.2, which looks up a bare
name in the PATH of the container; execve(2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from checker import Archive, Check, Config, ContentRequest, Entry, Rootfs, RootfsEntry
from checker.model.document import pointer
from checker.model.entries import clean_path
from checker_rootfs.places import is_wasm, is_windows
from checker_rootfs.program import shebang_of

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH that engines set if ``Env`` has none (Docker Engine 28, oci/defaults.go)."""

HEADS = ContentRequest(executables=True, limit=4096)
"""The first page of every executable: ELF headers with the interpreter, or the first line."""

# Directories that every engine mounts a filesystem over.
_MOUNTED = frozenset({"dev", "proc", "sys"})
_EXECUTABLE = 0o111
# No real PATH is this long; a hostile one is not searched to its end.
_MOST_DIRECTORIES = 200
_CANDIDATES_SHOWN = 8
# Limit of time: of more executables than this not all are examined.
_PROGRAMS = 10_000
_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_INITS = frozenset({"tini", "tini-static", "dumb-init", "catatonit"})
_ABSOLUTE = r"(?:exec )?(/[\w./+-]+)(?:\s|$)"


class ConfigCheck(Check):
    """A check of a root filesystem against the config of its image; it is skipped for flat ones."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is a flat root filesystem."""
        return None if archive.rootfs is None else "a flat root filesystem has no image config"


class Lookup(NamedTuple):
    """Where a program was searched, and what was found.

    Attributes:
        word: The program as it is named.
        candidates: The absolute paths that were tried, in order.
        path: The path of what was found; else the first candidate, or empty without candidates.
        found: The first executable file, links followed; else the first entry of any kind.
    """

    word: str
    candidates: tuple[str, ...]
    path: str
    found: RootfsEntry | None

    @property
    def is_bare(self) -> bool:
        """Whether the name has no slash, so that PATH is searched."""
        return "/" not in self.word

    @property
    def place(self) -> str:
        """The path as used in locations: without leading and trailing slashes."""
        return clean_path(self.path)


class Start(NamedTuple):
    """The program that an image starts.

    Attributes:
        config: The config of the image.
        label: The name of the image in messages.
        words: The complete command line.
        pointer: JSON pointer of the first word.
        program: The program, looked up.
    """

    config: Config
    label: str
    words: tuple[str, ...]
    pointer: str
    program: Lookup

    @property
    def executable(self) -> RootfsEntry | None:
        """The program, if it is an executable file."""
        found = self.program.found
        return found if found is not None and is_executable(found.entry) else None


def find_start(rootfs: Rootfs) -> Start | None:
    """The program that the image of a root starts.

    Returns:
        None if that cannot be determined: a flat root, an image without a config or command, an
        image for Windows or WebAssembly, or a program on a filesystem that engines mount.
    """
    image = rootfs.image
    config = None if image is None else image.config
    if image is None or config is None or is_windows(rootfs) or is_wasm(rootfs):
        return None
    key, words = _command(config)
    if not words:
        return None
    program = look_up(rootfs, config, words[0])
    if is_mounted(program.path):
        return None
    is_list = isinstance(config.settings.get(key), list)
    place = pointer("config", key, 0) if is_list else pointer("config", key)
    return Start(config, image.label, words, place, program)


def program_run(rootfs: Rootfs, start: Start) -> RootfsEntry | None:
    """The program that the kernel runs: the started one, or the interpreter of a script."""
    placed = start.executable
    head = None if placed is None else rootfs.content(placed)
    script = None if head is None else shebang_of(head)
    return placed if script is None else look_up(rootfs, start.config, script.interpreter).found


def programs_in_path(rootfs: Rootfs) -> Iterator[tuple[RootfsEntry, bytes]]:
    """The executables in the directories of PATH and their heads, except the started program."""
    config = rootfs.config
    directories = {
        end for path in _path_directories(config) if (end := rootfs.follow(path)) is not None
    }
    start = find_start(rootfs)
    started = None if start is None or start.executable is None else start.executable.entry.path
    for layer, position, head in islice(rootfs.kept_contents(), _PROGRAMS):
        path = layer.entries.paths[position]
        if path.rpartition("/")[0] in directories and path != started:
            yield RootfsEntry(layer, position), head


def find_wrapped(rootfs: Rootfs, start: Start) -> tuple[int, Lookup] | None:
    """The program that the started shell or init starts.

    Returns:
        The position of its word in the command line, and the result of the lookup; None if that
        cannot be determined: another program is started, or the shell command does not begin with
        an absolute path.
    """
    words = start.words
    base = words[0].rpartition("/")[2]
    if base in _SHELLS and len(words) > 2 and words[1] == "-c":
        match = re.match(_ABSOLUTE, words[2])
        return None if match is None else (2, look_up(rootfs, start.config, match[1]))
    if base not in _INITS or len(words) == 1:
        return None
    at = words.index("--") + 1 if "--" in words else 1
    if at >= len(words) or words[at].startswith("-"):
        return None
    return at, look_up(rootfs, start.config, words[at])


def pointer_of(start: Start, position: int) -> str:
    """JSON pointer of a word of the command line."""
    entrypoint = start.config.settings.get("Entrypoint")
    key = start.pointer.split("/")[2]
    if key == "Entrypoint" and isinstance(entrypoint, list) and position >= len(entrypoint):
        return pointer("config", "Cmd", position - len(entrypoint))
    return pointer("config", key, position)


def look_up(rootfs: Rootfs, config: Config | None, word: str) -> Lookup:
    """Find a program in a root filesystem as engines and the kernel do.

    Args:
        rootfs: The root.
        config: The config with PATH and the working directory; None for a flat root.
        word: An absolute path, a path relative to the working directory, or a bare name.
    """
    candidates = _candidates(config, word)
    there = [(path, found) for path in candidates if (found := rootfs.resolve(path)) is not None]
    runnable = [each for each in there if is_executable(each[1].entry)]
    for path, found in (*runnable, *there):
        return Lookup(word, candidates, path, found)
    return Lookup(word, candidates, candidates[0] if candidates else "", None)


def is_executable(entry: Entry) -> bool:
    """Whether it is a file with an execute permission."""
    return (entry.is_file or entry.is_hard_link) and bool(entry.mode & _EXECUTABLE)


def describe_missing(rootfs: Rootfs, lookup: Lookup) -> str:
    """Why a lookup failed, as a clause that follows the name of the program."""
    if not lookup.word:
        return "which is an empty name"
    if lookup.is_bare:
        return f"which is not in any directory of PATH ({_shown(lookup.candidates)})"
    link = rootfs.get(lookup.place)
    if link is not None and link.entry.is_symlink:
        return f"which is a symlink to {link.entry.linkname}, whose target does not exist"
    if not lookup.word.startswith("/"):
        return f"which resolves to {lookup.path}, and is not in the root filesystem"
    return "which is not in the root filesystem"


def is_mounted(path: str) -> bool:
    """Whether engines mount a filesystem over the path."""
    return clean_path(path).partition("/")[0] in _MOUNTED


def _command(config: Config) -> tuple[str, tuple[str, ...]]:
    """The key of the first word, and the words of Entrypoint and Cmd."""
    entrypoint = config.command_line("Entrypoint")
    command = config.command_line("Cmd")
    if entrypoint in ((), ("",)):
        return "Cmd", command
    return "Entrypoint", (*entrypoint, *command)


def _candidates(config: Config | None, word: str) -> tuple[str, ...]:
    if word.startswith("/"):
        return (word,)
    base = "" if config is None else working_directory(config)
    if "/" in word:
        return (f"{base}/{word}",)
    if not word:
        return ()
    return tuple(f"{directory}/{word}" for directory in _search_path(config, base))


def _path_directories(config: Config | None) -> tuple[str, ...]:
    """The directories of PATH, as cleaned paths."""
    base = "" if config is None else working_directory(config)
    return tuple(map(clean_path, _search_path(config, base)))


def _search_path(config: Config | None, base: str) -> tuple[str, ...]:
    """The directories of PATH, absolute, without trailing slashes."""
    search = DEFAULT_PATH if config is None else config.env.get("PATH", DEFAULT_PATH)
    directories = search.split(":", _MOST_DIRECTORIES)[:_MOST_DIRECTORIES] if search else []
    absolute = (
        directory if directory.startswith("/") else f"{base}/{directory}"
        for directory in directories
    )
    return tuple(dict.fromkeys(directory.rstrip("/") for directory in absolute))


def _shown(candidates: tuple[str, ...]) -> str:
    if not candidates:
        return "PATH is empty"
    more = ", …" if len(candidates) > _CANDIDATES_SHOWN else ""
    return f"searched {', '.join(candidates[:_CANDIDATES_SHOWN])}{more}"


def working_directory(config: Config) -> str:
    """The working directory without a trailing slash; empty for the root."""
    value = config.settings.get("WorkingDir")
    directory = clean_path(value) if isinstance(value, str) else ""
    return f"/{directory}" if directory else ""
