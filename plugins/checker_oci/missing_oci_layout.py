"""OCI001: an image layout without the file that says that it is one."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.names import OCI_LAYOUT
from checker_oci.documents import WholeLayoutCheck


class MissingOciLayout(WholeLayoutCheck):
    """An OCI image layout has no file ``oci-layout``.

    What it means:
        The file ``oci-layout`` marks the top of an image layout and gives its version. Here the
        rest of a layout is there, but not this file.

    Why it matters:
        The specification requires it. containerd goes by it: without it, ``ctr image import`` and
        ``docker load`` on the containerd image store see no image, unless there is a
        ``manifest.json`` as well, and then they read only that. Podman and skopeo never look at
        it, so the same file works with one engine and not with another.

    How to fix it:
        Add a file ``oci-layout`` with the content ``{"imageLayoutVersion": "1.0.0"}`` beside
        ``index.json``, or write the archive again and leave no file out.

    References:
        - OCI image-spec 1.1, image-layout.md, "Content" and "oci-layout file"
        - containerd 2, core/images/archive/importer.go, ImportIndex
    """

    id = "OCI001"
    name = "missing-oci-layout"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the file."""
        if archive.members.find(OCI_LAYOUT) is None:
            yield self.finding(
                archive,
                "the archive holds an image layout, but not the file oci-layout; containerd takes "
                "it for no layout, Podman and skopeo read it all the same",
                at={"member": OCI_LAYOUT},
                fix='add oci-layout with the content {"imageLayoutVersion": "1.0.0"}',
            )
        elif archive.members.blob(OCI_LAYOUT) is None:
            yield self.finding(
                archive,
                "oci-layout is not a regular file, so it says no version of the image layout",
                at={"member": OCI_LAYOUT},
            )
