"""Classification: can it be loaded, can it be imported, what is kept, and how it is restored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from checker.model.archive import IMAGE_KINDS, Archive, Kind
from checker.model.compression import CompressionKind
from checker.model.known_kind import KnownKind
from checker.model.names import INDEX_JSON, MANIFEST_JSON, REPOSITORIES
from checker.model.shell import quote_member, quote_word
from checker.verdicts import Classification, Host, Loadable
from checker_engines.classification.by_name import one_by_name
from checker_engines.classification.commands import docker_load, podman_load
from checker_engines.classification.conversion import Conversion
from checker_engines.classification.import_advice import import_advice
from checker_engines.classification.not_restorable import not_restorable
from checker_engines.classification.obstacles import absent_base, image_obstacle, reading_obstacle
from checker_engines.classification.producer import find_producer
from checker_engines.classification.takers import IMPORT, Takers
from checker_engines.host import for_other_hosts, without_what

LOST_ON_IMPORT = (
    "CMD, ENTRYPOINT, ENV, USER, WORKDIR, EXPOSE and the layers are not in this file: docker "
    "import creates a single-layer image without them."
)
IMPORT_RUINS = (
    "docker import exits 0 but creates an image whose single layer contains the archive's JSON "
    "files and blobs, and which cannot start"
)

_MOST_NAMED = 3


def classify(
    archive: Archive, quoted_path: str, takers: Takers, conversion: Conversion
) -> Classification:
    """What the kind of an archive says of it; whether engines take it is for their verdicts.

    Args:
        archive: The facts.
        quoted_path: Its path, quoted for a command line.
        takers: The engines that accept it.
        conversion: What its conversion gives.
    """
    if archive.damage is not None:
        reason = f"the file is {archive.damage.summary}"
        return not_restorable(reason, reason)
    found = _BY_KIND[archive.kind](archive, quoted_path, takers)
    if archive.kind is Kind.OCI_ARCHIVE and archive.known_kind is None:
        copying = _copying(archive, quoted_path, takers, conversion)
        found = found._replace(advice=(*copying, *found.advice))
    obstacle = reading_obstacle(archive)
    if obstacle is not None:
        found = found._replace(
            loadable=Loadable.NO,
            loadable_reason=obstacle,
            importable=False,
            importable_reason=obstacle,
            # No command reads it to its end, whatever is in it.
            advice=found.advice if archive.kind in IMAGE_KINDS else (),
        )
    return found._replace(producer=find_producer(archive))


def _image(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    if archive.known_kind is not None:
        return _known(archive.known_kind, quoted_path)
    found = _IMAGES[archive.kind](archive, quoted_path, takers)
    found = found._replace(advice=(*found.advice, *_other_hosts(archive, takers.host)))
    if archive.compression.kind is CompressionKind.ZSTD and found.loadable is Loadable.YES:
        found = found._replace(
            loadable=Loadable.DEPENDS,
            loadable_reason="the archive is compressed with zstd, which needs Docker 23 or later",
        )
    obstacle = image_obstacle(archive)
    if obstacle is None:
        return found
    return found._replace(loadable=Loadable.NO, loadable_reason=obstacle)


def _other_hosts(archive: Archive, host: Host) -> Iterator[str]:
    """Which images are loaded and do not start on the host."""
    for images in for_other_hosts(archive, host)[:_MOST_NAMED]:
        image = images[0]
        platforms = ", ".join(dict.fromkeys(str(each.platform) for each in images))
        name = image.names[0] if image.names else "The image"
        yield (
            f"{name} is for {platforms}, the host is {host}: it does not start there "
            f"{without_what(images, host)}."
        )


def _image_of(loadable: Loadable, reason: str, *advice: str) -> Classification:
    return Classification(
        producer=None,
        loadable=loadable,
        loadable_reason=reason,
        importable=False,
        importable_reason=IMPORT_RUINS,
        keeps_layers=True,
        keeps_metadata=True,
        restore=None,
        advice=advice,
    )


def _docker_archive(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del quoted_path, takers
    return _image_of(
        Loadable.YES,
        "it is an image archive with manifest.json, config and layers",
        *_delta(archive),
    )


def _delta(archive: Archive) -> Iterator[str]:
    """What takes an archive whose lower layers were removed because the host has them."""
    absent = absent_base(archive)
    if absent is not None:
        yield (
            f"It lacks {absent}: Docker with the classic image store loads it on a host that "
            "already stores these layers, such as one with the base image."
        )


def _legacy(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del archive, quoted_path
    again = "Load it with Docker 28 or earlier and save it again, which writes a manifest.json."
    return _image_of(
        Loadable.DEPENDS,
        "it has no manifest.json: only Docker 28 and earlier load this legacy format",
        *((again,) if takers.take("docker-", "load") else ()),
    )


def _oci_archive(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del archive, quoted_path
    return _image_of(
        Loadable.DEPENDS,
        f"it is an OCI archive without manifest.json{_oci_readers(takers)}",
    )


def _oci_readers(takers: Takers) -> str:
    """Who loads an OCI archive, and that Docker's classic store does not."""
    readers = [
        name
        for family, name in (
            ("podman-", "podman"),
            ("docker-", "Docker with the containerd image store"),
        )
        if takers.take(family, "load")
    ]
    if not readers:
        return ", which Docker's classic store does not load"
    loads = "loads" if len(readers) == 1 else "load"
    return f": {' and '.join(readers)} {loads} it, Docker's classic store does not"


