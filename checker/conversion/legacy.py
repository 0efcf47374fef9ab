"""Images of the form before 2015: a directory for each layer, and no manifest.json.

Their configs are made as Docker 20.10 does on loading (image/v1/imagev1.go, MakeConfigFromV1Config
and HistoryFromConfig; image/tarexport/load.go, legacyLoadImage).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from checker.conversion.records import ConversionError
from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.image import Json, text
from checker.model.legacy import (
    MOST_PARENTS,
    created_by,
    layer_of,
    layer_path,
    names_by_id,
    parent_of,
    settings_of,
    top_ids,
)
from checker.model.names import Platform
from checker.records import NamedTuple

_DROPPED = frozenset({"id", "parent", "Size", "parent_id", "layer_id", "throwaway"})


class LegacyImage(NamedTuple):
    """An image of the oldest form.

    Attributes:
        label: How messages call it.
        names: Its names.
        document: The config that is made of its last ``json``.
        config: Its bytes.
        layers: A label and the content of each layer, base first.
        platform: What it runs on.
    """

    label: str
    names: tuple[str, ...]
    document: Json
    config: bytes
    layers: tuple[tuple[str, Blob], ...]
    platform: Platform


def legacy_images(archive: Archive) -> Iterator[LegacyImage]:
    """The images that ``repositories`` names; without it, those that are not another's parent.

    Raises:
        ConversionError: A part of one is missing.
    """
    names = names_by_id(archive)
    for image in names or _tops(archive):
        yield _image(archive, image, names.get(image, ()))


def _tops(archive: Archive) -> list[str]:
    for image in () if archive.docker is None else archive.docker.legacy_ids:
        _settings(archive, image)
    return top_ids(archive)


def _settings(archive: Archive, image: str) -> Json:
    """The ``json`` of a layer, which the conversion needs."""
    document = archive.members.document(f"{image}/json")
    if document is None or not isinstance(document.value, Mapping):
        raise ConversionError(f"{image}/json is missing or is not a JSON object")
    return settings_of(archive, image)


def _image(archive: Archive, image: str, names: tuple[str, ...]) -> LegacyImage:
    chain: list[Json] = []
    ids: list[str] = []
    parent: str | None = image
    while parent:
        if len(ids) >= MOST_PARENTS or parent in ids:
            raise ConversionError(f"the parents of {image} form a loop, or are too many")
        ids.append(parent)
        chain.append(_settings(archive, parent))
        parent = parent_of(chain[-1])
    ids.reverse()
    chain.reverse()
    label = names[0] if names else image[:12]
    layers = tuple(
        (f"layer {number} of {label}", _layer(archive, each)) for number, each in enumerate(ids)
    )
    last = chain[-1]
    document = _config(last, chain, layers)
    return LegacyImage(
        label=label,
        names=names,
        document=document,
        config=_written(document),
        layers=layers,
        platform=Platform(
            text(last.get("os")) or "linux",
            text(last.get("architecture")) or "amd64",
            text(last.get("variant")),
        ),
    )


def _layer(archive: Archive, image: str) -> Blob:
    blob = layer_of(archive, image)
    if blob is None:
        raise ConversionError(f"{layer_path(image)} is not in the archive")
    return blob


def _config(last: Json, chain: list[Json], layers: tuple[tuple[str, Blob], ...]) -> Json:
    kept = {key: value for key, value in last.items() if key not in _DROPPED}
    kept.setdefault("os", "linux")
    kept.setdefault("architecture", "amd64")
    kept["rootfs"] = {"type": "layers", "diff_ids": [blob.diff_id for _, blob in layers]}
    kept["history"] = [_step(each) for each in chain]
    return kept


def _written(document: Json) -> bytes:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _step(settings: Json) -> dict[str, object]:
    step = {
        "created": text(settings.get("created")),
        "created_by": created_by(settings),
        "author": text(settings.get("author")),
        "comment": text(settings.get("comment")),
    }
    return {key: value for key, value in step.items() if value}
