"""RFS014: files in folders that are empty, or covered, when a container starts."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    SYMLINK,
    Entry,
)
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.folders import LEFTOVERS
from checker_rootfs.places import is_windows, place_of, shown

_COVERED = frozenset({"dev", "proc", "sys"})
_QUIET = frozenset({ord(DIRECTORY), ord(SYMLINK)})
_PASSING = ("run/", "tmp/", "var/tmp/", "var/run/")
# What engines and builders leave behind themselves.
_OF_ENGINES = frozenset({"run/.containerenv"})
# The devices that every engine provides, and that debootstrap makes (Linux, devices.txt).
_USUAL_DEVICES = frozenset(
    {(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)},
)


class RuntimeLeftover(Check):
    """A file lies in /proc, /sys, /dev, /run or /tmp, where nothing in an image belongs.

    What it means:
        Over /proc, /sys and /dev engines mount filesystems of their own, so that a file with
        content there, or a device beyond the usual ones, is never seen. /run, /tmp and /var/tmp
        hold what lasts until the next start; files there are left over from a build. Folders,
        symlinks, empty mount points and the devices that every container has pass. /var/run as a
        folder, where a link to /run belongs, is reported too.

    Why it matters:
        The files only make the image larger. A regular /dev/null tells that a build ran without
        devices and wrote into it. Sockets, locks and pid files of the build mislead programs that
        look for their own, and temporary files often hold what was not meant to be published.

    How to fix it:
        Remove the files in the step that makes them, or mount the folder for it (``RUN
        --mount=type=tmpfs,target=/tmp``).

    References:
        - OCI runtime-spec 1.2, config-linux.md, "Default Filesystems" and "Default Devices"
        - Filesystem Hierarchy Standard 3.0, "3.15 /run" and "3.18 /tmp"
        - bootc, container lint, "nonempty-run-tmp" and "var-run"; melange, linter "tempdir", "dev"
    """

    id = "RFS014"
    name = "runtime-leftover"
    severity = Severity.NOTE

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look through the folders that are to be empty."""
        if is_windows(rootfs):
            return
        for row in rootfs.below(*LEFTOVERS):
            if row.layer.entries.kinds[row.position] in _QUIET:
                continue
            entry = row.entry
            problem = _problem(entry)
            if problem is not None:
                yield self._report(rootfs, Placed(row.layer, entry), problem)
        folder = rootfs.get("var/run")
        if folder is not None and folder.entry.is_directory and "run" in rootfs:
            yield self._report(rootfs, folder, "is a folder, where a link to /run belongs")

    def _report(self, rootfs: Rootfs, placed: Placed, problem: str) -> Finding:
        return self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} {problem}",
            at=place_of(rootfs, placed.entry),
        )


def _problem(entry: Entry) -> str | None:
    top = entry.path.partition("/")[0]
    if top in _COVERED:
        if entry.kind in (CHARACTER_DEVICE, BLOCK_DEVICE):
            is_usual = entry.kind == CHARACTER_DEVICE and entry.device in _USUAL_DEVICES
            return None if is_usual else f"is a {entry.kind_name}, over which engines mount /{top}"
        is_full = entry.is_file and entry.size
        return f"is a file with content, over which engines mount /{top}" if is_full else None
    if entry.path.startswith(_PASSING) and entry.path not in _OF_ENGINES:
        return f"is a {entry.kind_name}, left over where nothing outlasts a start"
    return None
