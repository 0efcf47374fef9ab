"""OCI014: an image layout without the directory blobs."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.typing_names import ClassVar
from checker_oci.documents import WholeLayoutCheck


class MissingBlobsDirectory(WholeLayoutCheck):
    """An OCI image layout has no directory ``blobs``.

    What it means:
        The content of a layout is in the directory ``blobs``, which may be empty but must exist.
        Here it is missing, or ``blobs`` is not a directory. In a tar, files in ``blobs`` are
        sufficient, without an entry for the directory itself.

    Why it matters:
        The layout has no content, so an image cannot be loaded; tools that write to the layout
        fail.

    How to fix it:
        Create the archive again with all files of the layout:

            tar -C layout -cf image.tar oci-layout index.json blobs

    References:
        - OCI image-spec 1.1, image-layout.md, "Content"
    """

    id = "OCI014"
    name = "missing-blobs-directory"
    aliases: ClassVar[tuple[str, ...]] = ("missing-blobs-folder",)
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the directory, or anything in it."""
        if any(path.startswith("blobs/") for path in archive.entries.by_path):
            return
        entry = archive.members.find("blobs")
        if entry is None or not entry.is_directory:
            what = "is missing" if entry is None else "is not a directory"
            yield self.finding(
                archive,
                f"the archive is an image layout, but blobs {what}; the layout has no content"
                f"{_why(archive)}",
                at={"member": "blobs"},
            )


def _why(archive: Archive) -> str:
    """What to add if all blobs have names with backslashes."""
    names = (path for path in archive.entries.by_path if path.startswith("blobs\\"))
    name = next(names, None)
    return "" if name is None else f"; names such as {name} were written on Windows"
