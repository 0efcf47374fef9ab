"""ARC017: an image archive whose names begin with ./."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.entries import SPELLINGS
from checker.patterns import pattern
from checker_archive.outer_tar import TarCheck
from checker_archive.scopes import IMAGES

# The spellings with the prefix in question.
_DOTTED = pattern(
    b"[" + bytes(code for code, (prefix, _) in enumerate(SPELLINGS) if prefix == "./") + b"]"
)


class DotSlashNames(TarCheck):
    """The member names of an image archive begin with `./`.

    What it means:
        The members are named `./manifest.json`, `./blobs/…` and so on, where engines write
        `manifest.json`. A root filesystem usually has such names, so they are not reported there.

    Why it matters:
        Engines normalize names before they compare them, so the archive works. Simple tools that
        look for `manifest.json` by its exact name (`tar -xOf F.tar manifest.json`) do not find it,
        and containerd does not find a layer that is listed by the path of a symbolic link.

    How to fix it:
        List the members instead of `.`, or let an engine create the archive:

            tar -C layout -cf image.tar .                  # ./manifest.json
            tar -C layout -cf image.tar $(ls -A layout)    # manifest.json

    References:
        - containerd, core/images/archive/importer.go: path.Clean of names, not of links
        - containers/image, docker/internal/tarfile/reader.go
    """

    id = "ARC017"
    name = "dot-slash-names"
    severity = Severity.NOTE
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is not an image archive, or not a tar."""
        return IMAGES.skip_reason(archive) or super().skip_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the spelling of the names; one finding covers all."""
        entries = archive.entries
        found = [match.start() for match in _DOTTED.finditer(entries.spellings)]
        found = [position for position in found if entries.paths[position]]
        if found:
            first = entries.name(found[0])
            yield self.finding(
                archive,
                f"{len(found)} of {len(entries)} names begin with ./, the first is {first}; "
                "engines normalize names, tools that look for an exact name do not find it",
                at={"member": first, "offset": entries.offsets[found[0]]},
            )
