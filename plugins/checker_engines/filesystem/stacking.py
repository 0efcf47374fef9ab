"""Whether layers end otherwise on storage that keeps them apart than in one directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from checker.model.archive import Archive
from checker.model.entries import DIRECTORY, HARD_LINK, Entries, clean_path

_DIRECTORY = ord(DIRECTORY)
# Lookups in lower layers for one image: hardly any has an implied directory or a foreign target.
_LOOKED_UP = 10_000


def is_stacked(archive: Archive) -> bool:
    """Whether a layer of any image needs what only lower ones have, and what is not a directory."""
    stacks = ([layer.entries for layer in image.layers] for image in archive.images)
    return any(map(reaches_into_lower, stacks))


def reaches_into_lower(layers: Sequence[Entries]) -> bool:
    """Whether a layer needs what only lower ones have, and what is not a directory.

    These are entries below a file or symlink of a lower layer, and hard links to its files. Overlay
    storage extracts each layer into a separate directory, where these do not exist; vfs extracts
    it into a copy of the lower layers.

    Args:
        layers: The entries of the layers, base first.
    """
    return any(islice(_lookups(layers), _LOOKED_UP))


def _lookups(layers: Sequence[Entries]) -> Iterator[bool]:
    """For each path that a layer needs and does not have: whether a lower layer has it."""
    for number, entries in enumerate(layers[1:], start=1):
        for path in entries.cached(_needed):
            yield any(_has_file(lower, path) for lower in layers[:number])


def _needed(entries: Entries) -> tuple[str, ...]:
    """The directories without an entry, of which there are few, and the targets of hard links."""
    implied = entries.directories - entries.by_path.keys()
    return tuple(islice(chain(implied, _foreign_targets(entries)), _LOOKED_UP))


def _foreign_targets(entries: Entries) -> Iterator[str]:
    for position in entries.of_kind(HARD_LINK):
        target = clean_path(entries.linknames.get(position, ""))
        if target not in entries.by_path:
            yield target


def _has_file(entries: Entries, path: str) -> bool:
    """Whether there is something at a path that is not a directory."""
    position = entries.by_path.get(path)
    return position is not None and entries.kinds[position] != _DIRECTORY
