"""OCI030: an artifact that passes for an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Finding, Manifest, Severity
from checker.model.names import CONFIG_TYPES, LAYER_COMPRESSION
from checker_oci.documents import LayoutCheck, short_name


class ArtifactWithImageConfig(LayoutCheck):
    """The manifest of an artifact has a config of the type of images.

    What it means:
        What is no container image should say so by ``config.mediaType``: a type of its own, or the
        empty one together with ``artifactType``. Here the config has the type of an image's, while
        ``artifactType`` or the types of the layers say that it is none. Signatures of cosign are
        written like that; so it is a note.

    Why it matters:
        Engines take it for an image and fail only when they come to its layers.

    How to fix it:
        Write the artifact with a tool that follows version 1.1 of the specification, such as
        ``oras push``.

    References:
        - OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"
        - OCI image-spec 1.1, manifest.md, artifactType and config
    """

    id = "OCI030"
    name = "artifact-with-image-config"
    severity = Severity.NOTE

    def check_manifest(self, manifest: Manifest) -> Iterator[Finding]:
        """Compare the type of the config with what else the manifest says."""
        config = manifest.config
        if config is None or config.media_type not in CONFIG_TYPES:
            return
        if manifest.descriptor.is_attestation:  # BuildKit's custom
            return
        reason = _why_no_image(manifest)
        if reason is not None:
            yield self.finding(
                config,
                f"{short_name(manifest.location)} has a config of type {config.media_type}, but "
                f"{reason}",
                at={"digest": config.digest_text},
            )


def _why_no_image(manifest: Manifest) -> str | None:
    if manifest.artifact_type not in (None, *CONFIG_TYPES):
        return f"says that it is an artifact: {manifest.artifact_type}"
    kinds = [layer.media_type or "" for layer in manifest.layers]
    if kinds and not any(kind in LAYER_COMPRESSION or ".layer." in kind for kind in kinds):
        return f"its layers are none of an image: {kinds[0]}"
    return None
