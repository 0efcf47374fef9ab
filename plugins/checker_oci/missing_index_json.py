"""OCI004: an image layout without the file index.json."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.names import INDEX_JSON
from checker_oci.documents import WholeLayoutCheck


class MissingIndexJson(WholeLayoutCheck):
    """An OCI image layout has no file ``index.json``.

    What it means:
        ``index.json`` lists the images of a layout and is the entry point to all other content.
        Here it is not in the archive, or it is not a regular file.

    Why it matters:
        Engines cannot find an image without it: containerd reports ``missing index.json in OCI
        layout 1.0.0``, Podman and skopeo that they cannot open it. An archive that also contains a
        ``manifest.json`` can still be loaded by some engines.

    How to fix it:
        Create the archive again. It must contain ``oci-layout``, ``index.json`` and ``blobs`` at
        the top level:

            tar -C layout -cf image.tar oci-layout index.json blobs

    References:
        - OCI image-spec 1.1, image-layout.md, "Content" and "index.json file"
        - containerd 2, core/images/archive/importer.go, ImportIndex
    """

    id = "OCI004"
    name = "missing-index-json"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the file."""
        if archive.members.find(INDEX_JSON) is None:
            yield self.finding(
                archive,
                "the archive is an image layout without the file index.json; engines cannot find "
                "an image in it",
                at={"member": INDEX_JSON},
            )
        elif archive.members.blob(INDEX_JSON) is None:
            yield self.finding(
                archive,
                "index.json is not a regular file; engines cannot find an image in the layout",
                at={"member": INDEX_JSON},
            )
