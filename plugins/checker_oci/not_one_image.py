"""OCI026: a layout that does not list exactly one image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.image import items, mapping
from checker.model.names import INDEX_JSON
from checker_oci.documents import LayoutCheck


class NotOneImage(LayoutCheck):
    """``index.json`` lists no image, or more than one.

    What it means:
        A layout may hold any number of images. Here ``index.json`` has several descriptors (each
        tag is one, and so is each platform, unless a nested index gathers them), or none at all.

    Why it matters:
        Podman and skopeo read an OCI archive without being told a name only if there is exactly
        one: ``more than one image in oci, choose an image``. In an archive that has a
        ``manifest.json`` as well, as those of ``docker save``, Podman goes on with that.

    How to fix it:
        Name the image: ``skopeo copy oci-archive:FILE:NAME …``, where NAME is what
        ``org.opencontainers.image.ref.name`` says. Or write one archive for each image, and the
        platforms of one image below a nested index.

    References:
        - OCI image-spec 1.1, image-layout.md, "index.json file"
        - containers/image, oci/layout/oci_transport.go
    """

    id = "OCI026"
    name = "not-one-image"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Count what ``index.json`` lists."""
        root = None if archive.oci is None else archive.oci.root_index
        listed = None if root is None else mapping(root.document.value).get("manifests")
        if root is None or not isinstance(listed, list) or len(items(listed)) == 1:
            return
        what = f"{len(listed)} manifests" if listed else "no manifest"
        yield self.finding(
            root,
            f"{INDEX_JSON} lists {what}; Podman and skopeo read an OCI archive without a "
            "name only if there is exactly one",
            at={"pointer": "/manifests"},
        )
