"""The documents of an image layout and their descriptors, as the rules of this bundle see them.

Each problem is reported by one rule:

* Invalid JSON, and schema violations outside of descriptors: OCI002, OCI005, OCI006.
* Schema violations of a descriptor: OCI007. A missing descriptor is a violation of the document.
* A media type that is a string but not the expected one, and a manifest where an index is
  expected or the reverse: OCI011.
* Content that is truncated, or was not read because of a limit: the ARC rules.
* Content that is not JSON because it does not match its digest: OCI009.
* The rules from OCI012 on rely on correct types and ignore values that violate the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from checker import (
    Archive,
    Blob,
    Check,
    Descriptor,
    Document,
    Finding,
    Index,
    Location,
    Manifest,
    MediaType,
)
from checker.checks.documents import case_problems, json_problems
from checker.model.document import pointer
from checker.model.image import Json, Nature, items, mapping, nature_of, read_descriptor
from checker.model.names import CONFIG_TYPES, INDEX_JSON, INDEX_TYPES, MANIFEST_TYPES, shorten
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING
from checker_oci.layouts import LAYOUTS
from checker_schemas import validate

if TYPE_CHECKING:
    from checker_schemas import SchemaError

_SCHEMAS = {
    MediaType.OCI_INDEX: "oci-index",
    MediaType.DOCKER_MANIFEST_LIST: "docker-manifest-list-v2",
    MediaType.OCI_MANIFEST: "oci-manifest",
    MediaType.DOCKER_MANIFEST: "docker-manifest-v2",
}
_MEMBERS = frozenset(
    {
        *("schemaVersion", "mediaType", "artifactType", "manifests", "config", "layers"),
        *("subject", "annotations"),
    },
)
FOREIGN = {
    Nature.INDEX: frozenset({"config", "layers", "fsLayers", "history"}),
    Nature.MANIFEST: frozenset({"manifests", "fsLayers", "history"}),
}
"""Members that belong to another type of document, which OCI012 reports."""
_LONE_DESCRIPTORS = ("config", "subject")
_LISTS_OF_DESCRIPTORS = ("manifests", "layers")


class LayoutCheck(Check):
    """A check of image layouts; it is skipped for other archives."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is not an image layout."""
        return LAYOUTS.skip_reason(archive)


class WholeLayoutCheck(LayoutCheck):
    """A check for missing files; it is skipped as well if the archive was not read completely."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if there is no image layout, or if missing files may follow."""
        reason = super().skip_reason(archive)
        if reason is None and not archive.is_read_to_end:
            return "the archive was not read to its end; missing files may follow"
        return reason


class Part(NamedTuple):
    """A document that is an index or a manifest according to its descriptor.

    Attributes:
        nature: What it is according to its descriptor.
        blob: Its content, which may be anything.
        descriptor: The descriptor that references it; None for ``index.json``.
    """

    nature: Nature
    blob: Blob
    descriptor: Descriptor | None

    @property
    def label(self) -> str:
        """Its name in messages."""
        if self.descriptor is None:
            return INDEX_JSON
        return f"{self.nature} {shorten(self.descriptor.digest_text or '')}"

    @property
    def document(self) -> Document | None:
        """Its JSON, if it looks like JSON."""
        return self.blob.document

    @property
    def value(self) -> object:
        """Its JSON value; None if it has none."""
        return None if self.blob.document is None else self.blob.document.value

    @property
    def is_damaged(self) -> bool:
        """Whether it is not JSON because its content does not match its digest."""
        digest = None if self.descriptor is None else self.descriptor.digest
        unread = self.document is None or self.document.error is not None
        return unread and digest is not None and self.blob.hashes_to(digest) is False

    @property
    def is_other(self) -> bool:
        """Whether it is an index where a manifest is expected, or the reverse."""
        return nature_of(self.value) not in (None, self.nature)


def indexes(archive: Archive) -> Iterator[Part]:
    """Yield ``index.json``, and each blob that is an index according to its descriptor."""
    blob = None if archive.oci is None else archive.oci.index_blob
    if blob is not None and archive.has_all_of(blob):
        yield Part(Nature.INDEX, blob, None)
    yield from _parts(archive, Nature.INDEX, INDEX_TYPES)


def manifests(archive: Archive) -> Iterator[Part]:
    """Yield each blob that is a manifest according to its descriptor."""
    yield from _parts(archive, Nature.MANIFEST, MANIFEST_TYPES)


def _parts(archive: Archive, nature: Nature, media_types: frozenset[MediaType]) -> Iterator[Part]:
    seen: set[tuple[str, str | None]] = set()
    for descriptor in _referred(archive):
        if descriptor.media_type not in media_types:
            continue
        blob = archive.members.blob_of(descriptor.digest)
        if blob is None:
            continue
        key = (blob.path, descriptor.media_type)
        if key not in seen and archive.has_all_of(blob):
            seen.add(key)
            yield Part(nature, blob, descriptor)


def _referred(archive: Archive) -> Iterator[Descriptor]:
    for index in () if archive.oci is None else archive.oci.indexes:
        yield from index.manifests


