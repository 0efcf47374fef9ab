"""OCI014: an image layout without the folder of its blobs."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_oci.documents import WholeLayoutCheck


class MissingBlobsDirectory(WholeLayoutCheck):
    """An OCI image layout has no folder ``blobs``.

    What it means:
        The content of a layout lies in the folder ``blobs``. It may be empty, but it has to be
        there. Here it is not, or something else has that name. (In a tar, files under ``blobs``
        will do, without an entry for the folder itself.)

    Why it matters:
        There is no content, so no image can be loaded; tools that write into the layout fail.

    How to fix it:
        Write the archive again with everything that is in the layout: ``tar -C layout -cf
        image.tar .``

    References:
        - OCI image-spec 1.1, image-layout.md, "Content"
    """

    id = "OCI014"
    name = "missing-blobs-folder"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the folder, or anything in it."""
        if any(path.startswith("blobs/") for path in archive.entries.by_path):
            return
        entry = archive.members.find("blobs")
        if entry is None or not entry.is_directory:
            what = "is missing" if entry is None else "is no folder"
            yield self.finding(
                archive,
                f"the archive holds an image layout, but blobs {what}, where its content belongs",
                at={"member": "blobs"},
            )
