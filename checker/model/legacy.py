"""Images of the form before 2015: a directory with ``json`` and ``layer.tar`` for each layer.

It has no config: the ``json`` of the last layer has the settings, and names its parent
(Docker image specification v1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.image import Json, mapping, strings, text
from checker.model.names import REPOSITORIES

MOST_PARENTS = 1000
"""Layers of one image that are followed."""


def names_by_id(archive: Archive) -> Mapping[str, tuple[str, ...]]:
    """The names that ``repositories`` gives, by the ID of the image."""
    document = archive.members.document(REPOSITORIES)
    found: dict[str, tuple[str, ...]] = {}
    for repository, tags in mapping(None if document is None else document.value).items():
        for tag, image in mapping(tags).items():
            if isinstance(image, str) and image:
                found[image] = (*found.get(image, ()), f"{repository}:{tag}")
    return found


def top_ids(archive: Archive) -> list[str]:
    """The IDs that are not another's parent."""
    ids = () if archive.docker is None else archive.docker.legacy_ids
    parents = {parent_of(settings_of(archive, each)) for each in ids}
    return [each for each in ids if each not in parents]


def settings_of(archive: Archive, image: str) -> Json:
    """The ``json`` of a layer; empty if it is missing or is not a JSON object."""
    document = archive.members.document(f"{image}/json")
    return mapping(None if document is None else document.value)


def parent_of(settings: Json) -> str | None:
    """The ID of the layer below."""
    return text(settings.get("parent"))


def layer_path(image: str) -> str:
    """The path of the content of a layer."""
    return f"{image}/layer.tar"


def layer_of(archive: Archive, image: str) -> Blob | None:
    """The content of a layer; None if it is not in the archive."""
    return archive.members.blob(layer_path(image))


def chain_of(archive: Archive, image: str) -> Iterator[str]:
    """An image and its parents, until one is repeated or there are too many."""
    seen: set[str] = set()
    current: str | None = image
    while current and current not in seen and len(seen) < MOST_PARENTS:
        seen.add(current)
        yield current
        current = parent_of(settings_of(archive, current))


def created_by(settings: Json) -> str:
    """The command of a step of the history (Docker 20.10, image/v1, HistoryFromConfig)."""
    return " ".join(strings(mapping(settings.get("container_config")).get("Cmd")))
