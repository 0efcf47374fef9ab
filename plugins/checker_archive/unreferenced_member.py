"""ARC023: a member that nothing in the image refers to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive, DockerHalf, Kind, OciHalf
from checker.model.blob import Blob
from checker.model.entries import CONTIGUOUS, GNU_SPARSE, HARD_LINK, REGULAR, SYMLINK
from checker.model.image import Descriptor, mapping
from checker.model.names import INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, REPOSITORIES

_KINDS = frozenset(
    {Kind.DOCKER_ARCHIVE, Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE, Kind.OCI_LAYOUT},
)
_DOCUMENTS = frozenset({MANIFEST_JSON, INDEX_JSON, OCI_LAYOUT, REPOSITORIES})
_OF_V1 = frozenset({"json", "layer.tar", "VERSION"})


class UnreferencedMember(Check):
    """Nothing in the image refers to a member.

    What it means:
        The member is none of the files that say what the image is, and neither these nor an index
        or manifest name it. What Docker, Podman and skopeo add for older readers (folders with
        `json`, `VERSION` and `layer.tar`, and since Docker 25 a config of the old form for each
        layer) is not reported.

    Why it matters:
        It takes space, and no engine brings it into an image. It may be a leftover of another
        image, or something that was meant to be part of this one.

    How to fix it:
        Copy the image with skopeo or crane, which takes along only what belongs to it, or delete
        the member.

    References:
        - OCI image-spec 1.1, image-layout.md, "Blobs": blobs may be unreferenced
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
    """

    id = "ARC023"
    name = "unreferenced-member"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Only images refer to members, and only documents that were read tell to which."""
        if archive.kind not in _KINDS:
            return "the archive holds no image that refers to its members"
        if not archive.is_read_to_end or archive.compression.error is not None:
            return "the archive was not read to its end"
        if archive.docker is not None and archive.docker.blob and not archive.docker.items:
            return f"{MANIFEST_JSON} lists no image"
        if archive.oci is not None and archive.oci.root_index is None:
            return f"{INDEX_JSON} is missing or cannot be read"
        if archive.oci is not None and (archive.oci.unfollowed or not archive.oci.manifests):
            return f"not all that {INDEX_JSON} refers to can be read"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the files that no path or digest leads to."""
        entries = archive.entries
        known = _referenced(archive)
        for position in entries.of_kind(REGULAR, CONTIGUOUS, GNU_SPARSE, SYMLINK, HARD_LINK):
            path = entries.paths[position]
            if position in known or _is_expected(archive, path, known):
                continue
            if _is_v1_config(archive.members.blobs.get(position)):
                continue
            name, offset = entries.name(position), entries.offsets[position]
            yield self.finding(
                archive,
                f"nothing refers to {name} ({entries.sizes[position]} bytes)",
                at={"member": name, "offset": offset},
            )


def _is_expected(archive: Archive, path: str, known: frozenset[int]) -> bool:
    """Whether a path is a known one, or leads to what is referred to, or was reported as a copy."""
    if path in _DOCUMENTS:
        return True
    folder, _, base = path.rpartition("/")
    if base in _OF_V1 and _identifier().fullmatch(folder):
        return True
    found = archive.members.find(path)
    return found is not None and found.position in known


@cache
def _identifier() -> re.Pattern[str]:
    return re.compile(r"[0-9a-f]{64}")


def _is_v1_config(blob: Blob | None) -> bool:
    """Whether a blob is a config of the form before Docker 1.10, as Docker 25 adds for each layer.

    Such configs have an id or the settings of a container, and no root filesystem.
    """
    value = None if blob is None or blob.document is None else blob.document.value
    document = mapping(value)
    return "rootfs" not in document and ("container_config" in document or "id" in document)


def _referenced(archive: Archive) -> frozenset[int]:
    found = (archive.members.find(path) for path in _paths(archive))
    return frozenset(entry.position for entry in found if entry is not None)


def _paths(archive: Archive) -> Iterator[str]:
    # A document may be a link to where it is.
    yield from _DOCUMENTS
    if archive.docker is not None:
        yield from _docker_paths(archive.docker)
    for descriptor in () if archive.oci is None else _descriptors(archive.oci):
        digest = descriptor.digest
        if digest is not None:
            yield digest.blob_path


def _docker_paths(half: DockerHalf) -> Iterator[str]:
    for item in half.items:
        if item.config:
            yield item.config
        yield from filter(None, item.layers)


def _descriptors(half: OciHalf) -> Iterable[Descriptor]:
    for index in half.indexes:
        yield from index.manifests
    for manifest in half.manifests:
        yield from manifest.layers
        yield from (each for each in (manifest.config, manifest.subject) if each is not None)
