"""The images that are shown, those of the form before 2015 included.

Such an archive has no config: the last ``json`` has the settings, and each parent made a layer.
"""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.image import Config, Image, Json, Layer, read_config
from checker.model.legacy import (
    chain_of,
    created_by,
    layer_of,
    layer_path,
    names_by_id,
    settings_of,
    top_ids,
)
from checker.model.location import Location
from checker.model.names import Platform, shorten


def images_of(archive: Archive) -> tuple[Image, ...]:
    """The images of an archive."""
    if archive.images or archive.docker is None or archive.docker.blob is not None:
        return archive.images
    tops = names_by_id(archive) or dict.fromkeys(top_ids(archive), ())
    return tuple(_image(archive, top, found) for top, found in tops.items())


def _image(archive: Archive, top: str, names: tuple[str, ...]) -> Image:
    label = names[0] if names else shorten(f"sha256:{top}")
    place = Location(archive=archive.path, image=label)
    ids = list(reversed([*chain_of(archive, top)]))
    config = _config(archive, top, label)
    if config is not None:
        config = config._replace(history=tuple(_step(settings_of(archive, each)) for each in ids))
    return Image(
        location=place,
        names=names,
        digest=None,
        manifest=None,
        item=None,
        config=config,
        layers=tuple(_layer(archive, place, i, each) for i, each in enumerate(ids)),
        platform=None if config is None else Platform(config.os or "", config.architecture or ""),
    )


def _config(archive: Archive, top: str, label: str) -> Config | None:
    blob = archive.members.blob(f"{top}/json")
    if blob is None or blob.document is None:
        return None
    return read_config(blob, blob.document, label)


def _step(settings: Json) -> Json:
    """A step of the history as Docker 20.10 makes it (image/v1, HistoryFromConfig)."""
    return {
        "created": settings.get("created"),
        "created_by": created_by(settings),
        "comment": settings.get("comment"),
    }


def _layer(archive: Archive, place: Location, position: int, image: str) -> Layer:
    path = layer_path(image)
    return Layer(
        location=place._replace(member=path, layer=position),
        position=position,
        descriptor=None,
        path=path,
        blob=layer_of(archive, image),
        diff_id=None,
    )
