"""The folders of a root that have a part to play.

Source: Filesystem Hierarchy Standard 3.0; file-hierarchy(7); multiarch folders of Debian.
"""

from __future__ import annotations

PROGRAMS = frozenset(
    {"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"},
)
"""Folders of PATH as engines set it."""

LIBRARIES = ("lib", "usr/lib", "usr/local/lib")
"""What the paths of folders with shared libraries begin with."""

MERGED = ("bin", "sbin", "lib", "lib64")
"""Folders that distributions with a merged /usr have as links into it."""

LEFTOVERS = (
    *("dev", "proc", "sys", "run", "tmp", "var/tmp", "var/run"),
    *("boot", "lib/modules", "usr/lib/modules"),
)
"""Folders that are empty in an image; asked for all at once, which costs one search."""
