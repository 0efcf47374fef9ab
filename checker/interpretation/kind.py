"""What kind of archive it is, told from its members alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from checker.interpretation.images import has_image_files
from checker.isolation import Steps
from checker.model.archive import DockerArchive, Kind, OciLayout, Source
from checker.model.entries import HARD_LINK, REGULAR, SYMLINK, WINDOWS_DIRECTORIES, Entries
from checker.model.members import Members
from checker.model.names import (
    DOCKER_ENV,
    INDEX_JSON,
    MANIFEST_JSON,
    OCI_LAYOUT,
    ROOT_DIRECTORIES,
    is_hex,
)
from checker.model.tar import AnomalyKind, Tar
from checker.patterns import pattern

_SURE = 3
_EXECUTABLE = 0o111
_ARCHIVE_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tar.bz2")
_REGULAR = ord(REGULAR)
_LINKS = frozenset({ord(SYMLINK), ord(HARD_LINK)})
_MOST_WRAPS = 32
_MOST_TRIED = 32
_IMAGE_FILES = tuple(f"/{name}" for name in (MANIFEST_JSON, INDEX_JSON, OCI_LAYOUT))
_PART_OF_IMAGE = pattern(
    r"[0-9a-f]{64}(\.json|\.tar|/layer\.tar)?|[^/]+/layer\.tar|sha256:[0-9a-f]{64}"
)
_ID_DIGITS = 64
_PROGRAM_DIRECTORIES = frozenset(
    {"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"}
)
# Nix and Guix have a directory for each package, and images often nothing else.
_STORE = pattern(r"(?:nix|gnu)/store/[^/]+/s?bin")
# Executable as well, in packages and on file systems without modes.
_NOT_PROGRAMS = frozenset(
    {
        *("install", "uninstall", "setup", "configure", "makefile", "gradlew", "mvnw", "version"),
        *("readme", "license", "notice", "copying", "changelog", "control", "checksums"),
        *("dockerfile", "containerfile", "vagrantfile", "jenkinsfile"),
    }
)
_SYSTEM_FILES = frozenset(
    {
        *(DOCKER_ENV, "etc/passwd", "etc/os-release", "usr/lib/os-release"),
        *("bin/sh", "bin/bash", "bin/busybox", "usr/bin/sh", "sbin/init", "usr/sbin/init"),
    }
)
# What software that is installed in a directory of its choice has there as well.
_PREFIX_DIRECTORIES = frozenset({"bin", "sbin", "lib", "lib64", "etc", "opt", "var", "usr", "tmp"})
_ROOT_NAME = pattern(r"root|chroot|fs$|export|container", re.IGNORECASE)
# What build contexts and packages of software have beside programs.
_OTHER_FILES = frozenset({"Dockerfile", "Containerfile", ".PKGINFO"})
_ROOT_MARKS = pattern(r"/(?:\.dockerenv$|etc/|bin/|usr/|Windows/)")


def find_kind(
    source: Source,
    tar: Tar,
    members: Members,
    docker: DockerArchive | None,
    oci: OciLayout | None,
    steps: Steps,
) -> Kind:
    """The kind of an archive whose Docker archive and image layout are known.

    Args:
        source: What the bytes came from.
        tar: Its tar.
        members: Its members.
        docker: What it has for ``docker load``.
        oci: Its image layout.
        steps: Runs the searches in what is not an image; one that fails has found nothing.
    """
    entries = tar.entries
    if not entries.by_path:
        # A global header is not a member.
        fatal = tar.fatal
        return Kind.EMPTY if fatal is None else _kind_without_entries(fatal.kind)
    if is_surely_rootfs(entries):
        return _flat_kind(entries)
    oci_there = oci is not None and _is_oci(oci, members)
    if docker is not None and docker.blob is not None and not _is_one_manifest(docker):
        return Kind.DOCKER_OCI_ARCHIVE if oci_there else Kind.DOCKER_ARCHIVE
    if oci_there:
        return Kind.OCI_LAYOUT if source is Source.DIRECTORY else Kind.OCI_ARCHIVE
    if docker is not None and docker.blob is None:
        # manifest.json comes last, so a truncated archive may be either.
        return Kind.DOCKER_ARCHIVE if tar.fatal else Kind.DOCKER_ARCHIVE_LEGACY
    found = _kind_without_image(members, steps)
    if found is Kind.UNKNOWN and source is Source.DIRECTORY and "blobs" in _top_names(entries):
        return Kind.OCI_LAYOUT
    return found


def _is_one_manifest(docker: DockerArchive) -> bool:
    """Whether ``manifest.json`` is an image manifest, as in skopeo's dir: layout, not a list."""
    value = None if docker.document is None else docker.document.value
    return isinstance(value, Mapping) and "schemaVersion" in value


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


