"""RFS007: an image that runs as a user or group whom its root does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.rootfs import Rootfs
from checker_rootfs.accounts import ACCOUNTS, GROUP, PASSWD, read_accounts
from checker_rootfs.command import why_skipped
from checker_rootfs.places import is_windows, name_of, shown

_NUMBER = r"[+-]?[0-9]+"


class UnknownUser(Check):
    """The config names a user or group that the root filesystem does not know.

    What it means:
        User in the config gives the user, or user and group, by name. Engines look the name up in
        etc/passwd and etc/group of the image, and it is not there, or the file itself is not.
        Numeric ids need no entry and pass. So do images for Windows, and account files that are
        links to places out of sight.

    Why it matters:
        No container starts: "unable to find user app: no matching entries in passwd file". That
        holds for ``root`` too, in an image without etc/passwd.

    How to fix it:
        Create the user in a build step (``RUN adduser -D app``), copy etc/passwd and etc/group into
        an image that is built from scratch, or give the user as a number (``USER 1000:1000``).

    References:
        - OCI image-spec 1.1, config.md, "User"
        - moby/sys/user, GetExecUser, which Docker, containerd and podman look users up with
    """

    id = "RFS007"
    name = "unknown-user"
    severity = Severity.ERROR
    reads = (ACCOUNTS,)

    def skip_reason(self, archive: Archive) -> str | None:
        """Only images say whom they run as."""
        return why_skipped(archive)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the user and the group of the config."""
        config = rootfs.config
        value = None if config is None else config.settings.get("User")
        if config is None or not isinstance(value, str) or is_windows(rootfs):
            return
        user, _, group = value.partition(":")
        for what, name, path in (("user", user, PASSWD), ("group", group, GROUP)):
            problem = _problem(rootfs, name, path)
            if problem is not None:
                yield self.finding(
                    config,
                    f'{name_of(rootfs)} runs as {what} "{name}", {problem}',
                    at={"pointer": "/config/User", "path": path},
                    fix=f"create the {what} in the image, or give its number",
                )


def _problem(rootfs: Rootfs, name: str, path: str) -> str | None:
    """Why engines do not find a name in a file of accounts; None if they may find it."""
    if not name or re.fullmatch(_NUMBER, name):
        return None
    accounts = read_accounts(rootfs, path)
    if accounts is None:
        # A link may lead to where the runtime puts the file.
        dangles = rootfs.get(path) is not None and rootfs.resolve(path) is None
        return None if dangles else f"and there is no {path} to look it up in"
    if accounts.names is None or name in accounts.names:
        return None
    return f"which {shown(rootfs, accounts.placed)} does not list"
