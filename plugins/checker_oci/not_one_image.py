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
        A layout may contain any number of images. Here ``index.json`` has several descriptors (one
        for each tag, and one for each platform unless a nested index groups them), or none.

    Why it matters:
        Podman and skopeo read an OCI archive without a name only if there is exactly one image:
        ``more than one image in oci, choose an image``. If the archive also contains a
        ``manifest.json``, as written by ``docker save``, Podman uses that instead.

    How to fix it:
        Specify the image by the value of ``org.opencontainers.image.ref.name``, as below. Or create
        one archive for each image, and group the platforms of an image in a nested index.

            skopeo copy oci-archive:images.tar:v1 docker-daemon:app:1

    References:
        - OCI image-spec 1.1, image-layout.md, "index.json file"
        - containers/image, oci/layout/oci_transport.go
    """

    id = "OCI026"
    name = "not-one-image"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Count what ``index.json`` lists."""
        root = None if archive.oci is None else archive.oci.root_index
        listed = None if root is None else mapping(root.document.value).get("manifests")
        if root is None or not isinstance(listed, list) or len(items(listed)) == 1:
            return
        what = f"{len(listed)} manifests" if listed else "no manifests"
        yield self.finding(
            root,
            f"{INDEX_JSON} lists {what}; Podman and skopeo read an OCI archive without a name only "
            "if there is exactly one",
            at={"pointer": "/manifests"},
        )
