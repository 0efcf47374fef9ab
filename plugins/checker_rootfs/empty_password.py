"""RFS020: accounts with an empty or shared password."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, Severity
from checker_rootfs.accounts import (
    ACCOUNTS,
    PASSWD,
    SHADOW,
    AccountFile,
    Line,
    is_hash,
    read_accounts,
)
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.places import is_windows, place_of, shown


class EmptyPassword(Check):
    """A user has an empty password, or a password that is part of the image.

    What it means:
        The password field of etc/shadow, or of etc/passwd itself, is empty: the user logs in
        without a password (a warning). A password hash is a note, and a warning in etc/passwd,
        which is readable by everyone. Locked accounts (``*``, ``!``) and ``x``, which refers from
        etc/passwd to etc/shadow, are accepted.

    Why it matters:
        If the image has a program that asks for passwords (su, sudo, sshd, a console), an empty one
        makes every user root, as in CVE-2019-5021 of Alpine Linux. A password in an image is the
        same in all its containers, and whoever has the image can try to recover it offline.

    How to fix it:
        Lock the account, and set passwords at run time, if at all:

            before:  root::19000:0:99999:7:::
            after:   root:*:19000:0:99999:7:::

    References:
        - shadow(5), passwd(5)
        - CVE-2019-5021; dockle, DKL-LI-0001
    """

    id = "RFS020"
    name = "empty-password"
    severity = Severity.WARNING
    security = 9.1
    since = "0.1.0"
    reads = (ACCOUNTS,)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the password field of each user."""
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
            problem, severity = "has an empty password and can log in without one", None
        elif is_hash(password):
            problem = "has a password hash, which is the same in all containers of the image"
            severity = Severity.NOTE if path == SHADOW else None
        else:
            return
        placed = accounts.placed
        yield self.finding(
            placed.layer,
            f'{shown(rootfs, placed)}, line {line.number}: "{line.name}" {problem}',
            at=place_of(rootfs, placed.entry),
            severity=severity,
            fix=fix_in_root(rootfs, "lock the account", "passwd", "-l", line.name),
        )
