"""RFS021: account files that others can modify, or read although they are secret."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, RootfsEntry, Severity
from checker_rootfs.accounts import (
    ACCOUNTS,
    GROUP,
    GSHADOW,
    PASSWD,
    SHADOW,
    is_hash,
    read_accounts,
)
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.places import is_windows, octal, place_of, shown

_SECRET = frozenset({SHADOW, GSHADOW})
_OTHERS_READ, _OTHERS_WRITE, _SETID = 0o004, 0o002, 0o6000


class ExposedAccountFile(Check):
    """The mode of an account file lets others modify it, or read secrets.

    What it means:
        etc/passwd, etc/group, etc/shadow or etc/gshadow is writable by everyone: an error.
        etc/shadow or etc/gshadow is readable by everyone: a warning if it contains password hashes,
        else a note. etc/passwd or etc/group is not readable by others: a note. Group write
        permission is accepted; images for OpenShift set it on etc/passwd.

    Why it matters:
        Whoever can write to these files can become root, with any code that runs in the container.
        Readable hashes can be attacked offline. And without etc/passwd, programs that do not run as
        root cannot resolve user names.

    How to fix it:
        Set the usual modes. For arbitrary user IDs use nss_wrapper, or group write permission,
        never write permission for others.

            chmod 644 etc/passwd etc/group
            chmod 640 etc/shadow etc/gshadow

    References:
        - passwd(5), shadow(5)
        - CIS Distribution Independent Linux Benchmark 2.0, 6.1.2 to 6.1.5
    """

    id = "RFS021"
    name = "exposed-account-file"
    severity = Severity.ERROR
    security = 8.0
    since = "0.1.0"
    reads = (ACCOUNTS,)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the modes of the four files."""
        if is_windows(rootfs):
            return
        for path in (PASSWD, GROUP, SHADOW, GSHADOW):
            placed = rootfs.resolve(path)
            if placed is None or not (placed.entry.is_file or placed.entry.is_hard_link):
                continue
            mode = placed.entry.mode
            if mode & _OTHERS_WRITE and mode & _SETID:
                continue  # reported by RFS017
            if mode & _OTHERS_WRITE:
                yield self._report(rootfs, placed, "everyone can write to it", Severity.ERROR)
            elif path in _SECRET and mode & _OTHERS_READ:
                is_full = _has_hashes(rootfs, path)
                severity = Severity.WARNING if is_full else Severity.NOTE
                what = "" if is_full else ", although it contains no password hash"
                yield self._report(rootfs, placed, f"everyone can read it{what}", severity)
            elif path not in _SECRET and not mode & _OTHERS_READ:
                yield self._report(rootfs, placed, "others cannot read it", Severity.NOTE)

    def _report(
        self, rootfs: Rootfs, placed: RootfsEntry, problem: str, severity: Severity
    ) -> Finding:
        entry = placed.entry
        wanted = "640" if entry.path in _SECRET else "644"
        return self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} has mode {octal(entry)}: {problem}",
            at=place_of(rootfs, entry),
            severity=severity,
            fix=fix_in_root(rootfs, f"set its mode to {wanted}", "chmod", wanted, f"/{entry.path}"),
        )


def _has_hashes(rootfs: Rootfs, path: str) -> bool:
    accounts = read_accounts(rootfs, path)
    if accounts is None or accounts.lines is None:
        return False
    return any(len(line.fields) > 1 and is_hash(line.fields[1]) for line in accounts.lines)
