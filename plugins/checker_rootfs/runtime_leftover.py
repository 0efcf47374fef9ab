"""RFS014: files in directories that are empty or mounted over when a container starts."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Entry, Finding, Rootfs, RootfsEntry, Severity
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE, DIRECTORY, SYMLINK
from checker_rootfs.directories import LEFTOVERS
from checker_rootfs.places import is_windows, place_of, shown

_COVERED = frozenset({"dev", "proc", "sys"})
_QUIET = frozenset({ord(DIRECTORY), ord(SYMLINK)})
_PASSING = ("run/", "tmp/", "var/tmp/", "var/run/")
# Files that engines and builders leave.
_OF_ENGINES = frozenset({"run/.containerenv"})
# The devices that every engine provides, and that debootstrap creates (Linux, devices.txt).
_USUAL_DEVICES = frozenset(
    {(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)},
)


class RuntimeLeftover(Check):
    """A file is in /proc, /sys, /dev, /run or /tmp, which should be empty in an image.

    What it means:
        Engines mount filesystems over /proc, /sys and /dev, so a file with content there, or an
        unusual device, is never visible. /run, /tmp and /var/tmp contain temporary files; files
        there are left over from a build. Directories, symlinks, empty mount points and the devices
        that every container has are accepted. A directory /var/run instead of a link to /run is
        reported too.

    Why it matters:
        The files make the image larger. A regular file /dev/null shows that a build ran without
        devices and wrote into it. Sockets, locks and pid files of the build mislead programs, and
        temporary files often contain data that was not meant to be published.

    How to fix it:
        Remove the files in the step that creates them, or mount a temporary filesystem for the
        step:

            before:  RUN ./build.sh
            after:   RUN --mount=type=tmpfs,target=/tmp ./build.sh

    References:
        - OCI runtime-spec 1.2, config-linux.md, "Default Filesystems" and "Default Devices"
        - Filesystem Hierarchy Standard 3.0, "3.15 /run" and "3.18 /tmp"
        - bootc, container lint, "nonempty-run-tmp" and "var-run"; melange, linter "tempdir", "dev"
    """

    id = "RFS014"
    name = "runtime-leftover"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Search the directories that should be empty."""
        if is_windows(rootfs):
            return
        for row in rootfs.below(*LEFTOVERS):
            if row.layer.entries.kinds[row.position] in _QUIET:
                continue
            entry = row.entry
            problem = _problem(entry)
            if problem is not None:
                yield self._report(rootfs, row, problem)
        directory = rootfs.get("var/run")
        if directory is not None and directory.entry.is_directory and "run" in rootfs:
            yield self._report(rootfs, directory, "is a directory, expected a link to /run")

    def _report(self, rootfs: Rootfs, placed: RootfsEntry, problem: str) -> Finding:
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
            return None if is_usual else f"is a {entry.kind_name}; engines mount over /{top}"
        is_full = entry.is_file and entry.size
        return f"is a file with content; engines mount over /{top}" if is_full else None
    if entry.path.startswith(_PASSING) and entry.path not in _OF_ENGINES:
        return f"is a {entry.kind_name} left over from the build"
    return None
