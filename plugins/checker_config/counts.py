"""How many layers the documents of an image say that there are."""

from __future__ import annotations

from checker import Config, Image
from checker.model.image import mapping


def diff_ids_count(config: Config) -> int | None:
    """The length of ``rootfs.diff_ids``, well-formed or not; None if it is not a list."""
    diff_ids = mapping(mapping(config.document.value).get("rootfs")).get("diff_ids")
    return len(diff_ids) if isinstance(diff_ids, list) else None


def layers_count(image: Image) -> int | None:
    """The number of layers in the manifest, else in ``manifest.json``; None without a list."""
    if image.manifest is None:
        return len(image.layers)
    layers = mapping(image.manifest.document.value).get("layers")
    return len(layers) if isinstance(layers, list) else None


def filled_count(config: Config) -> int:
    """How many entries of the history describe a layer."""
    return sum(entry.get("empty_layer") is not True for entry in config.history)
