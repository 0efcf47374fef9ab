"""RFS007: an image that runs as an unknown user or group."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker import Finding, Rootfs, Severity
from checker_rootfs.accounts import ACCOUNTS, GROUP, PASSWD, read_accounts
from checker_rootfs.command import ConfigCheck
from checker_rootfs.places import is_empty, is_windows, name_of, shown

_NUMBER = r"[+-]?[0-9]+"


class UnknownUser(ConfigCheck):
    """The config names a user or group that is not defined in the root filesystem.

    What it means:
        User in the config gives the user, or user and group, by name. Engines look up the name in
        etc/passwd and etc/group of the image, and it is not defined, or the file is missing.
        Numeric IDs need no entry and are accepted. Images for Windows, and account files that are
        links to paths outside the image, are ignored.

    Why it matters:
        Containers do not start: "unable to find user app: no matching entries in passwd file". This
        applies to ``root`` too, in an image without etc/passwd.

    How to fix it:
        Create the user in a build step, copy etc/passwd and etc/group into an image that is built
        from scratch, or use numeric IDs:

            before:  USER app
            after:   USER 1000:1000

    References:
        - OCI image-spec 1.1, config.md, "User"
        - moby/sys/user, GetExecUser, which Docker, containerd and podman look users up with
    """

    id = "RFS007"
    name = "unknown-user"
    severity = Severity.ERROR
    since = "0.1.0"
    reads = (ACCOUNTS,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the user and the group of the config."""
        config = rootfs.config
        value = None if config is None else config.settings.get("User")
        if config is None or not isinstance(value, str) or is_windows(rootfs) or is_empty(rootfs):
            return
        user, _, group = value.partition(":")
        for what, name, path in (("user", user, PASSWD), ("group", group, GROUP)):
            problem = _problem(rootfs, name, path)
            if problem is not None:
                yield self.finding(
                    config,
                    f'{name_of(rootfs)} runs as {what} "{name}", {problem}',
                    at={"pointer": "/config/User", "path": path},
                    fix=f"create the {what} in the image, or use its numeric ID",
                )


def _problem(rootfs: Rootfs, name: str, path: str) -> str | None:
    """Why engines do not find a name in an account file; None if they may find it."""
    if not name or re.fullmatch(_NUMBER, name):
        return None
    accounts = read_accounts(rootfs, path)
    if accounts is None:
        # A link may lead to a file that the runtime provides.
        dangles = rootfs.get(path) is not None and rootfs.resolve(path) is None
        return None if dangles else f"but the image has no {path} to look it up in"
    if accounts.names is None or name in accounts.names:
        return None
    return f"which {shown(rootfs, accounts.placed)} does not define"
