"""ARC019: an image archive inside a tar."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive


class NestedArchive(Check):
    """An image archive lies inside the archive.

    What it means:
        The tar is no image itself; a member of it is an image archive.

    Why it matters:
        Engines do not look into members, so all of them refuse to load it. `docker import` and
        `podman import` take it, and make an image with nothing in its root but the archive.

    How to fix it:
        Take the archive out first, and load that.

    References:
        - Docker, image/tarexport/load.go: manifest.json at the top
        - OCI image-spec 1.1, image-layout.md, "Content"
    """

    id = "ARC019"
    name = "nested-archive"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for members that are image archives."""
        if not archive.nested_images:
            return
        from shlex import quote

        entries = archive.entries
        for position in archive.nested_images:
            name = entries.name(position)
            yield self.finding(
                archive,
                f"{name} is an image archive inside the archive, no engine looks into it",
                at={"member": name, "offset": entries.offsets[position]},
                fix=f"tar -xOf FILE -- {quote(name)} > MENDED",
            )
