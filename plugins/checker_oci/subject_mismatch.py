"""OCI033: a referrer whose subject does not match the index that lists it."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Index, Manifest, Severity
from checker.model.image import REF_NAME
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES, shorten
from checker.patterns import pattern
from checker_oci.documents import (
    LayoutCheck,
    below,
    is_media_type,
    manifest_of,
    manifests_by_path,
    place,
    short_name,
)

_SUBJECTS = INDEX_TYPES | MANIFEST_TYPES
_TAG = pattern(r"(sha256|sha512)-([0-9a-f]{64,128})")


class SubjectMismatch(LayoutCheck):
    """The ``subject`` of a referrer does not match the index that lists it.

    What it means:
        A signature, attestation or other artifact names in ``subject`` the manifest that it refers
        to. An index with a name such as ``sha256-1234…`` lists the artifacts that refer to the
        manifest with this digest; here it lists one with another subject, or without one. Or the
        subject has a media type that is neither a manifest nor an index. The subject itself may be
        absent from the archive.

    Why it matters:
        Tools that look for the signatures of an image find one for something else, or none.

    How to fix it:
        Attach the artifact again, with ``oras attach`` or ``cosign attach``.

    References:
        - OCI image-spec 1.1, manifest.md, subject
        - OCI distribution-spec 1.1, "Referrers Tag Schema"
    """

    id = "OCI033"
    name = "subject-mismatch"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the indexes of referrers, then at all subjects."""
        by_path = manifests_by_path(archive)
        for index in () if archive.oci is None else archive.oci.indexes:
            subject = _subject_in_name(index)
            for each in index.manifests if subject is not None else ():
                manifest = manifest_of(archive, by_path, each)
                if subject is not None and manifest is not None:
                    yield from self._compare(each, manifest, subject)
        for manifest in by_path.values():
            yield from self._inspect_type(manifest)

    def _compare(self, listed: Descriptor, manifest: Manifest, wanted: str) -> Iterator[Finding]:
        found = None if manifest.subject is None else manifest.subject.digest_text
        if found == wanted:
            return
        says = "has no subject" if found is None else f"has the subject {shorten(found)}"
        yield self.finding(
            listed._replace(location=below(listed.location, "digest")),
            f"{place(listed)} is listed as a referrer of {shorten(wanted)}, but "
            f"{short_name(manifest.location)} {says}",
            at={"digest": listed.digest_text},
            related=(manifest.location,),
        )

    def _inspect_type(self, manifest: Manifest) -> Iterator[Finding]:
        subject = manifest.subject
        kind = None if subject is None else subject.media_type
        if subject is None or kind is None or kind in _SUBJECTS or not is_media_type(kind):
            return
        yield self.finding(
            subject._replace(location=below(subject.location, "mediaType")),
            f"the subject of {short_name(manifest.location)} has the media type {kind}, which is "
            "neither a manifest nor an index",
            at={"digest": subject.digest_text},
        )


def _subject_in_name(index: Index) -> str | None:
    """The digest whose referrers an index lists, from its name; None for other indexes."""
    if index.descriptor is None or index.depth != 1:
        return None
    match = _TAG.fullmatch(index.descriptor.annotations.get(REF_NAME, ""))
    return None if match is None else f"{match[1]}:{match[2]}"