def _copying(
    archive: Archive, quoted_path: str, takers: Takers, conversion: Conversion
) -> tuple[str, ...]:
    """How to copy an image of a layout to a Docker archive, if Docker loads it then."""
    if not takers.take("skopeo-", "oci-archive") or not takers.take("podman-", "load"):
        return one_by_name(archive, quoted_path, takers.host, conversion)
    if not conversion.is_for_docker(archive.images):
        return ()
    command = f"skopeo copy oci-archive:{quoted_path} docker-archive:image.tar:name:tag"
    return (f"For Docker's classic store: `{command}`, then `docker load -i image.tar`",)


def _rootfs(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del quoted_path
    advice: tuple[str, ...] = ()
    if takers.take("docker-", IMPORT):
        advice = (LOST_ON_IMPORT, *import_advice(archive, takers.host))
    return Classification(
        producer=None,
        loadable=Loadable.NO,
        loadable_reason="docker load finds no manifest.json: it is a root filesystem, not an image",
        importable=True,
        importable_reason="it is a flat root filesystem",
        keeps_layers=False,
        keeps_metadata=False,
        restore=None,
        advice=advice,
    )


def _layer(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del archive, quoted_path, takers
    return not_restorable(
        "it is a single layer, a changeset with whiteouts, without manifest and config",
        "it contains whiteouts: importing it restores only the changes of this layer",
    )


def _wrapped(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del takers
    directory = archive.image_directory or "."
    depth = _depth_of(directory)
    reason = f"the image is {depth} too deep, in {directory}/: engines read the top level only"
    load = _load_command(lambda name: f"{directory}/{name}" in archive.members, "image.tar")
    commands = f"tar -xf {quoted_path} && tar -C {quote_word(directory)} -cf image.tar . && {load}"
    return not_restorable(reason, IMPORT_RUINS)._replace(
        advice=(f"Repack the directory: `{commands}`",)
    )


def _depth_of(directory: str) -> str:
    depth = directory.count("/") + 1
    return "one directory" if depth == 1 else f"{depth} directories"


def _load_command(has_file: Callable[[str], bool], path: str) -> str:
    """The command that loads an image archive of the form at hand, if its engine takes it.

    What is inside another archive was not judged.
    """
    is_legacy = has_file(REPOSITORIES) and not has_file(INDEX_JSON)
    is_for_docker = has_file(MANIFEST_JSON) or is_legacy
    engine, load = ("docker-28", docker_load) if is_for_docker else ("podman-5", podman_load)
    return f"checker check --engine {engine} {path} && {load(path)}"


def _nested(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del takers
    names = [archive.entries.name(position) for position in archive.nested_images]
    if len(names) == 1:
        reason = f"the image is a file inside this archive: {names[0]}"
        root = f"the imported root filesystem would contain the file {names[0]}, not the image"
    else:
        reason = f"{len(names)} images are files inside this archive: {_listed(names)}"
        root = "the imported root filesystem would contain these files, not the images"
    return not_restorable(reason, root)._replace(
        advice=tuple(_extractions(archive, quoted_path, names))
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _extractions(archive: Archive, quoted_path: str, names: Sequence[str]) -> Iterator[str]:
    """How to load images that are files in an archive, one after the other."""
    for position, name in zip(archive.nested_images[:_MOST_NAMED], names, strict=False):
        blob = archive.members.blobs.get(position)
        paths = {} if blob is None or blob.tar is None else blob.tar.entries.by_path
        load = _load_command(paths.__contains__, quote_word(name))
        command = f"tar -xf {quoted_path} -- {quote_member(name)} && {load}"
        first = "Extract it first" if len(names) == 1 else f"Extract {name} first"
        yield f"{first}: `{command}`"


def _empty(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del archive, quoted_path, takers
    return not_restorable(
        "the archive is empty", "the archive is empty: the image would contain no files"
    )


def _unknown(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del takers
    known = archive.known_kind
    if known is not None:
        return _known(known, quoted_path)
    directory = archive.root_directory
    if directory is not None:
        found = not_restorable(
            "it has no manifest.json, index.json or oci-layout",
            f"the root filesystem is in {directory}/, and would be at /{directory} in the image",
        )
        pack = f"tar -C {quote_word(directory)} -c ."
        command = f"tar -xf {quoted_path} && {pack} | docker import - name:tag"
        return found._replace(advice=(f"Import the directory: `{command}`",))
    found = not_restorable(
        "it has no manifest.json, index.json or oci-layout",
        "it does not look like a root filesystem: it has no programs and no files of a system",
    )
    return found._replace(advice=tuple(_archives_in(archive, quoted_path)))


def _archives_in(archive: Archive, quoted_path: str) -> Iterator[str]:
    """How to look at the archives that are files in an archive, such as a packed root."""
    found = [
        archive.entries.name(position)
        for position, blob in archive.members.blobs.items()
        if blob.tar is not None and len(blob.tar.entries)
    ]
    for name in found[:_MOST_NAMED]:
        extract = f"tar -xf {quoted_path} -- {quote_member(name)}"
        command = f"{extract} && checker check {quote_word(name)}"
        yield f"It contains the archive {name}, extract it: `{command}`"


def _known(known: KnownKind, quoted_path: str) -> Classification:
    found = not_restorable(known.reason, known.reason)
    told = f"{known.readers[0].upper()}{known.readers[1:]}"
    command = known.command_for(quoted_path)
    advice = f"{told}." if command is None else f"{told}: `{command}`"
    return found._replace(advice=(advice,))


def _not_a_tar(archive: Archive, quoted_path: str, takers: Takers) -> Classification:
    del archive, quoted_path, takers
    return not_restorable("it is not a tar archive", "it is not a tar archive")


Classifier = Callable[[Archive, str, Takers], Classification]
_IMAGES: dict[Kind, Classifier] = {
    Kind.DOCKER_ARCHIVE: _docker_archive,
    Kind.DOCKER_OCI_ARCHIVE: _docker_archive,
    Kind.DOCKER_ARCHIVE_LEGACY: _legacy,
    Kind.OCI_ARCHIVE: _oci_archive,
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
