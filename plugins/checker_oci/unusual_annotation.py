"""OCI035: an annotation whose key or value is not as the rules want it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from checker import Archive, Finding, Location, Severity
from checker.checks.annotations import reserved_keys, value_problems
from checker.model.image import mapping, read_annotations
from checker_oci.documents import LayoutCheck, below, descriptors, short_name


class _Annotated(NamedTuple):
    """Annotations, and where they stand."""

    location: Location
    annotations: Mapping[str, str]


class UnusualAnnotation(LayoutCheck):
    """An annotation breaks the rules for its key or value.

    What it means:
        The keys of annotations should be like domain names in reverse (``com.example.key``);
        those under ``org.opencontainers`` are reserved for OCI's own specifications. A key without
        a dot, or a reserved one that the specification does not define, is a note: many tools
        write them. A warning it is if ``org.opencontainers.image.created`` is no date, or
        ``base.digest`` no digest, or ``base.name`` no name of an image.

    Why it matters:
        Two tools that use the same short key mean different things. Tools that show the age of an
        image, or look whether its base is out of date, do not understand such a value.

    How to fix it:
        Put a domain of your own in front of the key, or write the value in the right form. Then
        correct the digest and size of the changed document in what refers to it.

    References:
        - OCI image-spec 1.1, annotations.md, "Rules" and "Pre-Defined Annotation Keys"
        - RFC 3339, section 5.6
    """

    id = "OCI035"
    name = "unusual-annotation"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the annotations of indexes, manifests and descriptors."""
        for each in _annotated(archive):
            yield from self._look_at(each)

    def _look_at(self, each: _Annotated) -> Iterator[Finding]:
        for problem in value_problems(each.annotations):
            yield self._unusual(each, problem.key, problem.message, Severity.WARNING)
        for problem in reserved_keys(each.annotations):
            yield self._unusual(each, problem.key, problem.message, Severity.NOTE)
        for key in each.annotations:
            if "." not in key:
                message = "has no domain in front, such as com.example.key"
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
