"""OCI001: an image layout without the file oci-layout."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, DocumentEdit, Finding, Fix, Severity
from checker.model.names import OCI_LAYOUT
from checker_oci.documents import WholeLayoutCheck
from checker_oci.unsupported_layout_version import VERSION


class MissingOciLayout(WholeLayoutCheck):
    """An OCI image layout has no file ``oci-layout``.

    What it means:
        The file ``oci-layout`` marks the root of an image layout and contains its version. Here the
        other files of a layout exist, but this file is missing.

    Why it matters:
        The specification requires it. containerd relies on it: without it, ``ctr image import`` and
        ``docker load`` on the containerd image store do not find an image, unless the archive also
        contains a ``manifest.json``, which they read instead. Podman and skopeo ignore the file, so
        the same archive works with one engine and fails with another.

    How to fix it:
        Add a file ``oci-layout`` next to ``index.json``, or create the archive again with all
        files:

            echo '{"imageLayoutVersion": "1.0.0"}' > layout/oci-layout
            tar -C layout -cf image.tar oci-layout index.json blobs

    References:
        - OCI image-spec 1.1, image-layout.md, "Content" and "oci-layout file"
        - containerd 2, core/images/archive/importer.go, ImportIndex
    """

    id = "OCI001"
    name = "missing-oci-layout"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the file."""
        if archive.members.find(OCI_LAYOUT) is None:
            yield self.finding(
                archive,
                "the archive is an image layout without the file oci-layout; containerd does not "
                "recognize the layout, Podman and skopeo read it",
                at={"member": OCI_LAYOUT},
                fix=Fix(
                    "add the file", DocumentEdit(OCI_LAYOUT, "", {"imageLayoutVersion": VERSION})
                ),
            )
        elif archive.members.blob(OCI_LAYOUT) is None:
            yield self.finding(
                archive,
                "oci-layout is not a regular file; the version of the image layout is unknown",
                at={"member": OCI_LAYOUT},
            )
