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

TEMPORARY = ("dev", "proc", "sys", "run", "tmp", "var/tmp", "var/run")
"""Directories of a running system, which are empty in an image."""

OF_KERNELS = ("boot", "lib/modules", "usr/lib/modules")
"""Directories with the files of kernels, which are empty in an image."""

LEFTOVERS = (*TEMPORARY, *OF_KERNELS)
"""Directories that are empty in an image; queried together, which needs only one search."""
