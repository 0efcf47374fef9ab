"""ARC019: an image archive inside a tar."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Command, Finding, Fix, Severity
from checker.model.shell import quote_member


class NestedArchive(Check):
    """The archive contains an image archive as a member.

    What it means:
        The tar itself is not an image; one of its members is an image archive.

    Why it matters:
        Engines do not look into members, so all of them refuse to load it. `docker import` and
        `podman import` accept it and create an image whose only file is the archive.

    How to fix it:
        Extract the inner archive and load that:

            tar -xOf bundle.tar image.tar > image.tar
            docker load -i image.tar

    References:
        - Docker, image/tarexport/load.go: manifest.json at the top level
        - OCI image-spec 1.1, image-layout.md, "Content"
    """

    id = "ARC019"
    name = "nested-archive"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for members that are image archives."""
        if not archive.nested_images:
            return
        entries = archive.entries
        for position in archive.nested_images:
            name = entries.name(position)
            yield self.finding(
                archive,
                f"{name} is an image archive inside the archive; engines do not look into members",
                at={"member": name, "offset": entries.offsets[position]},
                fix=_fix(archive, name),
            )


def _fix(archive: Archive, name: str) -> Fix:
    command = Command(f"tar -xOf FILE -- {quote_member(name)} > FIXED")
    return Fix("extract the image archive", command if archive.is_read_to_end else None)
