"""OCI030: an artifact with the config type of an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Finding, Manifest, Severity
from checker.model.names import CONFIG_TYPES, LAYER_COMPRESSION
from checker_oci.documents import LayoutCheck, short_name


class ArtifactWithImageConfig(LayoutCheck):
    """The manifest of an artifact has a config with the media type of images.

    What it means:
        An artifact that is not a container image should say so in ``config.mediaType``: with a type
        for this kind of artifact, or with the empty type together with ``artifactType``. Here the
        config has the type of an image config, while ``artifactType`` or the types of the layers
        say otherwise. It is a note, because cosign writes signatures like this.

    Why it matters:
        Engines treat the artifact as an image and fail only when they process its layers.

    How to fix it:
        Create the artifact with a tool that follows version 1.1 of the specification, such as
        ``oras push``:

            "artifactType": "application/vnd.example.sbom",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", …}

    References:
        - OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"
        - OCI image-spec 1.1, manifest.md, artifactType and config
    """

    id = "OCI030"
    name = "artifact-with-image-config"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_manifest(self, manifest: Manifest) -> Iterator[Finding]:
        """Compare the type of the config with the other types in the manifest."""
        config = manifest.config
        if config is None or config.media_type not in CONFIG_TYPES:
            return
        if manifest.descriptor.is_attestation:  # BuildKit writes them like this
            return
        reason = _why_not_an_image(manifest)
        if reason is not None:
            yield self.finding(
                config,
                f"{short_name(manifest.location)} has a config of type {config.media_type}, but "
                f"{reason}",
                at={"digest": config.digest_text},
            )


def _why_not_an_image(manifest: Manifest) -> str | None:
    if manifest.artifact_type not in (None, *CONFIG_TYPES):
        return f"its artifactType is {manifest.artifact_type}"
    kinds = [layer.media_type or "" for layer in manifest.layers]
    if kinds and not any(kind in LAYER_COMPRESSION or ".layer." in kind for kind in kinds):
        return f"its layers are not image layers: {kinds[0]}"
    return None
