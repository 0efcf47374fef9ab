"""Files in which macOS keeps metadata of other files (RFC 1740, appendix A, "AppleDouble")."""

from __future__ import annotations

from checker.model.entries import REGULAR, Entries

PREFIX = "._"
"""How the name of such a file begins: ``._x`` belongs to ``x``."""
DIRECTORIES = frozenset(
    {"__MACOSX", ".AppleDouble", ".Spotlight-V100", ".TemporaryItems", ".Trashes", ".fseventsd"}
)
"""Directories that contain nothing else."""
_REGULAR = ord(REGULAR)
_BATCH = 4096
_UNDERSCORE = ord("_")
_MARK = f"/{PREFIX}"
_MARKS = (_MARK, *(f"/{name}/" for name in DIRECTORIES))
# Gentoo's updates of configuration files, which wait to be merged.
_GENTOO = "._cfg"


def metadata_files(entries: Entries) -> tuple[int, ...]:
    """The positions of the files with such names."""
    return entries.cached(_metadata_files)


def _metadata_files(entries: Entries) -> tuple[int, ...]:
    marks = _MARKS if _may_have_directories(entries) else (_MARK,)
    found: list[int] = []
    if marks == (_MARK,) and _UNDERSCORE not in entries.path_bytes:
        return ()
    for start in range(0, len(entries), _BATCH):
        batch = entries.paths[start : start + _BATCH]
        joined = "/" + "/".join(batch)
        if any(mark in joined for mark in marks):
            found += [
                position
                for position, path in enumerate(batch, start)
                if entries.kinds[position] == _REGULAR and is_metadata(path)
            ]
    return tuple(found)


def _may_have_directories(entries: Entries) -> bool:
    joined = "/".join(("", *entries.directories, ""))
    return not entries.knows_all_directories or any(f"/{name}/" in joined for name in DIRECTORIES)


def is_metadata(path: str) -> bool:
    """Whether a file at a cleaned path is one, by its name."""
    directory, _, base = path.rpartition("/")
    if base.startswith(PREFIX) and not base.startswith(_GENTOO) and base != PREFIX:
        return True
    return not DIRECTORIES.isdisjoint(directory.split("/"))
