"""RFS008: an image whose working directory is not there, or is no directory."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.image import Config
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.command import is_mounted, why_skipped, working_directory
from checker_rootfs.places import is_windows, name_of, shown


class UnusableWorkingDirectory(Check):
    """The working directory of an image is no directory, or not in its root filesystem.

    What it means:
        WorkingDir in the config leads, symlinks followed inside the root, to a file, or through
        one; that is an error. If nothing is there, engines make an empty directory that belongs to
        root; that is a note.

    Why it matters:
        With a file in its place no container starts: "not a directory". A directory that has to be
        made often tells that what was to lie in it is missing as well, and a container that does
        not run as root cannot write into it.

    How to fix it:
        Correct WorkingDir (``WORKDIR`` in a Dockerfile makes the directory too), or copy the files
        that belong there.

    References:
        - OCI image-spec 1.1, config.md, "WorkingDir"
        - Docker Engine 28, container.SetupWorkingDirectory; runc 1.2, prepareRootfs
    """

    id = "RFS008"
    name = "unusable-working-directory"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Only images have a working directory."""
        return why_skipped(archive)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Follow the working directory into the root."""
        config = rootfs.config
        if config is None or is_windows(rootfs):
            return
        folder = working_directory(config)
        if not folder or is_mounted(folder):
            return
        obstacle = _obstacle(rootfs, folder)
        if obstacle is not None:
            yield self._report(
                rootfs,
                config,
                folder,
                f"but {shown(rootfs, obstacle)} is a {obstacle.entry.kind_name}",
            )
        elif not _is_there(rootfs, folder):
            yield self._report(
                rootfs,
                config,
                folder,
                "which the image does not have: engines make it, empty and owned by root",
                Severity.NOTE,
            )

    def _report(
        self,
        rootfs: Rootfs,
        config: Config,
        folder: str,
        problem: str,
        severity: Severity | None = None,
    ) -> Finding:
        return self.finding(
            config,
            f"{name_of(rootfs)} works in {folder}, {problem}",
            at={"pointer": "/config/WorkingDir", "path": folder.strip("/")},
            severity=severity,
        )


def _obstacle(rootfs: Rootfs, folder: str) -> Placed | None:
    """What is no directory on the way to a folder, links followed."""
    parts = folder.strip("/").split("/")
    for count in range(1, len(parts) + 1):
        found = rootfs.resolve("/".join(parts[:count]))
        if found is not None and not found.entry.is_directory:
            return found
    return None


def _is_there(rootfs: Rootfs, folder: str) -> bool:
    end = rootfs.follow(folder)
    return end is not None and rootfs.holds(end)