def _kind_without_image(members: Members, steps: Steps) -> Kind:
    entries = members.entries
    if nested_images(members, steps):
        return Kind.NESTED
    if has_root_at(entries, "") and not _is_other_kind(entries):
        return _flat_kind(entries)
    if image_directory(members, steps) is not None:
        return Kind.WRAPPED
    if _has_lone_program(entries) and root_directory(members, steps) is None:
        return _flat_kind(entries)
    return Kind.LAYER if entries.whiteouts else Kind.UNKNOWN


def image_directory(members: Members, steps: Steps) -> str | None:
    """The directory whose content is an image archive; None if there is none.

    The files of an image may be any number of directories down, as tar packs them when it is given
    a path, and other files may be beside them.
    """
    return steps.run("looking for an image in a directory", lambda: _image_directory(members), None)


def _image_directory(members: Members) -> str | None:
    by_path = members.entries.by_path
    candidates = {
        path.rpartition("/")[0]
        for path in by_path
        if path.endswith(_IMAGE_FILES) and path.count("/") <= _MOST_WRAPS
    }
    # The oldest form has a directory for each layer, and no file that lists them.
    candidates |= {
        path.rsplit("/", 2)[0]
        for path in by_path
        if path.endswith("/layer.tar") and 1 < path.count("/") <= _MOST_WRAPS
    }
    tried = sorted(candidates, key=_depth)[:_MOST_TRIED]
    found = (each for each in tried if _is_image_directory(by_path, each))
    return next(found, None)


def _depth(directory: str) -> tuple[int, str]:
    return directory.count("/"), directory


def _is_image_directory(by_path: Mapping[str, int], directory: str) -> bool:
    if f"{directory}/{OCI_LAYOUT}" in by_path:
        return True
    start = f"{directory}/"
    return is_image_directory(
        frozenset(path.removeprefix(start) for path in by_path if path.startswith(start))
    )


def is_image_directory(names: AbstractSet[str]) -> bool:
    """Whether a directory has the files of an image, not only one of a common name.

    Args:
        names: The paths of what is in it, as far as they are known.
    """
    if OCI_LAYOUT in names:
        return True
    if is_dir_layout(names):
        return False
    if INDEX_JSON in names:
        return any(name == "blobs" or name.startswith("blobs/") for name in names)
    return any(_PART_OF_IMAGE.fullmatch(name) for name in names)


def is_dir_layout(names: AbstractSet[str]) -> bool:
    """Whether a directory has the files of skopeo's dir: layout, by their names alone."""
    return {MANIFEST_JSON, "version"} <= names and any(is_hex(name, _ID_DIGITS) for name in names)


def nested_images(members: Members, steps: Steps) -> tuple[int, ...]:
    """Positions of the members that are image archives themselves."""
    return steps.run("looking for images in members", lambda: _nested_images(members), ())


def _nested_images(members: Members) -> tuple[int, ...]:
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
    if has_root_at(entries, ""):
        depth = 0
    else:
        wrapping = Members(entries, {}).wrapping_directory
        depth = 1 if wrapping is None else wrapping.count("/") + 2
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
    """Whether there is what a root filesystem must have: a program in its place, or its files.

    A directory with a familiar name is not enough: ``tar -C / -c home/me/image`` has one, too.
    """
    return has_root_at(entries, "") or _has_lone_program(entries)


