"""RFS020: accounts that anyone can log in to."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.rootfs import Rootfs
from checker_rootfs.accounts import (
    ACCOUNTS,
    PASSWD,
    SHADOW,
    AccountFile,
    Line,
    is_hash,
    read_accounts,
)
from checker_rootfs.places import is_windows, place_of, shown


class EmptyPassword(Check):
    """A user has an empty password, or one that came with the image.

    What it means:
        The password field of etc/shadow, or of etc/passwd itself, is empty: that user logs in
        without a password (a warning). A field that holds a password hash is a note, and a warning
        in etc/passwd, which everyone may read. Locked accounts (``*``, ``!``) and ``x``, which
        refers from etc/passwd to etc/shadow, pass.

    Why it matters:
        Where the image has a program that asks for passwords (su, sudo, sshd, a console), an empty
        one makes everyone root; that was CVE-2019-5021 of Alpine Linux. A password in an image is
        the same in all its containers, and whoever has the image can search for it at leisure.

    How to fix it:
        Lock the account (``passwd -l USER`` or ``usermod -p '*' USER``), and give passwords at run
        time, if at all.

    References:
        - shadow(5), passwd(5)
        - CVE-2019-5021; dockle, DKL-LI-0001
    """

    id = "RFS020"
    name = "empty-password"
    severity = Severity.WARNING
    reads = (ACCOUNTS,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at the password field of each user."""
        if is_windows(rootfs):
            return
        for path in (PASSWD, SHADOW):
            accounts = read_accounts(rootfs, path)
            if accounts is None or accounts.lines is None:
                continue
            for line in accounts.lines:
                if len(line.fields) > 1:
                    yield from self._check_password(rootfs, path, accounts, line)

    def _check_password(
        self, rootfs: Rootfs, path: str, accounts: AccountFile, line: Line
    ) -> Iterator[Finding]:
        password = line.fields[1]
        if not password:
            problem, severity = "has an empty password: no password is asked for", None
        elif is_hash(password):
            problem = "has a password, which is the same wherever the image is used"
            severity = Severity.NOTE if path == SHADOW else None
        else:
            return
        placed = accounts.placed
        yield self.finding(
            placed.layer,
            f'{shown(rootfs, placed)}, line {line.number}: "{line.name}" {problem}',
            at=place_of(rootfs, placed.entry),
            severity=severity,
            fix=f"passwd -l {line.name}",
        )
