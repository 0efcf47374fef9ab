"""RFS007: an image that runs as an unknown user or group."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Finding, Rootfs, Severity
from checker.starting.identity import UnknownName, unknown_names
from checker_rootfs.accounts import ACCOUNTS
from checker_rootfs.command import ConfigCheck
from checker_rootfs.places import is_empty, is_windows, name_of, shown


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
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the user and the group of the config."""
        config = rootfs.config
        value = None if config is None else config.settings.get("User")
        if config is None or not isinstance(value, str) or is_windows(rootfs) or is_empty(rootfs):
            return
        for unknown in unknown_names(rootfs, value):
            yield self.finding(
                config,
                f'{name_of(rootfs)} runs as {unknown.what} "{unknown.name}", '
                f"{_describe(rootfs, unknown)}",
                at={"pointer": "/config/User", "path": unknown.path},
                fix=f"create the {unknown.what} in the image, or use its numeric ID",
            )


def _describe(rootfs: Rootfs, unknown: UnknownName) -> str:
    """Why engines do not find a name."""
    if unknown.found is None:
        return f"but the image has no {unknown.path} to look it up in"
    return f"which {shown(rootfs, unknown.found)} does not define"
