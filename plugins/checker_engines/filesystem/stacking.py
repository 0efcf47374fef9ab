"""Whether layers end otherwise on storage that keeps them apart than in one directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.model.archive import Archive
from checker.model.entries import DIRECTORY, HARD_LINK, Entries, clean_path
from checker_engines.filesystem.plain import is_plain

_DIRECTORY = ord(DIRECTORY)


def can_differ(archive: Archive) -> bool:
    """Whether loading any image may end otherwise on another storage driver."""
    stacks = [[layer.entries for layer in image.layers] for image in archive.images]
    return any(not all(map(is_plain, stack)) or reaches_into_lower(stack) for stack in stacks)


def reaches_into_lower(layers: Sequence[Entries]) -> bool:
    """Whether a layer needs what only lower ones have, and what is not a directory.

    These are entries below a file or symlink of a lower layer, and hard links to its files. Overlay
    storage extracts each layer into a separate directory, where these do not exist; vfs extracts
    it into a copy of the lower layers.

    Args:
        layers: The entries of the layers, base first.
    """
    if not layers or not layers[0]:
        return _reaches_into_lower(layers)
    known = layers[0].cached(_stacks)
    key = tuple(map(id, layers))
    if key not in known:
        known[key] = _reaches_into_lower(layers)
    return known[key]


def _stacks(_base: Entries) -> dict[tuple[int, ...], bool]:
    """What is known of stacks on a layer, by their layers: all versions of engines ask for it."""
    return {}


def _reaches_into_lower(layers: Sequence[Entries]) -> bool:
    needed = _needed_by(layers)
    lowest: dict[int, int] = {}
    for number, entries in enumerate(layers if needed else ()):
        if lowest.setdefault(id(entries), number) != number:
            continue  # it is listed again
        found = (path for path in needed.keys() & entries.by_path.keys() if number < needed[path])
        if any(entries.kinds[entries.by_path[path]] != _DIRECTORY for path in found):
            return True
    return False


def _needed_by(layers: Sequence[Entries]) -> dict[str, int]:
    """The paths that layers need and do not have, each with the number of the topmost of these."""
    needed: dict[str, int] = {}
    topmost = {id(entries): number for number, entries in enumerate(layers) if number}
    for number in sorted(topmost.values()):
        needed.update(dict.fromkeys(layers[number].cached(_needed), number))
    return needed


def _needed(entries: Entries) -> tuple[str, ...]:
    """The directories without an entry, of which there are few, and the targets of hard links."""
    implied = entries.directories - entries.by_path.keys()
    return (*implied, *_foreign_targets(entries))


def _foreign_targets(entries: Entries) -> Iterator[str]:
    for position in entries.of_kind(HARD_LINK):
        target = clean_path(entries.linknames.get(position, ""))
        if target not in entries.by_path:
            yield target
