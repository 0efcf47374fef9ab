"""OCI029: a manifest that refers to no content."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Manifest, Severity
from checker.model.image import mapping
from checker_oci.documents import LayoutCheck, Part, manifests, manifests_by_path


class ManifestWithoutLayers(LayoutCheck):
    """A manifest has no layers, or that of an artifact has an empty one only.

    What it means:
        ``layers`` of a manifest should have at least one entry, and an artifact that needs none
        should have one that is not empty, such as the two bytes ``{}``. Here the list is empty,
        or the one layer of an artifact has no bytes.

    Why it matters:
        The published JSON schema refuses an empty list, and so do some registries. ``docker save``
        cannot write an image without layers.

    How to fix it:
        Put a file into the image; for an artifact add the empty descriptor to ``layers``:
        ``application/vnd.oci.empty.v1+json``, size 2.

    References:
        - OCI image-spec 1.1, manifest.md, layers
        - OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"
    """

    id = "OCI029"
    name = "manifest-without-layers"
    severity = Severity.WARNING

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the layers of each manifest."""
        by_path = manifests_by_path(archive)
        for part in manifests(archive):
            if mapping(part.value).get("layers") == [] and not part.is_other:
                yield self.finding(
                    part.blob,
                    f"{part.label} has no layers; there should be at least one",
                    at={"pointer": "/layers"},
                )
            elif part.blob.path in by_path:
                yield from self._look_at_artifact(part, by_path[part.blob.path])

    def _look_at_artifact(self, part: Part, manifest: Manifest) -> Iterator[Finding]:
        if manifest.is_image or [layer.size for layer in manifest.layers] != [0]:
            return
        yield self.finding(
            part.blob,
            f"{part.label} is an artifact whose one layer has 0 bytes; it should have content",
            at={"pointer": "/layers/0"},
        )
