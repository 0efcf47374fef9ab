"""The facts of what a conversion would write, without writing it.

So engines can be asked whether they would take the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from checker.conversion.choosing import choose, normal_name
from checker.conversion.dir_layout import with_images
from checker.conversion.documents import encoded
from checker.conversion.images import Candidate, candidates, verified_layers
from checker.conversion.naming import names_for
from checker.conversion.records import ConversionError, Form, Request, SelectionError
from checker.interpretation.images import find_docker_archive, find_images
from checker.model.archive import Archive, Kind, Source
from checker.model.blob import Blob
from checker.model.compression import NOT_COMPRESSED, CompressionKind
from checker.model.document import Document
from checker.model.entries import REGULAR, Entries
from checker.model.limits import Limits
from checker.model.location import Location
from checker.model.members import Members
from checker.model.names import MANIFEST_JSON
from checker.model.tar import Tar
from checker.records import NamedTuple

_BLOCK = 512
_NOWHERE = Location(archive="")
_MODE = 0o644
_MOST_LAYERS = 125
"""What Docker's classic store stacks; a result with more is not written."""
_KEPT = (CompressionKind.NONE, CompressionKind.GZIP)


class Prediction(NamedTuple):
    """What a conversion to a Docker archive would give.

    Attributes:
        archive: The facts of the result.
        needs_name: Whether the one image of it has no name without ``--ref``.
    """

    archive: Archive
    needs_name: bool


class _Part(NamedTuple):
    name: str
    blob: Blob


def predicted_docker_archive(archive: Archive, reference: str) -> Prediction | None:
    """The facts of a conversion to a Docker archive; None if there would be none.

    Args:
        archive: The facts of the source.
        reference: The name that an image without one would get.
    """
    try:
        source = with_images(archive)
        found = candidates(source)
        chosen = choose(found, Request(Form.DOCKER_ARCHIVE)).for_docker
        needs_name = len(chosen) == 1 and not any(map(normal_name, chosen[0].names))
        parts = list(_parts(source, chosen, reference if needs_name else None))
    except (ConversionError, SelectionError):
        return None
    return Prediction(_facts(archive, parts), needs_name)


def _parts(archive: Archive, images: Iterable[Candidate], ref: str | None) -> Iterator[_Part]:
    """The files of the result."""
    items: list[dict[str, object]] = []
    for image in images:
        config = _config(image)
        name = f"{config.digest.removeprefix('sha256:')}.json"
        yield _Part(name, config)
        layers = [_as_written(blob) for blob in verified_layers(archive, image)]
        if len(layers) > _MOST_LAYERS:
            raise ConversionError(f"{image.label} has {len(layers)} layers")
        paths = [f"{(blob.diff_id or '').removeprefix('sha256:')}.tar" for blob in layers]
        for path, blob in zip(paths, layers, strict=True):
            yield _Part(path, blob)
        tags = list(names_for(image.names, ref)) or None
        items.append({"Config": name, "RepoTags": tags, "Layers": paths})
    yield _Part(MANIFEST_JSON, _document(encoded(items), items))


def _config(image: Candidate) -> Blob:
    if image.legacy is not None:
        return _document(image.legacy.config, image.legacy.document)
    config = None if image.image is None else image.image.config
    if config is None:
        raise ConversionError(f"the config of {image.label} is missing or is not a JSON object")
    return config.blob


def _document(raw: bytes, value: object) -> Blob:
    digest = hashlib.sha256(raw).hexdigest()
    return Blob(
        location=_NOWHERE,
        position=-1,
        path="",
        size=len(raw),
        digests={"sha256": digest},
        document=Document(raw, value),
        inflated_size=len(raw),
    )


def _as_written(blob: Blob) -> Blob:
    """A layer as it is written: decompressed, unless Docker reads the compression everywhere."""
    if blob.compression.kind in _KEPT:
        return blob
    digest = (blob.diff_id or "").removeprefix("sha256:")
    return blob._replace(
        size=blob.inflated_size, digests={"sha256": digest}, compression=NOT_COMPRESSED
    )


def _facts(archive: Archive, parts: Iterable[_Part]) -> Archive:
    by_name: Mapping[str, Blob] = {part.name: part.blob for part in parts}
    entries = Entries()
    blobs: dict[int, Blob] = {}
    offset = 0
    for position, (name, blob) in enumerate(by_name.items()):
        _add_file(entries, name, blob.size, offset)
        place = archive.location._replace(member=name, offset=offset)
        blobs[position] = blob._replace(location=place, position=position, path=name)
        offset += _BLOCK + -(-blob.size // _BLOCK) * _BLOCK
    members = Members(entries, blobs)
    docker = find_docker_archive(members)
    images, limits = find_images(archive.location, members, docker, None, Limits())
    size = offset + 2 * _BLOCK
    return archive._replace(
        source=Source.FILE,
        size=size,
        digests={},
        compression=NOT_COMPRESSED,
        tar=Tar(entries, size=size, end=offset, end_blocks=2),
        members=members,
        kind=Kind.DOCKER_ARCHIVE,
        docker=docker,
        oci=None,
        images=images,
        rootfs=None,
        limits=tuple(limits),
        inside=None,
        nested_images=(),
        image_directory=None,
        root_directory=None,
        known_kind=None,
        damage=None,
    )


def _add_file(entries: Entries, name: str, size: int, offset: int) -> None:
    entries.paths.append(name)
    entries.spellings.append(0)
    entries.kinds.append(ord(REGULAR))
    entries.modes.append(_MODE)
    entries.uids.append(0)
    entries.gids.append(0)
    entries.sizes.append(size)
    entries.mtimes.append(0)
    entries.offsets.append(offset)
