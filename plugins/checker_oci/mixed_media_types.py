"""OCI027: an OCI manifest that references Docker media types, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Manifest, MediaType, Severity
from checker.model.names import LAYER_COMPRESSION
from checker_oci.documents import LayoutCheck, below, content, place

_DOCKER = "application/vnd.docker."
_OCI = "application/vnd.oci."
_KNOWN = frozenset({MediaType.OCI_CONFIG, MediaType.DOCKER_CONFIG, *LAYER_COMPRESSION})


class MixedMediaTypes(LayoutCheck):
    """A manifest mixes the media types of OCI and Docker.

    What it means:
        The image formats of Docker and OCI differ mostly in their media types, and a manifest uses
        those of one format. Here an OCI manifest references a config with Docker's type, which is
        an error; or layers with Docker's types; or a Docker manifest references content with OCI
        types.

    Why it matters:
        Podman rejects an OCI manifest with a Docker config: ``invalid mixed OCI image with Docker
        v2s2 config``. Most engines accept other mixtures, but some registries and converters do
        not.

    How to fix it:
        Convert the complete image:

            skopeo copy --format oci docker-archive:image.tar oci-archive:image-oci.tar

    References:
        - OCI image-spec 1.1, media-types.md, "Compatibility Matrix"
        - OCI image-spec 1.1, manifest.md, config.mediaType and layers.mediaType
        - containers/image, manifest/oci.go
    """

    id = "OCI027"
    name = "mixed-media-types"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the types of manifests with those of their content."""
        for manifest in () if archive.oci is None else archive.oci.manifests:
            other = _other_family(manifest)
            for part in content(manifest):
                kind = part.media_type
                if kind is not None and kind in _KNOWN and kind.startswith(other):
                    yield self._mixed(manifest, part)

    def _mixed(self, manifest: Manifest, part: Descriptor) -> Finding:
        refused = part is manifest.config and part.media_type == MediaType.DOCKER_CONFIG
        return self.finding(
            part._replace(location=below(part.location, "mediaType")),
            f"{place(part)} has the type {part.media_type}, the manifest has the type "
            f"{manifest.descriptor.media_type}",
            at={"digest": part.digest_text},
            severity=Severity.ERROR if refused else Severity.NOTE,
        )


def _other_family(manifest: Manifest) -> str:
    """The prefix of the media types that do not belong in a manifest."""
    return _OCI if manifest.descriptor.media_type == MediaType.DOCKER_MANIFEST else _DOCKER
