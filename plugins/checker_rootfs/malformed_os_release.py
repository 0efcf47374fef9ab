"""RFS022: a malformed os-release, or a package database without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker import Check, ContentRequest, Finding, Rootfs, RootfsEntry, Severity
from checker_rootfs.places import is_windows, name_of, place_of, shown

_PATHS = ("etc/os-release", "usr/lib/os-release")
_PACKAGES = ("var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed")
_RPM = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")


class MalformedOsRelease(Check):
    """The os-release file is malformed, has no ID, or is missing although there are packages.

    What it means:
        etc/os-release (or usr/lib/os-release) identifies the distribution. Its lines are shell
        assignments. Reported are lines that are not assignments, unquoted values with spaces,
        unclosed quotes, and a file without ID. A root filesystem with the package database of dpkg,
        apk or rpm, but without os-release, is a note; without packages the file is not needed.

    Why it matters:
        Vulnerability scanners and installers read the distribution and its version from this file.
        If they cannot, they assume an image without packages and report no vulnerabilities.

    How to fix it:
        Keep the file of the base image (package ``base-files``, ``alpine-release``,
        ``fedora-release`` and so on), or write at least ID and VERSION_ID:

            before:  NAME=My Linux
            after:   NAME="My Linux"
                     ID=mylinux
                     VERSION_ID="1.0"

    References:
        - os-release(5)
    """

    id = "RFS022"
    name = "malformed-os-release"
    severity = Severity.WARNING
    since = "0.1.0"
    reads = (ContentRequest(paths=frozenset(_PATHS), limit=16 * 1024),)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the file that programs would read."""
        if is_windows(rootfs):
            return
        placed = next((found for path in _PATHS if (found := rootfs.resolve(path))), None)
        if placed is None:
            yield from self._check_missing(rootfs)
            return
        file = rootfs.file_of(placed)
        content = None if file is None else rootfs.content(file)
        if file is None or content is None or len(content) < file.entry.size:
            return
        for problem, severity in _problems(content.decode("utf-8", "surrogateescape")):
            yield self._report(rootfs, placed, problem, severity)

    def _check_missing(self, rootfs: Rootfs) -> Iterator[Finding]:
        database = next((path for path in (*_PACKAGES, *_RPM) if rootfs.resolve(path)), None)
        if database is not None:
            yield self.finding(
                rootfs,
                f"{name_of(rootfs)} has packages ({database}), but no {_PATHS[0]} to identify the "
                "distribution",
                at={"path": _PATHS[0]},
                severity=Severity.NOTE,
            )

    def _report(
        self, rootfs: Rootfs, placed: RootfsEntry, problem: str, severity: Severity
    ) -> Finding:
        return self.finding(
            placed.layer,
            f"{shown(rootfs, placed)}{problem}",
            at=place_of(rootfs, placed.entry),
            severity=severity,
        )


def _problems(text: str) -> Iterator[tuple[str, Severity]]:
    names: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _assignment().fullmatch(line.rstrip(" \t"))
        if match is None:
            yield f', line {number}: "{line}" is not an assignment', Severity.WARNING
        else:
            names.add(match[1])
    if "ID" not in names:
        yield " has no ID, which identifies the distribution", Severity.NOTE


@cache
def _assignment() -> re.Pattern[str]:
    quoted = r'"(?:[^"\\]|\\.)*"' + r"|'[^']*'"
    return re.compile(rf"\s*([A-Za-z_][A-Za-z0-9_]*)=(?:{quoted}|[^\s\"'$`;&|<>()]*)")
