"""OCI011: a document whose media type does not match its descriptor."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Manifest, MediaType, Severity
from checker.model.image import mapping, nature_of, text
from checker.model.names import CONFIG_TYPES, INDEX_TYPES, MANIFEST_TYPES
from checker_oci.documents import LayoutCheck, Part, indexes, manifests, place, short_name

_SUBJECTS = INDEX_TYPES | MANIFEST_TYPES
_ARTICLES = {"index": "an index", "manifest": "a manifest"}


class MediaTypeMismatch(LayoutCheck):
    """The media type of a document does not match its descriptor.

    What it means:
        A descriptor contains the media type of the content it references, and indexes and manifests
        repeat it in their own ``mediaType``. Here the two differ. Also reported are an index where
        a manifest is expected and the reverse, judged by the members; an ``index.json`` that is not
        an image index according to its ``mediaType``; a config that is an index or manifest; an
        empty config that is not ``{}``; and a ``subject`` with another type than its descriptor
        says.

    Why it matters:
        Engines decode content according to its media type. containerd rejects an index that is
        declared as a manifest and the reverse, because such documents are ambiguous; other engines
        decode what they can and load an image without layers, or fail later.

    How to fix it:
        Set both media types to the one of the content. Then update the digest and size of each
        changed document in the descriptors that reference it:

            index.json:  {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": …}
            manifest:    {"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": …}

    References:
        - OCI image-spec 1.1, image-index.md and manifest.md, mediaType
        - OCI image-spec 1.1, manifest.md, "Guidance for an Empty Descriptor"
        - containerd 2, core/images/image.go, validateMediaType
    """

    id = "OCI011"
    name = "media-type-mismatch"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare each index, manifest and config with its descriptor."""
        for part in (*indexes(archive), *manifests(archive)):
            yield from self._inspect(part)
        for manifest in () if archive.oci is None else archive.oci.manifests:
            yield from self._inspect_config(archive, manifest)
            yield from self._inspect_subject(archive, manifest)

    def _inspect(self, part: Part) -> Iterator[Finding]:
        descriptor = part.descriptor
        wanted = MediaType.OCI_INDEX if descriptor is None else descriptor.media_type
        source = "an image layout requires" if descriptor is None else f"{place(descriptor)} says"
        related = () if descriptor is None else (descriptor.location,)
        own = text(mapping(part.value).get("mediaType"))
        if own is not None and own != wanted:
            yield self.finding(
                part.blob,
                f"{part.label} has the mediaType {own}, {source} {wanted}",
                at={"pointer": "/mediaType"},
                related=related,
            )
        elif part.is_other:
            nature = _ARTICLES[nature_of(part.value) or part.nature]
            yield self.finding(
                part.blob,
                f"{part.label} has the members of {nature}, {source} {wanted}",
                at={"pointer": ""},
                related=related,
            )

    def _inspect_config(self, archive: Archive, manifest: Manifest) -> Iterator[Finding]:
        descriptor = manifest.config
        blob = None if descriptor is None else archive.members.blob_of(descriptor.digest)
        if descriptor is None or blob is None or blob.document is None:
            return
        what = _unlike_config(descriptor, blob.document.value)
        # Content that was replaced is reported by OCI009.
        is_replaced = descriptor.digest is not None and blob.hashes_to(descriptor.digest) is False
        if what is not None and not is_replaced:
            yield self.finding(
                blob,
                f"{short_name(blob.location)} is {what}, {place(descriptor)} says "
                f"{descriptor.media_type}",
                at={"digest": descriptor.digest_text},
                related=(descriptor.location,),
            )

    def _inspect_subject(self, archive: Archive, manifest: Manifest) -> Iterator[Finding]:
        subject = manifest.subject
        blob = None if subject is None else archive.members.blob_of(subject.digest)
        if subject is None or blob is None or blob.document is None:
            return
        own = text(mapping(blob.document.value).get("mediaType"))
        if own in _SUBJECTS and subject.media_type in _SUBJECTS and own != subject.media_type:
            yield self.finding(
                subject,
                f"{place(subject)} says {subject.media_type}, {short_name(blob.location)} has the "
                f"mediaType {own}",
                at={"pointer": "/subject/mediaType", "digest": subject.digest_text},
                related=(blob.location,),
            )


def _unlike_config(descriptor: Descriptor, value: object) -> str | None:
    """What a config is, if it does not match its descriptor."""
    nature = nature_of(value)
    if descriptor.media_type in CONFIG_TYPES and nature is not None:
        return _ARTICLES[nature]
    if descriptor.media_type == MediaType.OCI_EMPTY and value != {}:
        return "not the empty object {}"
    return None
