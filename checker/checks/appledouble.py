"""Files in which macOS keeps metadata of other files (RFC 1740, appendix A, "AppleDouble")."""

from __future__ import annotations

PREFIX = "._"
"""How the name of such a file begins: ``._x`` belongs to ``x``."""
DIRECTORIES = frozenset(
    {"__MACOSX", ".AppleDouble", ".Spotlight-V100", ".TemporaryItems", ".Trashes", ".fseventsd"}
)
"""Directories that contain nothing else."""
# Gentoo's updates of configuration files, which wait to be merged.
_GENTOO = "._cfg"


def is_metadata(path: str) -> bool:
    """Whether a file at a cleaned path is one, by its name."""
    directory, _, base = path.rpartition("/")
    if base.startswith(PREFIX) and not base.startswith(_GENTOO) and base != PREFIX:
        return True
    return not DIRECTORIES.isdisjoint(directory.split("/"))
