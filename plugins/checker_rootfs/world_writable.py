"""RFS016: files and directories that are writable by everyone."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Entry, Finding, Rootfs, RootfsEntry, Severity
from checker.starting.lookup import is_mounted
from checker_rootfs.accounts import GROUP, GSHADOW, PASSWD, SHADOW
from checker_rootfs.directories import LIBRARIES, PROGRAMS
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.places import is_windows, octal, place_of, shown

_WRITE, _STICKY, _EXECUTABLE = 0o002, 0o1000, 0o111
_SETID = 0o6000
_SYSTEM_DIRECTORIES = PROGRAMS | {"", "etc", "lib", "lib64", "root", "usr", "usr/lib", "var"}
# Other rules report these.
_TEMPORARY = frozenset({"tmp", "var/tmp"})
_ACCOUNTS = frozenset({PASSWD, GROUP, SHADOW, GSHADOW})


class WorldWritable(Check):
    """A file or directory is writable by everyone.

    What it means:
        The mode has the write bit for others. Warnings: programs in the directories of PATH, shared
        libraries, files directly in /etc, and base directories; anything else is a note, since
        applications often ship data files with such a mode. Directories with the sticky bit, such
        as /tmp, are accepted, as are devices, symlinks and entries in /dev, /proc and /sys. Account
        files and setuid programs are reported by exposed-account-file and setuid-program.

    Why it matters:
        Any code that runs as any user of the container can modify the file, and so what root or
        another user executes next. The usual reason is ``chmod -R 777``.

    How to fix it:
        Remove the bit in the layer that adds the file, or give the file to the user that needs it:

            before:  RUN chmod -R 777 /srv
            after:   COPY --chown=app --chmod=755 srv /srv

    References:
        - Filesystem Hierarchy Standard 3.0; chmod(1)
        - melange, linter "worldwrite"
    """

    id = "RFS016"
    name = "world-writable"
    severity = Severity.WARNING
    security = 6.5
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check all entries with the write bit for others."""
        if is_windows(rootfs):
            return
        for row in rootfs.with_mode(_WRITE):
            entry = row.entry
            if _passes(entry) or _is_symlink(rootfs, row):
                continue
            yield self.finding(
                row.layer,
                f"{shown(rootfs, row)} is a {entry.kind_name} with mode "
                f"{octal(entry)}; everyone can write to it",
                at=place_of(rootfs, entry),
                fix=fix_in_root(
                    rootfs,
                    "remove the write permission of others",
                    "chmod",
                    "o-w",
                    f"/{entry.path}",
                ),
                severity=None if _is_of_system(entry) else Severity.NOTE,
            )


def _passes(entry: Entry) -> bool:
    if entry.is_directory:
        return bool(entry.mode & _STICKY) or entry.path in _TEMPORARY or is_mounted(entry.path)
    is_file = entry.is_file or entry.is_hard_link
    has_own_rule = entry.path in _ACCOUNTS or bool(entry.mode & _SETID)
    return not is_file or has_own_rule or is_mounted(entry.path)


def _is_symlink(rootfs: Rootfs, placed: RootfsEntry) -> bool:
    """Whether it is a hard link to a symlink, whose mode has no meaning."""
    file = rootfs.file_of(placed) if placed.entry.is_hard_link else None
    return file is not None and file.entry.is_symlink


def _is_of_system(entry: Entry) -> bool:
    if entry.is_directory:
        return entry.path in _SYSTEM_DIRECTORIES
    directory = entry.parent
    if directory in PROGRAMS:
        return bool(entry.mode & _EXECUTABLE)
    is_library = entry.basename.endswith(".so") or ".so." in entry.basename
    return directory == "etc" or (is_library and directory.startswith(LIBRARIES))
