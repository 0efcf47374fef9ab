"""RFS021: account files that others can change, or read though they are secret."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.accounts import (
    ACCOUNTS,
    GROUP,
    GSHADOW,
    PASSWD,
    SHADOW,
    is_hash,
    read_accounts,
)
from checker_rootfs.places import is_windows, octal, place_of, shown

_SECRET = frozenset({SHADOW, GSHADOW})
_OTHERS_READ, _OTHERS_WRITE = 0o004, 0o002


class ExposedAccountFile(Check):
    """The mode of an account file lets others change it, or read what is secret.

    What it means:
        etc/passwd, etc/group, etc/shadow or etc/gshadow may be written to by everyone: an error.
        etc/shadow or etc/gshadow may be read by everyone: a warning if there are password hashes
        in it, else a note. etc/passwd or etc/group may not be read by others: a note. The write bit
        for the group passes, which images for OpenShift set on etc/passwd.

    Why it matters:
        Whoever can write to these files makes himself root, with any code that runs in the
        container. Hashes that all may read can be searched for the password. And without
        etc/passwd, programs that do not run as root know no names of users.

    How to fix it:
        ``chmod 644 etc/passwd etc/group`` and ``chmod 640 etc/shadow etc/gshadow``. For arbitrary
        user ids use nss_wrapper, or a group that may write, never others.

    References:
        - passwd(5), shadow(5)
        - CIS Distribution Independent Linux Benchmark 2.0, 6.1.2 to 6.1.5
    """

    id = "RFS021"
    name = "exposed-account-file"
    severity = Severity.ERROR
    reads = (ACCOUNTS,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at the modes of the four files."""
        if is_windows(rootfs):
            return
        for path in (PASSWD, GROUP, SHADOW, GSHADOW):
            placed = rootfs.resolve(path)
            if placed is None or not (placed.entry.is_file or placed.entry.is_hard_link):
                continue
            mode = placed.entry.mode
            if mode & _OTHERS_WRITE:
                yield self._report(rootfs, placed, "everyone may write to it", Severity.ERROR)
            elif path in _SECRET and mode & _OTHERS_READ:
                is_full = _has_hashes(rootfs, path)
                severity = Severity.WARNING if is_full else Severity.NOTE
                what = "" if is_full else ", though no password is in it"
                yield self._report(rootfs, placed, f"everyone may read it{what}", severity)
            elif path not in _SECRET and not mode & _OTHERS_READ:
                yield self._report(rootfs, placed, "others may not read it", Severity.NOTE)

    def _report(self, rootfs: Rootfs, placed: Placed, problem: str, severity: Severity) -> Finding:
        entry = placed.entry
        wanted = "640" if entry.path in _SECRET else "644"
        return self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} has mode {octal(entry)}: {problem}",
            at=place_of(rootfs, entry),
            severity=severity,
            fix=f"chmod {wanted} /{entry.path}",
        )


def _has_hashes(rootfs: Rootfs, path: str) -> bool:
    accounts = read_accounts(rootfs, path)
    if accounts is None or accounts.lines is None:
        return False
    return any(len(line.fields) > 1 and is_hash(line.fields[1]) for line in accounts.lines)
