"""OCI018: a layer of a type that is not to be used any more."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.names import FOREIGN_LAYER_TYPES
from checker_oci.documents import LayoutCheck, below, place


class NonDistributableLayer(LayoutCheck):
    """A layer's media type says that it must not be distributed.

    What it means:
        ``nondistributable`` and Docker's ``foreign`` layers were made for content that a licence
        keeps in one place, most of all the base layers of Windows. The specification keeps the
        types for old images and asks not to make new ones.

    Why it matters:
        Many tools leave such layers out when they push, copy or save, so the image may arrive
        incomplete.

    How to mend it:
        Build on a base image of today, whose layers are ordinary ones; or, where the licence
        allows it, set the media type to that of an ordinary layer.

    References:
        - OCI image-spec 1.1, layer.md, "Non-Distributable Layers"
        - OCI image-spec 1.1, media-types.md
    """

    id = "OCI018"
    name = "non-distributable-layer"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the media types of the layers."""
        for manifest in () if archive.oci is None else archive.oci.manifests:
            for layer in manifest.layers:
                if layer.media_type in FOREIGN_LAYER_TYPES:
                    yield self.finding(
                        layer._replace(location=below(layer.location, "mediaType")),
                        f"{place(layer)} is of type {layer.media_type}, which many tools leave out "
                        "when they copy an image",
                        at={"digest": layer.digest_text},
                    )
