"""One fault of a document that is several documents at once is told by one rule.

``index.json`` can be a link to ``oci-layout``, and a manifest can have the content of a config. The
rules about each of them find the same fault then, at the same place of the same member.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from checker.checks.finding import Finding
from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.names import INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, REPOSITORIES
from checker.typing_names import TypeAlias

Place: TypeAlias = tuple[str | None, int | None, str | None]
_FIXED = (OCI_LAYOUT, INDEX_JSON, MANIFEST_JSON, REPOSITORIES)


def repeated(archive: Archive, findings: Sequence[Finding]) -> frozenset[int]:
    """The findings that tell again what one of another rule tells of the same place.

    Args:
        archive: The facts.
        findings: The findings. Of several, that of the highest severity counts, else the first.

    Returns:
        Their numbers, from 0.
    """
    shared = _shared_members(archive)
    told: dict[Place, Finding] = {}
    again: set[int] = set()
    by_weight = sorted(
        range(len(findings)) if shared else (), key=lambda number: findings[number].severity.rank
    )
    for number in by_weight:
        one = findings[number]
        place = (one.location.member, one.location.offset, one.location.pointer)
        is_precise = one.location.member in shared and place[1:] != (None, None)
        if is_precise and told.setdefault(place, one).rule != one.rule:
            again.add(number)
    return frozenset(again)


def _shared_members(archive: Archive) -> frozenset[str]:
    """The members that are several documents at once."""
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for kind, blob in _documents(archive):
        if blob is not None and blob.location.member is not None:
            kinds[blob.location.member].add(kind)
    return frozenset(member for member, found in kinds.items() if len(found) > 1)


def _documents(archive: Archive) -> Iterator[tuple[str, Blob | None]]:
    """What each document is, and its content."""
    members = archive.members
    for name in _FIXED:
        yield name, members.blob(name)
    for index in () if archive.oci is None else archive.oci.indexes:
        for descriptor in index.manifests:
            yield "manifest", members.blob_of(descriptor.digest)
    for manifest in () if archive.oci is None else archive.oci.manifests:
        yield "config", members.blob_of(manifest.config.digest if manifest.config else None)
    for item in () if archive.docker is None else archive.docker.items:
        yield "config", None if item.config is None else members.blob(item.config)