def document_findings(check: Check, part: Part) -> Iterator[Finding]:
    """Yield what is wrong with a document, except for its descriptors and media type."""
    if part.is_damaged:
        return
    known = _MEMBERS if part.is_other else _MEMBERS - FOREIGN[part.nature]
    problems = (*json_problems(part.document), *case_problems(part.value, known))
    for problem in problems:
        yield check.finding(
            part.blob, f"{part.label} {problem.message}", at=problem.at, severity=problem.severity
        )
    for error in schema_errors(part):
        if not is_of_descriptor(error, part.value):
            yield schema_finding(check, part, error)


def schema_finding(check: Check, part: Part, error: SchemaError) -> Finding:
    """Make a finding from a schema violation."""
    return check.finding(part.blob, f"{part.label}: {error.message}", at={"pointer": error.pointer})


def schema_errors(part: Part) -> Iterator[SchemaError]:
    """Yield the schema violations of a document, except for its media type (see OCI011)."""
    if part.document is None or part.document.error is not None or part.is_other:
        return
    media_type = mapping(part.value).get("mediaType")
    for error in validate(_schema_of(part), part.value):
        if error.pointer != "/mediaType" or not isinstance(media_type, str):
            yield error


def _schema_of(part: Part) -> str:
    media_type = None if part.descriptor is None else part.descriptor.media_type
    return _SCHEMAS[MediaType(media_type or MediaType.OCI_INDEX)]


def is_of_descriptor(error: SchemaError, value: object) -> bool:
    """Whether a schema violation is in the value of a descriptor that exists."""
    tokens = error.pointer.split("/")[1:]
    if not tokens:
        return False
    if tokens[0] in _LONE_DESCRIPTORS:
        return tokens[0] in mapping(value)
    return tokens[0] in _LISTS_OF_DESCRIPTORS and len(tokens) > 1


def listed(archive: Archive) -> Iterator[tuple[Index, Descriptor]]:
    """Yield the descriptors in the indexes, each with its index."""
    for index in () if archive.oci is None else archive.oci.indexes:
        for descriptor in index.manifests:
            yield index, descriptor


def members_of(index: Index, descriptor: Descriptor) -> Json:
    """The members of a descriptor in the document of the index that lists it."""
    number = int((descriptor.location.pointer or "").rpartition("/")[2])
    return mapping(items(mapping(index.document.value).get("manifests"))[number])


def manifests_by_path(archive: Archive) -> dict[str, Manifest]:
    """The manifests of the archive by the paths of their blobs."""
    found = () if archive.oci is None else archive.oci.manifests
    return {manifest.blob.path: manifest for manifest in found}


def manifest_of(
    archive: Archive, by_path: dict[str, Manifest], descriptor: Descriptor
) -> Manifest | None:
    """The manifest that a descriptor references, if it is in the archive."""
    blob = archive.members.blob_of(descriptor.digest)
    return None if blob is None else by_path.get(blob.path)


def listed_manifests(archive: Archive) -> Iterator[tuple[Descriptor, Manifest]]:
    """Yield the manifests in the archive that indexes list, each with its descriptor."""
    by_path = manifests_by_path(archive)
    for _, descriptor in listed(archive):
        manifest = manifest_of(archive, by_path, descriptor)
        if manifest is not None:
            yield descriptor, manifest


def refers_to_image(descriptor: Descriptor) -> bool:
    """Whether a descriptor in an index references an image, not an artifact or attestation."""
    known = descriptor.media_type in INDEX_TYPES | MANIFEST_TYPES
    # Some tools write the media type of the config as the artifact type.
    plain = descriptor.artifact_type in (None, *CONFIG_TYPES)
    return known and plain and not descriptor.is_attestation


def is_media_type(text: str) -> bool:
    """Whether a text is a media type (RFC 6838, section 4.2); OCI007 reports others."""
    return _media_type().fullmatch(text) is not None


@cache
def _media_type() -> re.Pattern[str]:
    name = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
    return re.compile(f"{name}/{name}")


def below(location: Location, *parts: str | int) -> Location:
    """The location of a part below another one in a document."""
    return location._replace(pointer=f"{location.pointer or ''}{pointer(*parts)}")


def descriptors(archive: Archive) -> Iterator[Descriptor]:
    """Yield every descriptor of the indexes and manifests."""
    if archive.oci is None:
        return
    for index in archive.oci.indexes:
        yield from index.manifests
        yield from _present([_subject(index)])
    for manifest in archive.oci.manifests:
        yield from content(manifest)
        yield from _present([manifest.subject])


def content(manifest: Manifest) -> tuple[Descriptor, ...]:
    """The descriptors of the content of a manifest: config, then layers."""
    return (*_present([manifest.config]), *manifest.layers)


def _subject(index: Index) -> Descriptor | None:
    value = mapping(index.document.value).get("subject")
    return read_descriptor(value, index.location._replace(pointer="/subject"))


def _present(found: Iterable[Descriptor | None]) -> Iterator[Descriptor]:
    return (descriptor for descriptor in found if descriptor is not None)


def place(descriptor: Descriptor) -> str:
    """The place of a descriptor, for messages."""
    return f"{short_name(descriptor.location)} {descriptor.location.pointer}"


def short_name(location: Location) -> str:
    """The name of a document, for messages: the shortened digest of a blob."""
    *_, blobs, algorithm, encoded = ("", "", *(location.member or "").split("/"))
    return shorten(f"{algorithm}:{encoded}") if blobs == "blobs" else encoded
