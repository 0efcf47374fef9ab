"""What is said of a directory: most engines read tar files, so its content is packed for them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from checker.model.archive import IMAGE_KINDS, Archive, Kind
from checker.model.entries import Entries
from checker.model.known_kind import SKOPEO_DIRECTORY, KnownKind
from checker.model.names import INDEX_JSON, MANIFEST_JSON
from checker.model.shell import quote_word
from checker.verdicts import Classification, Loadable
from checker_engines.classification.conversion import Conversion
from checker_engines.classification.import_advice import import_advice
from checker_engines.classification.not_restorable import not_restorable
from checker_engines.classification.producer import find_producer
from checker_engines.classification.takers import IMPORT, Takers

_NO_IMPORT = "docker import reads a tar file, and this is a directory"
_LOST = (
    "CMD, ENTRYPOINT, ENV, USER, WORKDIR, EXPOSE and the layers are not in this directory: docker "
    "import creates a single-layer image without them."
)
_DOCKER_LOAD = "docker load"
_PODMAN_LOAD = "podman load"


def classify_directory(
    archive: Archive, quoted_path: str, takers: Takers, packed: Takers, conversion: Conversion
) -> Classification:
    """What the kind of a directory says of it; whether engines take it is for their verdicts.

    Args:
        archive: The facts.
        quoted_path: Its path, quoted for a command line.
        takers: The engines that accept the directory.
        packed: The engines that accept its content, packed in a tar.
        conversion: What its conversion gives.
    """
    found = _unknown(archive, quoted_path, packed)
    if archive.known_kind is not None:
        found = _known(archive.known_kind, quoted_path, takers)
        if conversion.is_for_docker(archive.images):
            copying = _copying_dir(archive.known_kind, quoted_path, takers)
            found = found._replace(advice=(*found.advice, *copying))
    elif archive.kind in IMAGE_KINDS:
        found = _image(archive, quoted_path, packed)
        if conversion.is_for_docker(archive.images):
            copying = _copying(archive, quoted_path, takers)
            found = found._replace(advice=(*found.advice, *copying))
    elif archive.kind in _BY_KIND:
        found = _BY_KIND[archive.kind](archive, quoted_path, packed)
    return found._replace(producer=find_producer(archive))


def _image(archive: Archive, quoted_path: str, packed: Takers) -> Classification:
    is_layout = archive.oci is not None
    reason = (
        "it is an OCI layout directory: podman loads it, docker load requires a tar file"
        if is_layout
        else "it is the content of a Docker archive in a directory: docker load requires a tar file"
    )
    return not_restorable(
        reason,
        _NO_IMPORT,
        *_packing(quoted_path, packed),
    )._replace(
        loadable=Loadable.DEPENDS if is_layout else Loadable.NO,
        keeps_layers=True,
        keeps_metadata=True,
    )


def _packing(quoted_path: str, packed: Takers) -> Iterator[str]:
    """How to pack it, if an engine loads the tar."""
    pack = f"tar -C {quoted_path} -c ."
    if packed.all_take("docker-", "load"):
        yield f"Pack it for Docker: `{pack} | {_DOCKER_LOAD}`"
    elif packed.take("docker-", "load"):
        yield f"Pack it for a version of Docker that loads it: `{pack} | {_DOCKER_LOAD}`"
    elif packed.take("podman-", "load"):
        yield f"Pack it: `{pack} | {_PODMAN_LOAD}`"


def _copying(archive: Archive, quoted_path: str, takers: Takers) -> Iterator[str]:
    """How to copy an image layout to a Docker archive, if the library that copies it reads it."""
    if archive.docker is None and takers.take("skopeo-", "oci"):
        command = f"skopeo copy oci:{quoted_path} docker-archive:image.tar:name:tag"
        yield f"Or convert it: `{command}`, then `{_DOCKER_LOAD} -i image.tar`"


def _known(known: KnownKind, quoted_path: str, takers: Takers) -> Classification:
    told = f"{known.readers[0].upper()}{known.readers[1:]}"
    place = _joined(quoted_path, known.directory)
    command = known.command_for_directory(place)
    advice = f"{told}." if command is None else f"{told}: `{command}`"
    if known.name != SKOPEO_DIRECTORY:
        return not_restorable(known.reason, known.reason, advice)
    if known.directory:
        reason = f"it is {known.title}, in the directory {known.directory}"
        return not_restorable(reason, reason, advice)
    found = not_restorable(
        f"it is {known.title}: podman loads the directory, docker load requires a tar file",
        _NO_IMPORT,
    )._replace(loadable=Loadable.DEPENDS, keeps_layers=True, keeps_metadata=True)
    return found._replace(advice=(advice,)) if takers.take("podman-", "load") else found


def _copying_dir(known: KnownKind, quoted_path: str, takers: Takers) -> Iterator[str]:
    """How to copy a ``dir:`` layout to a Docker archive, if the library that copies it reads it."""
    is_read = takers.take("podman-", "load") and takers.take("skopeo-", "dir")
    if known.name == SKOPEO_DIRECTORY and not known.directory and is_read:
        command = f"skopeo copy dir:{quoted_path} docker-archive:image.tar:name:tag"
        yield f"For Docker: `{command}`, then `{_DOCKER_LOAD} -i image.tar`"


def _rootfs(archive: Archive, quoted_path: str, packed: Takers) -> Classification:
    advice: list[str] = []
    if packed.take("docker-", IMPORT):
        pack = f"tar -C {quoted_path} -c ."
        advice.append(f"Pack it for the import: `{pack} | docker import - name:tag`")
        advice.append(_LOST)
        advice.extend(import_advice(archive, packed.host))
    return not_restorable("it is a root filesystem, not an image", _NO_IMPORT, *advice)


def _layer(archive: Archive, quoted_path: str, packed: Takers) -> Classification:
    del archive, quoted_path, packed
    return not_restorable(
        "it is a single layer, a changeset with whiteouts, without manifest and config", _NO_IMPORT
    )


def _wrapped(archive: Archive, quoted_path: str, packed: Takers) -> Classification:
    del packed
    directory = archive.image_directory or ""
    place = _joined(quoted_path, directory)
    found = not_restorable(
        f"the image is in {directory}/: engines read the top level only", _NO_IMPORT
    )
    return found._replace(advice=(f"Name that directory: `{_loading(archive, place)}`",))


def _loading(archive: Archive, place: str) -> str:
    """The command that loads a sound image of the form that is in a directory below."""
    start = archive.image_directory or ""
    is_layout = posixpath.join(start, INDEX_JSON) in archive.members
    has_list = posixpath.join(start, MANIFEST_JSON) in archive.members
    if is_layout and not has_list:
        return f"{_PODMAN_LOAD} -i {place}"
    return f"tar -C {place} -c . | {_DOCKER_LOAD}"


def _nested(archive: Archive, quoted_path: str, packed: Takers) -> Classification:
    del packed
    position = archive.nested_images[0]
    inner = archive.entries.paths[position]
    found = not_restorable(f"the image is a file in this directory: {inner}", _NO_IMPORT)
    blob = archive.members.blobs.get(position)
    entries = Entries() if blob is None or blob.tar is None else blob.tar.entries
    program = _DOCKER_LOAD if MANIFEST_JSON in entries.by_path else _PODMAN_LOAD
    return found._replace(advice=(f"Load it: `{program} -i {_joined(quoted_path, inner)}`",))


def _unknown(archive: Archive, quoted_path: str, packed: Takers) -> Classification:
    del packed
    directory = archive.root_directory
    if directory is None:
        return not_restorable(
            "it has no manifest.json, index.json or oci-layout",
            "it does not look like a root filesystem: it has no programs and no files of a system",
        )
    found = not_restorable(
        "it has no manifest.json, index.json or oci-layout",
        f"the root filesystem is in {directory}/",
    )
    command = f"tar -C {_joined(quoted_path, directory)} -c . | docker import - name:tag"
    return found._replace(advice=(f"Import that directory: `{command}`",))


def _empty(archive: Archive, quoted_path: str, packed: Takers) -> Classification:
    del archive, quoted_path, packed
    return not_restorable("the directory is empty", "the directory is empty")


def _joined(quoted_path: str, below: str) -> str:
    """The path of what is in a directory, quoted for a shell."""
    return quoted_path if not below else f"{quoted_path.rstrip('/')}/{quote_word(below)}"


_BY_KIND: dict[Kind, Callable[[Archive, str, Takers], Classification]] = {
    Kind.ROOTFS: _rootfs,
    Kind.LAYER: _layer,
    Kind.WRAPPED: _wrapped,
    Kind.NESTED: _nested,
    Kind.EMPTY: _empty,
    Kind.UNKNOWN: _unknown,
}
