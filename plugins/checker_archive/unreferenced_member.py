"""ARC023: a member that the image does not reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker import Archive, Blob, Check, Descriptor, Finding, Kind, Severity
from checker.checks.appledouble import is_metadata
from checker.checks.backslashes import respelled
from checker.model.archive import DockerArchive, OciLayout
from checker.model.entries import CONTIGUOUS, GNU_SPARSE, HARD_LINK, REGULAR, SYMLINK
from checker.model.image import mapping
from checker.model.names import INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, REPOSITORIES, is_hex

_KINDS = frozenset(
    {Kind.DOCKER_ARCHIVE, Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE, Kind.OCI_LAYOUT},
)
_DOCUMENTS = frozenset({MANIFEST_JSON, INDEX_JSON, OCI_LAYOUT, REPOSITORIES})
_OF_V1 = frozenset({"json", "layer.tar", "VERSION"})
_ID_DIGITS = 64


class UnreferencedMember(Check):
    """A member is not referenced by the image.

    What it means:
        The member is not one of the files that describe the image, and neither these nor an index
        or manifest reference it. The files that Docker, Podman and skopeo add for older readers are
        not reported (directories with `json`, `VERSION` and `layer.tar`, and since Docker 25.0 a
        config in the old format for each layer).

    Why it matters:
        It takes up space, and engines do not add it to an image. It may be left over from another
        image, or may have been intended to be part of this one.

    How to fix it:
        Copy the image with skopeo or crane, which copy only what belongs to it, or delete the
        member.

    References:
        - OCI image-spec 1.1, image-layout.md, "Blobs": blobs may be unreferenced
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
    """

    id = "ARC023"
    name = "unreferenced-member"
    severity = Severity.NOTE
    since = "0.1.0"
    needs_digests = False

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the references of the image are not known completely."""
        if archive.kind not in _KINDS:
            return "the archive does not contain an image that references its members"
        if not archive.is_read_to_end or archive.compression.error is not None:
            return "the archive was not read to its end"
        if archive.docker is not None and archive.docker.blob and not archive.docker.items:
            return f"{MANIFEST_JSON} does not list an image"
        if archive.oci is not None and archive.oci.root_index is None:
            return f"{INDEX_JSON} is missing or cannot be read"
        if archive.oci is not None and (archive.oci.unfollowed or not archive.oci.manifests):
            return f"some of the content that {INDEX_JSON} references cannot be read"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for files that are not referenced by path or digest."""
        entries = archive.entries
        known = _referenced(archive)
        elsewhere = _respelled(archive)
        for position in entries.of_kind(REGULAR, CONTIGUOUS, GNU_SPARSE, SYMLINK, HARD_LINK):
            path = entries.paths[position]
            # A file without a name is reported by unportable-member-name.
            if not path or position in known or _is_expected(archive, path, known):
                continue
            if position in elsewhere or _is_v1_config(archive.members.blobs.get(position)):
                continue
            name, offset = entries.name(position), entries.offsets[position]
            yield self.finding(
                archive,
                f"{name} ({entries.sizes[position]} bytes) is not referenced by the image"
                f"{_of_macos(path)}",
                at={"member": name, "offset": offset},
            )


def _of_macos(path: str) -> str:
    if path.rpartition("/")[2] == ".DS_Store":
        return "; the Finder of macOS wrote it"
    return "; macOS keeps metadata in it (AppleDouble)" if is_metadata(path) else ""


def _is_expected(archive: Archive, path: str, known: frozenset[int]) -> bool:
    """Whether a path has a known name, links to a referenced file, or was reported as a copy."""
    if path in _DOCUMENTS:
        return True
    directory, _, base = path.rpartition("/")
    if base in _OF_V1 and is_hex(directory, _ID_DIGITS):
        return True
    found = archive.members.find(path)
    return found is not None and found.position in known


def _is_v1_config(blob: Blob | None) -> bool:
    """Whether a blob is a config in the format before Docker 1.10, as Docker 25.0 adds per layer.

    Such a config has an ID or the settings of a container, but not a root filesystem.
    """
    value = None if blob is None or blob.document is None else blob.document.value
    document = mapping(value)
    return "rootfs" not in document and ("container_config" in document or "id" in document)


def _referenced(archive: Archive) -> frozenset[int]:
    found = (archive.members.find(path) for path in _paths(archive))
    return frozenset(entry.position for entry in found if entry is not None)


def _respelled(archive: Archive) -> frozenset[int]:
    """Positions of the members that are referenced with other slashes.

    The rules for missing blobs and layers name them.
    """
    missing = (path for path in _paths(archive) if path not in archive.entries.by_path)
    names = (respelled(archive, path) for path in missing)
    return frozenset(archive.entries.by_path[name] for name in names if name is not None)


def _paths(archive: Archive) -> Iterator[str]:
    # A document may be a link to another member.
    yield from _DOCUMENTS
    if archive.docker is not None:
        yield from _docker_paths(archive.docker)
    for descriptor in () if archive.oci is None else _descriptors(archive.oci):
        digest = descriptor.digest
        if digest is not None:
            yield digest.blob_path


def _docker_paths(docker: DockerArchive) -> Iterator[str]:
    for item in docker.items:
        if item.config:
            yield item.config
        yield from filter(None, item.layers)


def _descriptors(layout: OciLayout) -> Iterable[Descriptor]:
    for index in layout.indexes:
        yield from index.manifests
    for manifest in layout.manifests:
        yield from manifest.layers
        yield from (each for each in (manifest.config, manifest.subject) if each is not None)
