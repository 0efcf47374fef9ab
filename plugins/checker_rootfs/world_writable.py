"""RFS016: files and folders that everyone may write to."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.entries import Entry
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.accounts import GROUP, GSHADOW, PASSWD, SHADOW
from checker_rootfs.command import is_mounted
from checker_rootfs.folders import LIBRARIES, PROGRAMS
from checker_rootfs.places import is_windows, octal, place_of, shown

_WRITE, _STICKY, _EXECUTABLE = 0o002, 0o1000, 0o111
_SETID = 0o6000
_SYSTEM_FOLDERS = PROGRAMS | {"", "etc", "lib", "lib64", "root", "usr", "usr/lib", "var"}
# Other rules have their say on these.
_TEMPORARY = frozenset({"tmp", "var/tmp"})
_ACCOUNTS = frozenset({PASSWD, GROUP, SHADOW, GSHADOW})


class WorldWritable(Check):
    """A file or folder may be written to by everyone.

    What it means:
        Its mode has the write bit for others. Warnings are programs in the folders of PATH, shared
        libraries, what lies directly in /etc, and the base folders themselves; anything else is a
        note, since applications often ship data files of such a mode. Folders with the sticky bit,
        such as /tmp, pass, as do devices, symlinks and what lies in /dev, /proc and /sys. Account
        files and setuid programs are reported by exposed-account-file and setuid-program.

    Why it matters:
        Whoever gets to run code as any user of the container can change the file, and so what root
        or another user executes next. ``chmod -R 777`` on the way to a working image is the usual
        reason.

    How to fix it:
        ``chmod o-w`` it in the layer that brings it, or give it to the user who needs it
        (``COPY --chown=app --chmod=755``).

    References:
        - Filesystem Hierarchy Standard 3.0; chmod(1)
        - melange, linter "worldwrite"
    """

    id = "RFS016"
    name = "world-writable"
    severity = Severity.WARNING

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at everything with the write bit for others."""
        if is_windows(rootfs):
            return
        for row in rootfs.with_mode(_WRITE):
            entry = row.entry
            if _passes(entry) or _is_symlink(rootfs, Placed(row.layer, entry)):
                continue
            yield self.finding(
                row.layer,
                f"{shown(rootfs, Placed(row.layer, entry))} is a {entry.kind_name} of mode "
                f"{octal(entry)}, which everyone may write to",
                at=place_of(rootfs, entry),
                fix=f"chmod o-w /{entry.path}",
                severity=None if _is_of_system(entry) else Severity.NOTE,
            )


def _passes(entry: Entry) -> bool:
    if entry.is_directory:
        return bool(entry.mode & _STICKY) or entry.path in _TEMPORARY or is_mounted(entry.path)
    is_file = entry.is_file or entry.is_hard_link
    has_own_rule = entry.path in _ACCOUNTS or bool(entry.mode & _SETID)
    return not is_file or has_own_rule or is_mounted(entry.path)


def _is_symlink(rootfs: Rootfs, placed: Placed) -> bool:
    """Whether a hard link is one to a symlink, whose mode means nothing."""
    file = rootfs.file_of(placed) if placed.entry.is_hard_link else None
    return file is not None and file.entry.is_symlink


def _is_of_system(entry: Entry) -> bool:
    if entry.is_directory:
        return entry.path in _SYSTEM_FOLDERS
    folder = entry.parent
    if folder in PROGRAMS:
        return bool(entry.mode & _EXECUTABLE)
    is_library = entry.basename.endswith(".so") or ".so." in entry.basename
    return folder == "etc" or (is_library and folder.startswith(LIBRARIES))
