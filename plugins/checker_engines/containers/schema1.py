"""Manifests of Docker's schema 1 (containers/image v5.39, manifest/docker_schema1.go)."""

from __future__ import annotations

from collections.abc import Sequence

from checker.model.image import Json, items, mapping, text
from checker.model.names import is_hex
from checker_engines.containers.manifest_formats import ambiguity_error
from checker_engines.containers.manifest_types import SCHEMA_1, V1_COMPATIBILITY
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import GoJsonError, decode_document

_CALLED = "application/vnd.docker.distribution.manifest.v1+prettyjws"
_ID_DIGITS = 64


def schema1_error(raw: bytes) -> str | None:
    """The error for a manifest that is not valid (Schema1FromManifest); None if it is valid."""
    try:
        manifest = mapping(decode_document(raw, SCHEMA_1))
    except GoJsonError as error:
        return str(error)
    version = manifest.get("schemaVersion") or 0
    if version != 1:
        return f"unsupported schema version {version}"
    ambiguity = ambiguity_error(raw, _CALLED, ("fsLayers", "history"))
    if ambiguity is not None:
        return ambiguity
    layers, history = items(manifest.get("fsLayers")), items(manifest.get("history"))
    if len(layers) != len(history):
        return "length of history not equal to number of layers"
    if not layers:
        return "no FSLayers in manifest"
    return _history_error(history)


def _history_error(history: Sequence[object]) -> str | None:
    """The error of the images that the history describes (initialize, fixManifestLayers)."""
    images: list[Json] = []
    for number, entry in enumerate(history):
        raw = (text(mapping(entry).get("v1Compatibility")) or "").encode("utf-8", "replace")
        try:
            images.append(mapping(decode_document(raw, V1_COMPATIBILITY)))
        except GoJsonError as error:
            return f"parsing v2s1 history entry {number}: {error}"
    ids = [text(image.get("id")) or "" for image in images]
    parents = [text(image.get("parent")) or "" for image in images]
    for each in ids:
        if not is_hex(each, _ID_DIGITS):
            return f"image ID {quote(each)} is invalid"
    if parents[-1]:
        return "Invalid parent ID in the base layer of the image"
    return _order_error(ids, parents)


def _order_error(ids: Sequence[str], parents: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for number, each in enumerate(ids):
        if each in seen and each != ids[number - 1]:
            return f"ID {each} appears multiple times in manifest"
        seen.add(each)
    for number in reversed(range(len(ids) - 1)):
        if ids[number] != ids[number + 1] and parents[number] != ids[number + 1]:
            return f"Invalid parent ID. Expected {ids[number + 1]}, got {quote(parents[number])}"
    return None
