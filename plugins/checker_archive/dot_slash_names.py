"""ARC017: an image archive whose names begin with ./."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import IMAGE_KINDS, Archive
from checker.model.entries import SPELLINGS
from checker_archive._outer import folder_reason


class DotSlashNames(Check):
    """The names of an image archive begin with `./`.

    What it means:
        The members are called `./manifest.json`, `./blobs/…` and so on, as `tar -C FOLDER -cf F.tar
        .` writes them, where engines write `manifest.json`. In a root filesystem that is normal and
        not reported.

    Why it matters:
        Engines clean names before they compare them, so the archive works. Simple tools that look
        for `manifest.json` by its exact name (`tar -xOf F.tar manifest.json`) do not find it, and
        containerd does not find a layer that is listed by the path of a symbolic link.

    How to fix it:
        Name the members: `tar -C FOLDER -cf F.tar $(ls -A FOLDER)`, or let an engine write the
        archive.

    References:
        - containerd, core/images/archive/importer.go: path.Clean of names, not of links
        - containers/image, docker/internal/tarfile/reader.go
    """

    id = "ARC017"
    name = "dot-slash-names"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Root filesystems are written so."""
        if archive.kind not in IMAGE_KINDS:
            return "the archive is no image archive"
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at how the names are spelled; one finding stands for all."""
        entries = archive.entries
        found = [match.start() for match in _dotted().finditer(entries.spellings)]
        found = [position for position in found if entries.paths[position]]
        if found:
            first = entries.name(found[0])
            yield self.finding(
                archive,
                f"{len(found)} of {len(entries)} names begin with ./, the first is {first}; "
                "engines clean them, tools that look for exact names do not",
                at={"member": first, "offset": entries.offsets[found[0]]},
            )


@cache
def _dotted() -> re.Pattern[bytes]:
    """The spellings with the prefix in question."""
    return re.compile(
        b"[" + bytes(code for code, (prefix, _) in enumerate(SPELLINGS) if prefix == "./") + b"]"
    )
