"""The archives in which the rules of this bundle can find anything.

Each scope includes at least the archives in which one of its rules has a finding.
"""

from __future__ import annotations

from checker import Archive, CompressionKind, Entry, Kind
from checker.checks.listed import Scope
from checker.model.entries import REGULAR, SYMLINK, clean_path
from checker.model.image import ManifestItem
from checker.model.names import MANIFEST_JSON, REPOSITORIES

MOST_LAYERS = 125
"""The most layers that Docker's classic store supports (layer_store.go, maxLayerDepth)."""
_NO_REPOSITORIES = f"the archive does not contain {REPOSITORIES}"
_REGULAR, _SYMLINK = ord(REGULAR), ord(SYMLINK)
_READ_BY_ALL = frozenset({CompressionKind.NONE, CompressionKind.GZIP})
_WITH_VERSION_FILES = frozenset(
    {Kind.DOCKER_ARCHIVE, Kind.DOCKER_ARCHIVE_LEGACY, Kind.DOCKER_OCI_ARCHIVE}
)


def _items(archive: Archive) -> tuple[ManifestItem, ...]:
    return () if archive.docker is None else archive.docker.items


def _has_manifest_json(archive: Archive) -> bool:
    return archive.docker is not None and archive.docker.blob is not None


def _is_cut(archive: Archive) -> bool:
    """Whether not all was read; rules about missing files say why they are skipped then."""
    is_damaged = archive.tar.fatal is not None or archive.compression.error is not None
    return is_damaged or bool(archive.limits)


def _has_odd_paths(archive: Archive) -> bool:
    """Whether manifest.json or a path in it is not exactly that of one regular file."""
    entries = archive.entries
    paths = [path for item in _items(archive) for path in (*item.layers, item.config) if path]
    positions = [entries.by_path.get(path) for path in (MANIFEST_JSON, *paths)]
    is_plain = all(each is not None and entries.kinds[each] == _REGULAR for each in positions)
    return not is_plain or any(len(set(item.layers)) < len(item.layers) for item in _items(archive))


def _has_doubtful_symlinks(archive: Archive) -> bool:
    """Whether a symlink, except those that manifest.json lists, does not lead to a file."""
    entries = archive.entries
    listed = (path for item in _items(archive) for path in (*item.layers, item.config) if path)
    cleaned = set(map(clean_path, listed)) if _SYMLINK in entries.kinds else set[str]()
    others = (entries.paths[i] for i in entries.of_kind(SYMLINK) if entries.paths[i] not in cleaned)
    return not all(_is_file(archive.members.find(path)) for path in others)


def _is_file(entry: Entry | None) -> bool:
    return entry is not None and entry.is_file


def _has_odd_names(archive: Archive) -> bool:
    """Whether an image has no name, or there are several names."""
    counts = [len(item.repo_tags) for item in _items(archive)]
    return 0 in counts or sum(counts) > 1


def _has_configs_with_other_names(archive: Archive) -> bool:
    """Whether the file name of a config is not its digest."""
    for item in _items(archive):
        blob = archive.members.blob(item.config) if item.config else None
        if item.config and blob is not None:
            encoded = blob.digests["sha256"]
            if not item.config.endswith((encoded, f"{encoded}.json")):
                return True
    return False


def _is_compressed_unusually(archive: Archive) -> bool:
    blobs = archive.members.blobs.values()
    return not _READ_BY_ALL.issuperset(blob.compression.kind for blob in blobs)


def _has_version_files(archive: Archive) -> bool:
    # The names of all members at once, as there may be many.
    return archive.kind in _WITH_VERSION_FILES and "VERSION/" in "/".join(
        (*archive.entries.by_path, "")
    )


def _has_or_needs_repositories(archive: Archive) -> bool:
    docker = archive.docker
    return docker is not None and (docker.blob is None or docker.repositories is not None)


MANIFEST_JSONS = Scope(_has_manifest_json, f"the archive does not contain {MANIFEST_JSON}")
"""Archives with manifest.json."""
DOCKER_ARCHIVES = Scope(
    lambda archive: archive.docker is not None,
    f"{MANIFEST_JSON} does not list an image, or its names are not references",
)
"""Archives with any file of a Docker archive, for a comparison of names."""
WITH_REPOSITORIES = Scope(
    lambda archive: archive.docker is not None and archive.docker.repositories is not None,
    _NO_REPOSITORIES,
)
"""Archives with repositories."""
REPOSITORIES_EXPECTED = Scope(_has_or_needs_repositories, _NO_REPOSITORIES)
"""Archives with repositories, and those that must have it."""
HYBRIDS = Scope(
    lambda archive: archive.kind is Kind.DOCKER_OCI_ARCHIVE,
    f"the archive does not contain both {MANIFEST_JSON} and an OCI image layout",
)
"""Docker archives that are image layouts as well."""
NO_HYBRIDS = Scope(
    lambda archive: archive.kind is Kind.DOCKER_ARCHIVE,
    "the archive is not a Docker archive without an OCI layout",
)
"""Docker archives that are nothing else."""
FORMAT_BEFORE_2015 = Scope(
    lambda archive: archive.kind is Kind.DOCKER_ARCHIVE_LEGACY,
    "the archive is not a Docker archive in the format before 2015",
)
"""Docker archives without manifest.json."""

LEGACY = Scope(lambda archive: archive.kind is Kind.DOCKER_ARCHIVE_LEGACY, None)
ODD_PATHS = Scope(_has_odd_paths, None)
ODD_OR_MISSING_PATHS = Scope(lambda archive: _is_cut(archive) or _has_odd_paths(archive), None)
ODD_NAMES = Scope(_has_odd_names, None)
CONFIGS_WITH_OTHER_NAMES = Scope(_has_configs_with_other_names, None)
UNUSUAL_COMPRESSION = Scope(_is_compressed_unusually, None)
MANY_LAYERS = Scope(
    lambda archive: any(len(image.layers) > MOST_LAYERS for image in archive.images), None
)
SYMLINKS = Scope(lambda archive: _is_cut(archive) or _has_doubtful_symlinks(archive), None)
VERSION_FILES = Scope(_has_version_files, None)
