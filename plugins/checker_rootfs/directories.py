"""The directories of a root filesystem that rules refer to.

Source: Filesystem Hierarchy Standard 3.0; file-hierarchy(7); multiarch directories of Debian.
"""

from __future__ import annotations

PROGRAMS = frozenset(
    {"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"},
)
"""Directories of the default PATH of engines."""

LIBRARIES = ("lib", "usr/lib", "usr/local/lib")
"""Prefixes of the paths of directories with shared libraries."""

MERGED = ("bin", "sbin", "lib", "lib64")
"""Directories that are links into /usr in distributions with a merged /usr."""

LEFTOVERS = (
    *("dev", "proc", "sys", "run", "tmp", "var/tmp", "var/run"),
    *("boot", "lib/modules", "usr/lib/modules"),
)
"""Directories that are empty in an image; queried together, which needs only one search."""
