"""RFS010: symlinks that dangle, loop, or escape the root."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from checker import Check, Finding, Rootfs, RootfsEntry, Severity
from checker.checks.turns import Turns
from checker.model.entries import SYMLINK, clean_path, climbs_out
from checker.starting.lookup import is_mounted
from checker_rootfs.directories import LIBRARIES, PROGRAMS
from checker_rootfs.places import is_windows, place_of, shown

_ESSENTIAL = frozenset({*("bin", "sbin", "lib", "usr", "etc", "var"), "bin/sh", "usr/bin/env"})
# Packages of base files create lib64 before its target exists.
_IMPORTANT = frozenset(
    {"lib64", "etc/os-release", "etc/passwd", "etc/group", "etc/ssl/cert.pem"},
)
_CERTIFICATES = "etc/ssl/certs"
# Limits of time: in a root of millions of links not all are followed.
_LOOKUPS_OF_LINK, _LOOKUPS_OF_SUSPECT = 2, 30
_LEFT_OUT = "not all symlinks were followed"


class BrokenSymlink(Check):
    """A symlink dangles, loops, or escapes the root filesystem.

    What it means:
        Links are resolved inside the root as in a container. Reported are dangling links at
        important paths: base directories such as /bin and /lib, and /bin/sh (warnings), /lib64,
        programs in the directories of PATH, shared libraries, certificates and account files
        (notes, since images without a loader or a shell may have such links); links that form a
        loop; and links with more ``..`` than their depth, which escape the root wherever it is
        unpacked and are only contained in a container (notes). Links to /proc, /sys, /dev and /run
        are accepted; engines provide their targets.

    Why it matters:
        A program that is called through such a link is "not found", although it is listed in its
        directory. With a dangling base directory hardly any program starts. A link that escapes the
        root refers to files of the host for every tool that works on the unpacked tree.

    How to fix it:
        Copy the target together with the link, or delete the link. Make links relative, or absolute
        as seen from inside the image, not from the build host:

            before:  /usr/bin/app -> /home/me/rootfs/opt/app/app
            after:   /usr/bin/app -> ../../opt/app/app

    References:
        - symlink(7), path_resolution(7)
        - Filesystem Hierarchy Standard 3.0, chapter 3
    """

    id = "RFS010"
    name = "broken-symlink"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the target of each link; resolve those that seem to be broken."""
        if is_windows(rootfs):
            return
        dangling: list[tuple[RootfsEntry, str]] = []
        for row, climbs in Turns(self, _LEFT_OUT, _LOOKUPS_OF_SUSPECT).take(
            _suspects(rootfs, Turns(self, _LEFT_OUT, _LOOKUPS_OF_LINK))
        ):
            end = rootfs.follow(row.path)
            if end is None:
                severity = _weight(row.path) or Severity.NOTE
                yield self._report(rootfs, row, "that forms a loop", severity)
            elif climbs:
                link = row.entry.linkname
                problem = f"to {link}, which escapes the root filesystem"
                yield self._report(rootfs, row, problem)
            elif _weight(row.path) is not None and end not in rootfs and not _is_filled(end):
                dangling.append((row, end))
        held = rootfs.existing(end for _, end in dangling)
        for row, end in dangling:
            if end not in held:
                problem = f"that leads to /{end}, which does not exist"
                yield self._report(rootfs, row, problem, _weight(row.path) or Severity.NOTE)

    def _report(
        self, rootfs: Rootfs, row: RootfsEntry, problem: str, severity: Severity = Severity.NOTE
    ) -> Finding:
        entry = row.entry
        place = shown(rootfs, row)
        return self.finding(
            row.layer,
            f"{place} is a symlink {problem}",
            at=place_of(rootfs, entry),
            severity=severity,
        )


def _suspects(rootfs: Rootfs, turns: Turns) -> Iterator[tuple[RootfsEntry, bool]]:
    """Links that may be broken, each with whether it escapes the root."""
    links = {path: (row, target) for row, path, target in _links(rootfs, turns)}
    for path, (row, link) in links.items():
        target, climbs = _target(path, link)
        is_sound = not climbs and target not in links and target in rootfs
        if not is_sound and not is_mounted(path):
            yield row, climbs


def _links(rootfs: Rootfs, turns: Turns) -> Iterator[tuple[RootfsEntry, str, str]]:
    """The links, with their paths and targets."""
    for _, rows in groupby(turns.take(rootfs.of_kind(SYMLINK)), lambda row: id(row.layer)):
        of_layer = tuple(rows)
        entries = of_layer[0].layer.entries
        paths, linknames = entries.paths, entries.linknames
        for row in of_layer:
            yield row, paths[row.position], linknames.get(row.position, "")


def _target(path: str, link: str) -> tuple[str, bool]:
    """The target of a link by its text alone: a cleaned path, and whether it escapes the root."""
    if link.startswith("/"):
        return _clean(link[1:]), False
    directory, slash, _ = path.rpartition("/")
    if ".." not in link:
        return _clean(f"{directory}{slash}{link}"), False
    rest = link
    # Most links have ".." only at their beginning, if at all.
    while rest.startswith("../") and directory:
        directory = directory.rpartition("/")[0]
        rest = rest[3:]
    joined = f"{directory}/{rest}" if directory else rest
    return _clean(joined), climbs_out(joined)


def _clean(path: str) -> str:
    is_clean = ".." not in path and "./" not in path and "//" not in path
    return path if is_clean and path[-1:] not in ("/", ".") else clean_path(path)


def _weight(path: str) -> Severity | None:
    """The severity of a dangling link at a path; None if it does not matter there."""
    if path in _ESSENTIAL:
        return Severity.WARNING
    directory, _, base = path.rpartition("/")
    if path in _IMPORTANT or directory in PROGRAMS or directory == _CERTIFICATES:
        return Severity.NOTE
    is_library = directory.startswith(LIBRARIES) and (base.endswith(".so") or ".so." in base)
    return Severity.NOTE if is_library else None


def _is_filled(path: str) -> bool:
    """Whether engines or the system in the image create the path at run time."""
    return is_mounted(path) or path == "run" or path.startswith("run/")
