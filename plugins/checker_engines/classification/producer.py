"""Which tool wrote an archive, recognised by the traits that each tool leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checker.model.archive import Archive, Kind
from checker.model.image import CONTAINERD_NAME, Config, mapping, text
from checker.model.names import DOCKER_ENV, REPOSITORIES, is_hex

DOCKER_24 = "docker save (Docker 24 or earlier)"
DOCKER_25 = "docker save (Docker 25 or later)"
DOCKER_CONTAINERD = "docker save (Docker with the containerd image store)"
DOCKER_EXPORT = "docker export"
CONTAINERS_IMAGE = "podman save or skopeo copy"
BUILDAH = "buildah or podman build"
BUILDKIT = "BuildKit"
CRANE = "crane"
KANIKO = "kaniko"
BAZEL = "Bazel"
NIX = "Nix dockerTools"
UMOCI = "umoci"

# What is before and after the 64 digits of a name.
_ID_CONFIG = ("", ".json")
_ID_LAYER = ("", "/layer.tar")
_DIFF_ID_LAYER = ("", ".tar")
_CRANE_CONFIG = ("sha256:", "")
_CRANE_LAYER = ("", ".tar.gz")
_BLOB = ("blobs/sha256/", "")
_DIGITS = 64
# Written by containers/image, with a space after the colon; Go's encoder writes none.
_CONTAINERS_LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'
_CREATED = "org.opencontainers.image.created"
_STORE_PATHS = "store paths:"
_NIX_STORE = "nix/store"
_BUILDAH_LABEL = "io.buildah.version"


def find_producer(archive: Archive) -> str | None:
    """The tool that wrote the archive; None if it is not recognised."""
    detect = _DETECTORS.get(archive.kind)
    return None if detect is None else detect(archive)


def _flat(archive: Archive) -> str | None:
    return DOCKER_EXPORT if DOCKER_ENV in archive.entries.by_path else None


def _docker_archive(archive: Archive) -> str | None:
    configs, layers = _docker_paths(archive)
    if not configs:
        return None
    if _all(_CRANE_CONFIG, configs) and _all(_CRANE_LAYER, layers):
        return KANIKO if "kaniko" in _authors(archive) else CRANE
    if "Bazel" in _authors(archive) or (_all(_BLOB, configs) and _all(_BLOB, layers)):
        return BAZEL
    if not _all(_ID_CONFIG, configs):
        return None
    if _all(_DIFF_ID_LAYER, layers):
        return _containers_image(archive)
    if _all(_ID_LAYER, layers):
        return NIX if _is_by_nix(archive) else _docker_24(archive, layers)
    return None


def _docker_24(archive: Archive, layers: list[str]) -> str | None:
    """Docker, if all directories of layers have its files; lower layers may have been removed."""
    folders = {layer.partition("/")[0] for layer in layers if layer in archive.members}
    versions = [f"{folder}/VERSION" in archive.members for folder in folders]
    return DOCKER_24 if versions and all(versions) else None


def _is_by_nix(archive: Archive) -> bool:
    """Whether the history lists store paths, or a layer has the store of Nix."""
    comments = (
        text(step.get("comment")) or "" for config in _configs(archive) for step in config.history
    )
    if any(comment.startswith(_STORE_PATHS) for comment in comments):
        return True
    layers = (layer for image in archive.images for layer in image.layers)
    return any(_NIX_STORE in layer.entries.directories for layer in layers)


def _legacy(archive: Archive) -> str | None:
    ids = () if archive.docker is None else archive.docker.legacy_ids
    return DOCKER_24 if all(f"{name}/VERSION" in archive.members for name in ids) else None


def _hybrid(archive: Archive) -> str | None:
    document = None if archive.docker is None else archive.docker.document
    items = document.value if document is not None and isinstance(document.value, list) else []
    # Only Docker's classic store writes `repositories` next to an OCI layout.
    if any("LayerSources" in mapping(item) for item in items) or REPOSITORIES in archive.members:
        return DOCKER_25
    if _index_annotation(archive, _CREATED):
        return BUILDKIT
    if _index_annotation(archive, CONTAINERD_NAME) or items:
        return DOCKER_CONTAINERD
    return None


def _layout(archive: Archive) -> str | None:
    if any("umoci" in step for step in _steps(archive)):
        return UMOCI
    layout = None if archive.oci is None else archive.oci.layout
    raw = None if layout is None or layout.document is None else layout.document.raw
    if raw == _CONTAINERS_LAYOUT:
        return _containers_image(archive)
    if _index_annotation(archive, _CREATED):
        return BUILDKIT
    return None


def _containers_image(archive: Archive) -> str:
    labels = (mapping(config.settings.get("Labels")) for config in _configs(archive))
    return BUILDAH if any(_BUILDAH_LABEL in one for one in labels) else CONTAINERS_IMAGE


def _docker_paths(archive: Archive) -> tuple[list[str], list[str]]:
    items = () if archive.docker is None else archive.docker.items
    configs = [item.config for item in items if item.config is not None]
    return configs, [layer for item in items for layer in item.layers]


def _all(form: tuple[str, str], names: list[str]) -> bool:
    begin, end = form
    return all(
        name.startswith(begin)
        and name.endswith(end)
        and is_hex(name[len(begin) : len(name) - len(end)], _DIGITS)
        for name in names
    )


def _configs(archive: Archive) -> Iterator[Config]:
    return (image.config for image in archive.images if image.config is not None)


def _authors(archive: Archive) -> set[str | None]:
    found: set[str | None] = set()
    for config in _configs(archive):
        found.add(text(mapping(config.document.value).get("author")))
        found.update(text(step.get("author")) for step in config.history)
    return found


def _steps(archive: Archive) -> Iterator[str]:
    for config in _configs(archive):
        for step in config.history:
            yield text(step.get("created_by")) or ""


def _index_annotation(archive: Archive, key: str) -> bool:
    index = None if archive.oci is None else archive.oci.root_index
    return index is not None and any(key in one.annotations for one in index.manifests)


_DETECTORS: dict[Kind, Callable[[Archive], str | None]] = {
    Kind.ROOTFS: _flat,
    Kind.LAYER: _flat,
    Kind.DOCKER_ARCHIVE: _docker_archive,
    Kind.DOCKER_ARCHIVE_LEGACY: _legacy,
    Kind.DOCKER_OCI_ARCHIVE: _hybrid,
    Kind.OCI_ARCHIVE: _layout,
    Kind.OCI_LAYOUT: _layout,
}
