"""OCI035: an annotation that does not follow the rules for its key or value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import Archive, Finding, Location, Severity
from checker.checks.annotations import reserved_keys, value_problems
from checker.model.image import mapping, read_annotations
from checker.records import NamedTuple
from checker_oci.documents import LayoutCheck, below, descriptors, short_name


class _Annotated(NamedTuple):
    """Annotations and their location."""

    location: Location
    annotations: Mapping[str, str]


class UnusualAnnotation(LayoutCheck):
    """An annotation does not follow the rules for its key or value.

    What it means:
        The keys of annotations should use reverse domain notation (``com.example.key``); the prefix
        ``org.opencontainers`` is reserved for OCI specifications. A key without a dot, or a
        reserved key that the specification does not define, is a note, because many tools write
        them. The finding is a warning if ``org.opencontainers.image.created`` is not a date,
        ``base.digest`` is not a digest, or ``base.name`` is not an image name.

    Why it matters:
        Two tools that use the same short key mean different things. Tools that show the age of an
        image, or check if its base image is out of date, cannot read such a value.

    How to fix it:
        Add a domain that you control as a prefix, or write the value in the correct form. Then
        update the digest and size of the changed document in the descriptors that reference it.

            "annotations": {"team": "web", "org.opencontainers.image.created": "1 May 2024"}
            "annotations": {"com.example.team": "web",
                            "org.opencontainers.image.created": "2024-05-01T12:30:00Z"}

    References:
        - OCI image-spec 1.1, annotations.md, "Rules" and "Pre-Defined Annotation Keys"
        - RFC 3339, section 5.6
    """

    id = "OCI035"
    name = "unusual-annotation"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the annotations of indexes, manifests and descriptors."""
        for each in _annotated(archive):
            yield from self._inspect(each)

    def _inspect(self, each: _Annotated) -> Iterator[Finding]:
        for problem in value_problems(each.annotations):
            yield self._unusual(each, problem.key, problem.message, Severity.WARNING)
        for problem in reserved_keys(each.annotations):
            yield self._unusual(each, problem.key, problem.message, Severity.NOTE)
        for key in each.annotations:
            if "." not in key:
                message = "has no domain prefix, expected a key such as com.example.key"
                yield self._unusual(each, key, message, Severity.NOTE)

    def _unusual(self, each: _Annotated, key: str, message: str, severity: Severity) -> Finding:
        where = f"{short_name(each.location)} {each.location.pointer or ''}".rstrip()
        return self.finding(
            each,
            f'{where}: annotation "{key}" {message}',
            at={"pointer": below(each.location, "annotations", key).pointer},
            severity=severity,
        )


def _annotated(archive: Archive) -> Iterator[_Annotated]:
    if archive.oci is None:
        return
    for index in archive.oci.indexes:
        own = read_annotations(mapping(index.document.value).get("annotations"))
        yield _Annotated(index.location, own)
    for manifest in archive.oci.manifests:
        yield _Annotated(manifest.location, manifest.annotations)
    for descriptor in descriptors(archive):
        if descriptor.annotations:
            yield _Annotated(descriptor.location, descriptor.annotations)
