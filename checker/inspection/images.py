"""The images that are shown, those of the form before 2015 included.

Such an archive has no config: the last ``json`` has the settings, and each parent made a layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import Archive
from checker.model.image import Config, Image, Json, Layer, mapping, read_config, strings, text
from checker.model.location import Location
from checker.model.names import REPOSITORIES, Platform, shorten

_MOST_PARENTS = 1000


def images_of(archive: Archive) -> tuple[Image, ...]:
    """The images of an archive."""
    if archive.images or archive.docker is None or archive.docker.blob is not None:
        return archive.images
    names = _names_by_id(archive)
    ids = archive.docker.legacy_ids
    parents = {text(_settings(archive, each).get("parent")) for each in ids}
    tops = names or {each: () for each in ids if each not in parents}
    return tuple(_image(archive, top, found) for top, found in tops.items())


def _names_by_id(archive: Archive) -> dict[str, tuple[str, ...]]:
    document = archive.members.document(REPOSITORIES)
    found: dict[str, tuple[str, ...]] = {}
    for repository, tags in mapping(None if document is None else document.value).items():
        for tag, image in mapping(tags).items():
            if isinstance(image, str):
                found[image] = (*found.get(image, ()), f"{repository}:{tag}")
    return found


def _settings(archive: Archive, image: str) -> Json:
    document = archive.members.document(f"{image}/json")
    return mapping(None if document is None else document.value)


def _image(archive: Archive, top: str, names: tuple[str, ...]) -> Image:
    label = names[0] if names else shorten(f"sha256:{top}")
    place = Location(archive=archive.path, image=label)
    ids = list(reversed([*_chain(archive, top)]))
    config = _config(archive, top, label)
    if config is not None:
        config = config._replace(history=tuple(_step(_settings(archive, each)) for each in ids))
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


def _chain(archive: Archive, top: str) -> Iterator[str]:
    """An image and its parents."""
    seen: set[str] = set()
    image: str | None = top
    while image and image not in seen and len(seen) < _MOST_PARENTS:
        seen.add(image)
        yield image
        image = text(_settings(archive, image).get("parent"))


def _config(archive: Archive, top: str, label: str) -> Config | None:
    blob = archive.members.blob(f"{top}/json")
    if blob is None or blob.document is None:
        return None
    return read_config(blob, blob.document, label)


def _step(settings: Json) -> Json:
    """A step of the history as Docker 20.10 makes it (image/v1, HistoryFromConfig)."""
    command = strings(mapping(settings.get("container_config")).get("Cmd"))
    return {
        "created": settings.get("created"),
        "created_by": " ".join(command),
        "comment": settings.get("comment"),
    }


def _layer(archive: Archive, place: Location, position: int, image: str) -> Layer:
    path = f"{image}/layer.tar"
    return Layer(
        location=place._replace(member=path, layer=position),
        position=position,
        descriptor=None,
        path=path,
        blob=archive.members.blob(path),
        diff_id=None,
    )