def _has_lone_program(entries: Entries) -> bool:
    """Whether there is a program at the top, where an image from scratch has its own.

    A script there is mostly one that installs what is beside it.
    """
    return _OTHER_FILES.isdisjoint(entries.by_path) and any(
        "/" not in path
        and "." not in path
        and path.lower() not in _NOT_PROGRAMS
        and _is_executable(entries, position)
        for path, position in entries.by_path.items()
    )


def _is_other_kind(entries: Entries) -> bool:
    """Whether a Dockerfile or the like is beside programs, and nothing else of a root."""
    return not _OTHER_FILES.isdisjoint(entries.by_path) and not _has_system_at(entries, "")


def root_directory(members: Members, steps: Steps) -> str | None:
    """The directory whose content is a root filesystem; None if there is none."""
    name = "looking for a root filesystem in a directory"
    return steps.run(name, lambda: _root_directory(members), None)


def _root_directory(members: Members) -> str | None:
    candidates = {
        path[: match.start()]
        for path in members.entries.by_path
        if (match := _ROOT_MARKS.search(path)) is not None and match.start() > 0
    }
    candidates -= ROOT_DIRECTORIES  # /usr looks much like a root, and is part of one
    tried = sorted(candidates, key=_depth)[:_MOST_TRIED]
    found = (each for each in tried if _is_root_directory(members.entries, each))
    return next(found, None)


def _is_root_directory(entries: Entries, directory: str) -> bool:
    """Whether a directory surely has a root filesystem.

    Programs below ``bin`` are not enough, unless the directory is named like a root: installed
    software has them, too.
    """
    if _has_system_at(entries, directory):
        return True
    name = directory.rpartition("/")[2]
    return _ROOT_NAME.search(name) is not None and has_root_at(entries, directory)


def has_root_at(entries: Entries, directory: str) -> bool:
    """Whether a root filesystem begins at a directory, the top if it is empty."""
    tops = _names_in(entries, directory)
    if len(tops & ROOT_DIRECTORIES) >= _SURE or _has_system_at(entries, directory):
        return True
    start = f"{directory}/" if directory else ""
    return any(
        _is_program(entries, path[len(start) :], position)
        for path, position in entries.by_path.items()
        if path.startswith(start)
    )


def _has_system_at(entries: Entries, directory: str) -> bool:
    """Whether a directory has what only root filesystems have: files or directories of a system."""
    start = f"{directory}/" if directory else ""
    if any(f"{start}{path}" in entries.by_path for path in _SYSTEM_FILES):
        return True
    tops = _names_in(entries, directory)
    known = tops & ROOT_DIRECTORIES
    is_unix = len(known) >= _SURE and not known <= _PREFIX_DIRECTORIES
    return is_unix or len(tops & WINDOWS_DIRECTORIES) > 1


def _names_in(entries: Entries, directory: str) -> frozenset[str]:
    start = f"{directory}/" if directory else ""
    return frozenset(
        path[len(start) :].partition("/")[0] for path in entries.by_path if path.startswith(start)
    )


def _is_program(entries: Entries, path: str, position: int) -> bool:
    """Whether an entry is a program where root filesystems have theirs."""
    directory = path.rpartition("/")[0]
    if directory not in _PROGRAM_DIRECTORIES and _STORE.fullmatch(directory) is None:
        return False
    return entries.kinds[position] in _LINKS or _is_executable(entries, position)


def _is_executable(entries: Entries, position: int) -> bool:
    return entries.kinds[position] == _REGULAR and bool(entries.modes[position] & _EXECUTABLE)


def _flat_kind(entries: Entries) -> Kind:
    return Kind.LAYER if entries.whiteouts else Kind.ROOTFS
