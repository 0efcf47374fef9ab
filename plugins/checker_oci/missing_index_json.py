"""OCI004: an image layout without its entry point."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.names import INDEX_JSON
from checker_oci.documents import WholeLayoutCheck


class MissingIndexJson(WholeLayoutCheck):
    """An OCI image layout has no file ``index.json``.

    What it means:
        ``index.json`` lists the images of a layout; everything else is found from there. Here it
        is not in the archive, or it is no regular file.

    Why it matters:
        No engine finds an image without it: containerd says ``missing index.json in OCI layout
        1.0.0``, Podman and skopeo that they cannot open it. An archive that has a
        ``manifest.json`` as well can still be loaded by some engines.

    How to fix it:
        Write the archive again. A tar made of a layout must hold ``oci-layout``, ``index.json``
        and ``blobs`` at its top: ``tar -C layout -cf image.tar .``

    References:
        - OCI image-spec 1.1, image-layout.md, "Content" and "index.json file"
        - containerd 2, core/images/archive/importer.go, ImportIndex
    """

    id = "OCI004"
    name = "missing-index-json"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the file."""
        if archive.members.find(INDEX_JSON) is None:
            yield self.finding(
                archive,
                "the archive holds an image layout, but not the file index.json, so no engine "
                "finds an image in it",
                at={"member": INDEX_JSON},
            )
        elif archive.members.blob(INDEX_JSON) is None:
            yield self.finding(
                archive,
                "index.json is not a regular file, so no engine finds an image in the layout",
                at={"member": INDEX_JSON},
            )
