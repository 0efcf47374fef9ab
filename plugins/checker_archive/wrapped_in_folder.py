"""ARC018: an archive that lies one folder too deep."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive, Kind
from checker.model.names import ROOT_DIRECTORIES

_SURE = 3
_KINDS = frozenset({Kind.WRAPPED, Kind.UNKNOWN})


class WrappedInFolder(Check):
    """Everything lies in one folder.

    What it means:
        The members that make an image, such as `manifest.json` or `index.json`, are not at the top
        of the archive but all in one folder. Or it is a whole root filesystem that lies so; then
        the finding is a warning.

    Why it matters:
        Engines look at the top alone. They refuse the image: Docker up to 28 says "no such file or
        directory" of the folder's `json`, Docker 29 "does not contain a manifest.json", containerd
        "unrecognized image format". Imported, a root filesystem ends up in a folder of the image's
        root, its links broken.

    How to fix it:
        Write the archive from inside the folder: `tar -C FOLDER -cf F.tar .`

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - OCI image-spec 1.1, image-layout.md, "Content"
    """

    id = "ARC018"
    name = "wrapped-in-folder"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """What was found where engines look for it is not too deep."""
        if archive.kind in _KINDS:
            return None
        return f"the archive is of the kind {archive.kind}, with its content at the top"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the folder."""
        folder = archive.members.top_directory
        if folder is None:
            return
        from shlex import quote

        mend = f"tar -xf FILE && tar -C ./{quote(folder)} -cf MENDED ."
        if archive.kind is Kind.WRAPPED:
            yield self.finding(
                archive,
                f"the image lies in the folder {folder}, engines look at the top of the archive",
                at={"member": archive.entries.name(0), "offset": archive.entries.offsets[0]},
                fix=mend,
            )
        elif folder not in ROOT_DIRECTORIES and _holds_root(archive, folder):
            yield self.finding(
                archive,
                f"the root filesystem lies in the folder {folder}; imported, it would be at "
                f"/{folder} of the image",
                at={"member": archive.entries.name(0), "offset": archive.entries.offsets[0]},
                fix=mend,
                severity=Severity.WARNING,
            )


def _holds_root(archive: Archive, folder: str) -> bool:
    """Whether enough folders of a root filesystem lie in a folder."""
    places = archive.entries.by_path.keys() | archive.entries.folders
    return sum(f"{folder}/{name}" in places for name in ROOT_DIRECTORIES) >= _SURE
