"""RFS003: an image whose command is not executable."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Finding, Fix, Rootfs, Severity
from checker.starting.obstacle import Cause, Obstacle
from checker_rootfs.command import START_CONTENT, ConfigCheck, find_obstacles, find_start
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.places import octal


class EntrypointNotExecutable(ConfigCheck):
    """The command of an image is a directory, or a file without execute permission.

    What it means:
        The first word of Entrypoint, or of Cmd, refers to an entry that is not a regular file, or
        to a file without any of the three executable bits. A bare name is reported only if no
        directory of PATH contains an executable file of that name. If the image runs as a user
        other than root, the user or its groups must have permission to execute the file and to
        enter its parent directories, and to read a script.

    Why it matters:
        Every container fails to start with "permission denied", as root too, since the kernel does
        not execute a file without an executable bit.

    How to fix it:
        Set the bit before the build, or while copying. Archives made on Windows, and downloads,
        often lose it. If the command is a directory, name the program in it.

            before:  COPY app /bin/app
            after:   COPY --chmod=755 app /bin/app

    References:
        - OCI image-spec 1.1, config.md, "Entrypoint" and "Cmd"
        - execve(2), EACCES
    """

    id = "RFS003"
    name = "entrypoint-not-executable"
    severity = Severity.ERROR
    since = "0.1.0"
    reads = START_CONTENT
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report a program that cannot be executed."""
        start = find_start(rootfs)
        if start is None:
            return
        for obstacle in find_obstacles(self, rootfs, start, Cause.PERMISSION):
            yield self.finding(
                start.config,
                f'{start.label} starts "{start.program.word}", but {_describe(obstacle)}',
                at={"pointer": start.pointer, "path": obstacle.path},
                fix=_fix(rootfs, obstacle),
            )


def _describe(obstacle: Obstacle) -> str:
    """The reason, with mode and owner of the entry if a permission is missing."""
    found = obstacle.found
    if found is None or not obstacle.permission:
        return obstacle.reason
    entry = found.entry
    owner = f"owner {entry.uid}, group {entry.gid}, layer {found.layer.position}"
    return f"{obstacle.reason} (mode {octal(entry)}, {owner})"


def _fix(rootfs: Rootfs, obstacle: Obstacle) -> Fix | None:
    found, permission = obstacle.found, obstacle.permission
    if found is None or not permission:
        return None
    title = "make it readable" if permission == "r" else "make it executable"
    return fix_in_root(rootfs, title, "chmod", f"+{permission}", f"/{found.path}")
