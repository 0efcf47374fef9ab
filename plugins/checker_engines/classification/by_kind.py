"""Classification: can it be loaded, can it be imported, what is kept, and how it is restored."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from checker.model.archive import IMAGE_KINDS, Archive, Kind
from checker.model.compression import CompressionKind
from checker.verdicts import Classification, Loadable
from checker_engines.classification.obstacles import image_obstacle, reading_obstacle
from checker_engines.classification.producer import find_producer

LOST_ON_IMPORT = (
    "CMD, ENTRYPOINT, ENV, USER, WORKDIR, EXPOSE and the layers are not in this file: docker "
    "import creates a single-layer image without them."
)
HOW_TO_CHANGE = (
    "Set the metadata during the import: `docker import --change 'CMD [\"/bin/sh\"]' "
    "--change 'ENV PATH=/usr/bin:/bin' {path} name:tag`"
)
_IMPORT_RUINS = (
    "docker import exits 0 but creates an image whose single layer contains the archive's JSON "
    "files and blobs, and which cannot start"
)


def classify(archive: Archive, quoted_path: str) -> Classification:
    """Classify an archive.

    Args:
        archive: The facts.
        quoted_path: Its path, quoted for a command line; ``-`` for standard input.
    """
    if archive.damage is not None:
        reason = f"the file is {archive.damage.summary}"
        return _nothing(reason, reason)
    found = _BY_KIND[archive.kind](archive, quoted_path)
    obstacle = reading_obstacle(archive)
    if obstacle is not None:
        found = found._replace(
            loadable=Loadable.NO,
            loadable_reason=obstacle,
            importable=False,
            importable_reason=obstacle,
            restore=None,
            advice=(),
        )
    return found._replace(producer=find_producer(archive))


def _image(archive: Archive, quoted_path: str) -> Classification:
    found = _IMAGES[archive.kind](archive, quoted_path)
    if archive.compression.kind is CompressionKind.ZSTD and found.loadable is Loadable.YES:
        found = found._replace(
            loadable=Loadable.DEPENDS,
            loadable_reason="the archive is compressed with zstd, which needs Docker 23 or later",
        )
    obstacle = image_obstacle(archive)
    if obstacle is None:
        return found
    return found._replace(loadable=Loadable.NO, loadable_reason=obstacle, restore=None, advice=())


def _image_of(loadable: Loadable, reason: str, restore: str, *advice: str) -> Classification:
    return Classification(
        producer=None,
        loadable=loadable,
        loadable_reason=reason,
        importable=False,
        importable_reason=_IMPORT_RUINS,
        keeps_layers=True,
        keeps_metadata=True,
        restore=restore,
        advice=advice,
    )


def _docker_archive(archive: Archive, quoted_path: str) -> Classification:
    del archive
    return _image_of(
        Loadable.YES,
        "it is an image archive with manifest.json, config and layers",
        _load("docker", quoted_path),
    )


def _legacy(archive: Archive, quoted_path: str) -> Classification:
    del archive
    return _image_of(
        Loadable.DEPENDS,
        "it has no manifest.json: only Docker 28 and earlier load this legacy format",
        _load("docker", quoted_path),
        "Load it with Docker 28 or earlier and save it again, which writes a manifest.json.",
    )


def _oci_archive(archive: Archive, quoted_path: str) -> Classification:
    del archive
    return _image_of(
        Loadable.DEPENDS,
        "it is an OCI archive without manifest.json: podman and Docker with the containerd image "
        "store load it, Docker's classic store does not",
        _load("podman", quoted_path),
        "For Docker's classic store: "
        f"`skopeo copy oci-archive:{quoted_path} docker-archive:image.tar:name:tag`, then "
        "`docker load -i image.tar`",
    )


def _oci_layout(archive: Archive, quoted_path: str) -> Classification:
    del archive
    return _image_of(
        Loadable.DEPENDS,
        "it is an OCI layout directory: podman loads it, docker load requires a tar file",
        _load("podman", quoted_path),
        f"For Docker: `skopeo copy oci:{quoted_path} docker-archive:image.tar:name:tag`, then "
        "`docker load -i image.tar`",
    )


def _load(engine: str, quoted_path: str) -> str:
    return f"{engine} load" if quoted_path == "-" else f"{engine} load -i {quoted_path}"


def _rootfs(archive: Archive, quoted_path: str) -> Classification:
    del archive
    return Classification(
        producer=None,
        loadable=Loadable.NO,
        loadable_reason="docker load finds no manifest.json: it is a root filesystem, not an image",
        importable=True,
        importable_reason="it is a flat root filesystem",
        keeps_layers=False,
        keeps_metadata=False,
        restore=f"docker import {quoted_path} name:tag",
        advice=(LOST_ON_IMPORT, HOW_TO_CHANGE.format(path=quoted_path)),
    )


def _layer(archive: Archive, quoted_path: str) -> Classification:
    del archive, quoted_path
    return _nothing(
        "it is a single layer, a changeset with whiteouts, without manifest and config",
        "it contains whiteouts: importing it restores only the changes of this layer",
    )


def _wrapped(archive: Archive, quoted_path: str) -> Classification:
    folder = archive.members.top_directory or "."
    reason = f"the image is one directory too deep, in {folder}/: engines read the top level only"
    commands = (
        f"tar -xf {quoted_path} && tar -C {shlex.quote(folder)} -cf image.tar . && "
        "docker load -i image.tar"
    )
    return _nothing(reason, _IMPORT_RUINS)._replace(advice=(f"Repack the directory: `{commands}`",))


def _nested(archive: Archive, quoted_path: str) -> Classification:
    inner = archive.entries.name(archive.nested_images[0])
    quoted = shlex.quote(inner)
    found = _nothing(
        f"the image is a file inside this archive: {inner}",
        f"the imported root filesystem would contain the file {inner}, not the image",
    )
    command = f"tar -xf {quoted_path} {quoted} && docker load -i {quoted}"
    return found._replace(advice=(f"Extract it first: `{command}`",))


def _empty(archive: Archive, quoted_path: str) -> Classification:
    del archive, quoted_path
    return _nothing(
        "the archive is empty", "the archive is empty: the image would contain no files"
    )


def _unknown(archive: Archive, quoted_path: str) -> Classification:
    del archive, quoted_path
    return _nothing(
        "it has no manifest.json, index.json or oci-layout",
        "it does not look like a root filesystem: no usual directory and no program at the top "
        "level",
    )


def _not_a_tar(archive: Archive, quoted_path: str) -> Classification:
    del archive, quoted_path
    return _nothing("it is not a tar archive", "it is not a tar archive")


def _nothing(loadable_reason: str, importable_reason: str) -> Classification:
    return Classification(
        producer=None,
        loadable=Loadable.NO,
        loadable_reason=loadable_reason,
        importable=False,
        importable_reason=importable_reason,
        keeps_layers=False,
        keeps_metadata=False,
        restore=None,
    )


Classifier = Callable[[Archive, str], Classification]
_IMAGES: dict[Kind, Classifier] = {
    Kind.DOCKER_ARCHIVE: _docker_archive,
    Kind.DOCKER_OCI_ARCHIVE: _docker_archive,
    Kind.DOCKER_ARCHIVE_LEGACY: _legacy,
    Kind.OCI_ARCHIVE: _oci_archive,
    Kind.OCI_LAYOUT: _oci_layout,
}
_BY_KIND: dict[Kind, Classifier] = {
    **dict.fromkeys(IMAGE_KINDS, _image),
    Kind.ROOTFS: _rootfs,
    Kind.LAYER: _layer,
    Kind.WRAPPED: _wrapped,
    Kind.NESTED: _nested,
    Kind.EMPTY: _empty,
    Kind.UNKNOWN: _unknown,
    Kind.NOT_A_TAR: _not_a_tar,
}
