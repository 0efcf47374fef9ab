"""OCI027: a manifest of OCI with parts of Docker's types, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Manifest, Severity
from checker.model.names import LAYER_COMPRESSION, MediaType
from checker_oci.documents import LayoutCheck, below, content, place

_DOCKER = "application/vnd.docker."
_OCI = "application/vnd.oci."
_KNOWN = frozenset({MediaType.OCI_CONFIG, MediaType.DOCKER_CONFIG, *LAYER_COMPRESSION})


class MixedMediaTypes(LayoutCheck):
    """A manifest mixes the media types of OCI and of Docker.

    What it means:
        Docker's image format and that of OCI differ in little but their media types, and a
        manifest uses those of one. Here an OCI manifest refers to a config of Docker's type,
        which is an error; or to layers of Docker's types; or a Docker manifest refers to parts of
        OCI types.

    Why it matters:
        Podman refuses an OCI manifest with a Docker config: ``invalid mixed OCI image with Docker
        v2s2 config``. Other mixtures are taken by most engines, but not by all registries and
        converters.

    How to fix it:
        Convert the image as a whole: ``skopeo copy --format oci …``.

    References:
        - OCI image-spec 1.1, media-types.md, "Compatibility Matrix"
        - OCI image-spec 1.1, manifest.md, config.mediaType and layers.mediaType
        - containers/image, manifest/oci.go
    """

    id = "OCI027"
    name = "mixed-media-types"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the types of manifests with those of their parts."""
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
            f"{place(part)} is of type {part.media_type}, in a manifest of type "
            f"{manifest.descriptor.media_type}",
            at={"digest": part.digest_text},
            severity=Severity.ERROR if refused else Severity.NOTE,
        )


def _other_family(manifest: Manifest) -> str:
    """What the media types begin with that do not go with a manifest."""
    return _OCI if manifest.descriptor.media_type == MediaType.DOCKER_MANIFEST else _DOCKER
