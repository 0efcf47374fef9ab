"""RFS008: an image whose working directory does not exist or is not a directory."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Config, Finding, Rootfs, Severity
from checker.starting.directories import blocked_directory
from checker.starting.lookup import is_mounted
from checker.starting.process import process_of
from checker_rootfs.command import ConfigCheck
from checker_rootfs.places import is_windows, name_of, shown


class UnusableWorkingDirectory(ConfigCheck):
    """The working directory of an image does not exist or is not a directory.

    What it means:
        WorkingDir in the config leads, symlinks resolved inside the root, to a file, or through
        one: an error. If it does not exist, engines create an empty directory that is owned by
        root: a note.

    Why it matters:
        With a file in its place containers do not start: "not a directory". A missing directory
        often shows that the files in it are missing as well, and a container that does not run as
        root cannot write to it.

    How to fix it:
        Correct WorkingDir, or copy the files. ``WORKDIR`` in a Dockerfile creates the directory
        too:

            WORKDIR /srv/app
            COPY . .

    References:
        - OCI image-spec 1.1, config.md, "WorkingDir"
        - Docker Engine 28, container.SetupWorkingDirectory; runc 1.2, prepareRootfs
    """

    id = "RFS008"
    name = "unusable-working-directory"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Resolve the working directory in the root filesystem."""
        config = rootfs.config
        if config is None or is_windows(rootfs):
            return
        directory = process_of(config).directory
        if not directory or is_mounted(directory):
            return
        obstacle = blocked_directory(rootfs, directory)
        if obstacle is not None:
            yield self._report(
                rootfs,
                config,
                directory,
                f"but {shown(rootfs, obstacle)} is a {obstacle.entry.kind_name}",
            )
        elif not _exists(rootfs, directory):
            yield self._report(
                rootfs,
                config,
                directory,
                "which does not exist; engines create it, empty and owned by root",
                Severity.NOTE,
            )

    def _report(
        self,
        rootfs: Rootfs,
        config: Config,
        directory: str,
        problem: str,
        severity: Severity | None = None,
    ) -> Finding:
        return self.finding(
            config,
            f"{name_of(rootfs)} has the working directory {directory}, {problem}",
            at={"pointer": "/config/WorkingDir", "path": directory.strip("/")},
            severity=severity,
        )


def _exists(rootfs: Rootfs, directory: str) -> bool:
    end = rootfs.follow(directory)
    return end is not None and rootfs.exists(end)
