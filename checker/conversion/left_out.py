"""What a form cannot hold of what an archive has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.conversion.images import SourceImage
from checker.conversion.records import LeftOut
from checker.model.archive import Archive
from checker.model.image import CONTAINERD_NAME, REF_NAME, Descriptor, Manifest, mapping
from checker.model.names import shorten

REFERENCE_DIGEST = "vnd.docker.reference.digest"
_NAMES = frozenset({CONTAINERD_NAME, REF_NAME})
_CREATED = "org.opencontainers.image.created"


def without_manifests(archive: Archive, images: Iterable[SourceImage]) -> Iterator[LeftOut]:
    """What is lost where there are no OCI manifests and no index."""
    yield from _index_annotations(archive)
    for image in images:
        yield from of_manifest(image)
        for layer in image.layers:
            if layer.is_foreign:
                yield LeftOut("urls", f"{layer.label}: its media type and URLs as a foreign layer")
    yield from not_images(archive)


def of_manifest(image: SourceImage) -> Iterator[LeftOut]:
    """The annotations of a manifest and of its layers."""
    manifest = image.manifest
    if manifest is None:
        return
    keys = sorted({*manifest.annotations, *_own(manifest.descriptor)})
    if keys:
        yield LeftOut("annotations", f"{image.label}: the annotations {', '.join(keys)}")
    keys = sorted({key for layer in manifest.layers for key in layer.annotations})
    if keys:
        yield LeftOut("annotations", f"{image.label}: the layers' annotations {', '.join(keys)}")


def _own(descriptor: Descriptor) -> set[str]:
    return {key for key in descriptor.annotations if key not in _NAMES and key != _CREATED}


def _index_annotations(archive: Archive) -> Iterator[LeftOut]:
    for index in () if archive.oci is None else archive.oci.indexes:
        keys = sorted(mapping(mapping(index.document.value).get("annotations")))
        if keys:
            yield LeftOut(
                "annotations", f"{index.location.member}: the annotations {', '.join(keys)}"
            )


def not_images(archive: Archive) -> Iterator[LeftOut]:
    """Manifests that are not images: attestations, referrers such as signatures, artifacts."""
    for manifest in () if archive.oci is None else archive.oci.manifests:
        found = not_image(manifest)
        if found is not None:
            yield found


def not_image(manifest: Manifest) -> LeftOut | None:
    """What a manifest is, if it is not an image."""
    digest = shorten(manifest.descriptor.digest_text or manifest.blob.digest)
    if manifest.descriptor.is_attestation:
        about = manifest.descriptor.annotations.get(REFERENCE_DIGEST)
        of = f" of {shorten(about)}" if about else ""
        return LeftOut("attestation", f"the attestation {digest}{of}")
    if manifest.subject is not None:
        about = manifest.subject.digest_text or ""
        return LeftOut("referrer", f"the referrer {digest} of {shorten(about)}")
    if not manifest.is_image:
        kind = manifest.artifact_type or (manifest.config and manifest.config.media_type) or ""
        named = f" ({kind})" if kind else ""
        return LeftOut("artifact", f"the artifact {digest}{named}")
    return None
