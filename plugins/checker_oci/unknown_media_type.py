"""OCI028: an image or a layer of a type that engines do not support."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.names import ENCRYPTED_SUFFIX, INDEX_TYPES, LAYER_COMPRESSION, MANIFEST_TYPES
from checker_oci.documents import LayoutCheck, below, is_media_type, listed, place

_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+"
_NEEDS_KEY = "an encrypted layer, which cannot be unpacked without the private key of a recipient"
_INDEX_ENTRIES = INDEX_TYPES | MANIFEST_TYPES


class UnknownMediaType(LayoutCheck):
    """An index lists content of an unknown type, or an image has a layer of one.

    What it means:
        Indexes may list any content, and layers may have any type, so this is valid. But engines
        find images only through manifests and indexes, and unpack only layers of known types. Here
        there is another type. The manifests of Docker's first format, schema 1, and encrypted
        layers (``+encrypted``) are warnings.

    Why it matters:
        containerd ignores such an entry, or reports ``descriptor is neither a manifest or index``;
        for a layer it reports ``no processor for media-type``. Encrypted layers cannot be unpacked
        without the private key, which containerd needs a helper program for (imgcrypt), and Podman,
        Buildah and skopeo the option ``--decryption-key``; Docker does not support them. Docker and
        containerd no longer support schema 1.

    How to fix it:
        No action is needed if the type is intended. Otherwise correct it, and update the digest and
        size of the changed document in the descriptors that reference it. Someone with the private
        key of the recipient can write an archive without encryption:

            skopeo copy --decryption-key private.pem oci-archive:encrypted.tar oci-archive:plain.tar

    References:
        - OCI image-spec 1.1, image-index.md, manifests.mediaType
        - OCI image-spec 1.1, manifest.md, layers.mediaType
        - containerd 2, core/diff/apply/apply.go
        - containers/ocicrypt, docs: the media types and annotations of encrypted layers
    """

    id = "OCI028"
    name = "unknown-media-type"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the descriptors in indexes, then at the layers of images."""
        for _, descriptor in listed(archive):
            kind = descriptor.media_type
            if kind is None or kind in _INDEX_ENTRIES or not is_media_type(kind):
                continue
            old = kind.startswith(_SCHEMA_1)
            yield self.finding(
                descriptor._replace(location=below(descriptor.location, "mediaType")),
                f"{place(descriptor)} has the type {kind}, which is "
                + ("Docker schema 1; current engines do not read it" if old else "not an image"),
                at={"digest": descriptor.digest_text},
                severity=Severity.WARNING if old else Severity.NOTE,
            )
        for manifest in () if archive.oci is None else archive.oci.manifests:
            for layer in manifest.layers if manifest.is_image else ():
                kind = layer.media_type
                if kind is not None and kind not in LAYER_COMPRESSION and is_media_type(kind):
                    is_encrypted = kind.endswith(ENCRYPTED_SUFFIX)
                    consequence = _NEEDS_KEY if is_encrypted else "which engines do not unpack"
                    yield self.finding(
                        layer._replace(location=below(layer.location, "mediaType")),
                        f"{place(layer)} of an image has the type {kind}, {consequence}",
                        at={"digest": layer.digest_text},
                        severity=Severity.WARNING if is_encrypted else Severity.NOTE,
                    )
