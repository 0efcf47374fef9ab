"""OCI029: a manifest without layers."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Manifest, Severity
from checker.model.image import config_of, mapping
from checker_oci.documents import LayoutCheck, Part, manifests, manifests_by_path


class ManifestWithoutLayers(LayoutCheck):
    """A manifest has no layers, or the only layer of an artifact is empty.

    What it means:
        ``layers`` of a manifest should have at least one entry. An artifact that does not need any
        content should have one layer that is not empty, such as the two bytes ``{}``. Here the list
        is empty, or the only layer of an artifact has 0 bytes. An image whose config does not list
        layers either is a note: ``umoci new`` creates such images, and so does a build that adds
        nothing to ``scratch``.

    Why it matters:
        The published JSON schema does not allow an empty list, and some registries reject it.
        ``docker save`` cannot write an image without layers.

    How to fix it:
        Add a file to the image. For an artifact, add the empty descriptor:

            "layers": [{"mediaType": "application/vnd.oci.empty.v1+json", "size": 2,
              "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}]

    References:
        - OCI image-spec 1.1, manifest.md, layers
        - OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"
    """

    id = "OCI029"
    name = "manifest-without-layers"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the layers of each manifest."""
        by_path = manifests_by_path(archive)
        for part in manifests(archive):
            if mapping(part.value).get("layers") == [] and not part.is_other:
                is_new = _is_new_image(archive, by_path.get(part.blob.path))
                yield self.finding(
                    part.blob,
                    f"{part.label} has no layers, at least one is expected; some registries reject "
                    "it",
                    at={"pointer": "/layers"},
                    severity=Severity.NOTE if is_new else Severity.WARNING,
                )
            elif part.blob.path in by_path:
                yield from self._inspect_artifact(part, by_path[part.blob.path])

    def _inspect_artifact(self, part: Part, manifest: Manifest) -> Iterator[Finding]:
        if manifest.is_image or [layer.size for layer in manifest.layers] != [0]:
            return
        yield self.finding(
            part.blob,
            f"{part.label} is an artifact whose only layer has 0 bytes; it should not be empty",
            at={"pointer": "/layers/0"},
        )


def _is_new_image(archive: Archive, manifest: Manifest | None) -> bool:
    """Whether it is an image whose config does not list layers either."""
    if manifest is None or not manifest.is_image or manifest.config is None:
        return False
    config = config_of(archive.members.blob_of(manifest.config.digest), "")
    return config is not None and not config.diff_ids
