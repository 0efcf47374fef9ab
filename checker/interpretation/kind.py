"""What kind of archive it is, told from its members alone."""

from __future__ import annotations

from collections.abc import Mapping

from checker.interpretation.images import has_image_files
from checker.model.archive import DockerArchive, Kind, OciLayout, Source
from checker.model.entries import REGULAR, WINDOWS_DIRECTORIES, Entries
from checker.model.members import Members
from checker.model.names import DOCKER_ENV, INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, ROOT_DIRECTORIES
from checker.model.tar import AnomalyKind, Tar

_SURE = 3
_EXECUTABLE = 0o111
_ARCHIVE_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tar.bz2")
_REGULAR = ord(REGULAR)


def find_kind(
    source: Source,
    tar: Tar,
    members: Members,
    docker: DockerArchive | None,
    oci: OciLayout | None,
) -> Kind:
    """The kind of an archive whose Docker archive and image layout are known."""
    if source is Source.DIRECTORY:
        return Kind.OCI_LAYOUT
    entries = tar.entries
    if not entries.by_path:
        # A global header is not a member.
        fatal = tar.fatal
        return Kind.EMPTY if fatal is None else _kind_without_entries(fatal.kind)
    if is_surely_rootfs(entries):
        return _flat_kind(entries)
    oci_there = oci is not None and _is_oci(oci, members)
    if docker is not None and docker.blob is not None:
        return Kind.DOCKER_OCI_ARCHIVE if oci_there else Kind.DOCKER_ARCHIVE
    if oci_there:
        return Kind.OCI_ARCHIVE
    if docker is not None:
        # manifest.json comes last, so a truncated archive may be either.
        return Kind.DOCKER_ARCHIVE if tar.fatal else Kind.DOCKER_ARCHIVE_LEGACY
    return _kind_without_image(members)


def _kind_without_entries(anomaly: AnomalyKind) -> Kind:
    if anomaly in (AnomalyKind.NOT_A_TAR, AnomalyKind.BAD_CHECKSUM, AnomalyKind.LONE_ZERO_BLOCK):
        return Kind.NOT_A_TAR
    return Kind.UNKNOWN


def _is_oci(oci: OciLayout, members: Members) -> bool:
    if oci.layout is not None:
        return True
    document = None if oci.index_blob is None else oci.index_blob.document
    value = None if document is None else document.value
    return "blobs" in _top_names(members.entries) or (
        isinstance(value, Mapping) and "manifests" in value
    )


def _kind_without_image(members: Members) -> Kind:
    entries = members.entries
    if find_nested_images(members):
        return Kind.NESTED
    directory = members.top_directory
    if directory is not None and _has_image_files_below(entries, directory):
        return Kind.WRAPPED
    if looks_like_rootfs(entries):
        return _flat_kind(entries)
    return Kind.LAYER if entries.whiteouts else Kind.UNKNOWN


def _has_image_files_below(entries: Entries, directory: str) -> bool:
    names = (MANIFEST_JSON, INDEX_JSON, OCI_LAYOUT)
    return any(f"{directory}/{name}" in entries.by_path for name in names)


def find_nested_images(members: Members) -> tuple[int, ...]:
    """Positions of the members that are image archives themselves."""
    return tuple(
        position for position in inner_archives(members.entries) if _is_image(members, position)
    )


def _is_image(members: Members, position: int) -> bool:
    blob = members.blobs.get(position)
    if blob is None or blob.tar is None:
        return False
    return has_image_files(Members(blob.tar.entries, {}))


def inner_archives(entries: Entries) -> tuple[int, ...]:
    """Positions of the files that are named like archives, at the top or in a directory there.

    In what looks like a root filesystem, only those at the top.
    """
    depth = 0 if looks_like_rootfs(entries) else 1
    return tuple(
        position
        for path, position in entries.by_path.items()
        if path.count("/") <= depth
        and path.endswith(_ARCHIVE_ENDINGS)
        and entries.kinds[position] == _REGULAR
    )


def _top_names(entries: Entries) -> frozenset[str]:
    return frozenset(path.partition("/")[0] for path in entries.by_path)


def is_surely_rootfs(entries: Entries) -> bool:
    """Whether so much of a root is there that a ``manifest.json`` must be one of its files."""
    top_names = _top_names(entries)
    return len(top_names & ROOT_DIRECTORIES) >= _SURE and "blobs" not in top_names


def looks_like_rootfs(entries: Entries) -> bool:
    """Whether a usual directory of a root, ``.dockerenv`` or a program is at the top."""
    top_names = _top_names(entries)
    if (
        top_names & ROOT_DIRECTORIES
        or DOCKER_ENV in top_names
        or len(top_names & WINDOWS_DIRECTORIES) > 1
    ):
        return True
    return any(
        "/" not in path
        and entries.kinds[position] == _REGULAR
        and entries.modes[position] & _EXECUTABLE
        for path, position in entries.by_path.items()
    )


def _flat_kind(entries: Entries) -> Kind:
    return Kind.LAYER if entries.whiteouts else Kind.ROOTFS
