"""RFS010: symlinks that lead nowhere, in circles, or out of the root."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.entries import SYMLINK, clean_path, climbs_out
from checker.model.rootfs import Placed, Rootfs, Row
from checker_rootfs.command import is_mounted
from checker_rootfs.folders import LIBRARIES, PROGRAMS
from checker_rootfs.places import is_windows, place_of, shown

_GRAVE = frozenset({*("bin", "sbin", "lib", "usr", "etc", "var"), "bin/sh", "usr/bin/env"})
# Packages of base files bring lib64 before anything lies where it leads.
_OF_WEIGHT = frozenset(
    {"lib64", "etc/os-release", "etc/passwd", "etc/group", "etc/ssl/cert.pem"},
)
_CERTIFICATES = "etc/ssl/certs"
# Time is bounded: a root of millions of links that all lead elsewhere is not followed to its end.
_LINKS = 50_000
_FOLLOWED = 3000


class BrokenSymlink(Check):
    """A symlink leads to nothing, to itself, or out of the root filesystem.

    What it means:
        Links are followed inside the root as in a container. Reported are links that dangle at
        places that matter: base folders such as /bin and /lib, and /bin/sh (warnings), /lib64,
        programs in the folders of PATH, shared libraries, certificates and account files (notes,
        since images without a loader or a shell may have such a link); links that
        form a loop; and links with more ``..`` than they are deep, which lead out of the root
        wherever it is unpacked and are held back in a container alone (notes). Links to /proc,
        /sys, /dev and /run pass, which engines fill.

    Why it matters:
        A program that is called through such a link is "not found", though a list of the folder
        shows it. With a base folder that dangles hardly anything starts. A link that climbs out of
        the root reaches files of the host for every tool that works on the unpacked tree.

    How to fix it:
        Copy the target along with the link, or delete the link. Make links relative to where they
        lie, or absolute as seen from inside the image, not from the machine it was built on.

    References:
        - symlink(7), path_resolution(7)
        - Filesystem Hierarchy Standard 3.0, chapter 3
    """

    id = "RFS010"
    name = "broken-symlink"
    severity = Severity.NOTE

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at where each link leads; follow those that seem to lead nowhere."""
        if is_windows(rootfs):
            return
        dangling: list[tuple[Row, str]] = []
        for row, climbs in islice(_suspects(rootfs), _FOLLOWED):
            end = rootfs.follow(row.path)
            if end is None:
                severity = _weight(row.path) or Severity.NOTE
                yield self._report(rootfs, row, "that leads in a circle", severity)
            elif climbs:
                link = row.entry.linkname
                problem = f"to {link}, which climbs out of the root filesystem"
                yield self._report(rootfs, row, problem)
            elif _weight(row.path) is not None and end not in rootfs and not _is_filled(end):
                dangling.append((row, end))
        held = rootfs.held(end for _, end in dangling)
        for row, end in dangling:
            if end not in held:
                problem = f"that leads to /{end}, where nothing is"
                yield self._report(rootfs, row, problem, _weight(row.path) or Severity.NOTE)

    def _report(
        self, rootfs: Rootfs, row: Row, problem: str, severity: Severity = Severity.NOTE
    ) -> Finding:
        entry = row.entry
        place = shown(rootfs, Placed(row.layer, entry))
        return self.finding(
            row.layer,
            f"{place} is a symlink {problem}",
            at=place_of(rootfs, entry),
            severity=severity,
        )


def _suspects(rootfs: Rootfs) -> Iterator[tuple[Row, bool]]:
    """Links that may be broken, each with whether it climbs too far."""
    links = {row.path: row for row in islice(rootfs.of_kind(SYMLINK), _LINKS)}
    for path, row in links.items():
        target, climbs = _target(path, row.layer.entries.linknames.get(row.position, ""))
        is_sound = not climbs and target not in links and target in rootfs
        if not is_sound and not is_mounted(path):
            yield row, climbs


def _target(path: str, link: str) -> tuple[str, bool]:
    """Where a link leads by its text alone: a cleaned path, and whether it climbs too far."""
    if link.startswith("/"):
        return _clean(link[1:]), False
    folder = path.rpartition("/")[0]
    rest = link
    # Most links climb at their beginning only, if at all.
    while rest.startswith("../") and folder:
        folder = folder.rpartition("/")[0]
        rest = rest[3:]
    joined = f"{folder}/{rest}" if folder else rest
    return _clean(joined), climbs_out(joined)


def _clean(path: str) -> str:
    is_clean = ".." not in path and "./" not in path and "//" not in path
    return path if is_clean and path[-1:] not in ("/", ".") else clean_path(path)


def _weight(path: str) -> Severity | None:
    """How much a link that dangles matters at its place; None if it does not."""
    if path in _GRAVE:
        return Severity.WARNING
    folder, _, base = path.rpartition("/")
    if path in _OF_WEIGHT or folder in PROGRAMS or folder == _CERTIFICATES:
        return Severity.NOTE
    is_library = folder.startswith(LIBRARIES) and (base.endswith(".so") or ".so." in base)
    return Severity.NOTE if is_library else None


def _is_filled(path: str) -> bool:
    """Whether a path lies where engines or the system in the image put things at run time."""
    return is_mounted(path) or path == "run" or path.startswith("run/")
