"""The parents that ``manifest.json`` gives to images (moby image/tarexport/load.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checker.model.image import mapping
from checker.records import NamedTuple
from checker_engines.answers.refusal import Refusal

_ZERO: Mapping[str, object] = {
    **dict.fromkeys(("author", "created_by", "comment"), ""),
    "created": None,
    "empty_layer": False,
}


class Loaded(NamedTuple):
    """An image that was loaded.

    Attributes:
        id: Its ID, the digest of its config.
        parent: The ID of its parent in ``manifest.json``, or empty.
        history: The history of its config.
    """

    id: str
    parent: str
    history: Sequence[object]


def link_parents(images: Sequence[Loaded]) -> None:
    """Link each image with its parent (``validatedParentLinks``, ``setParentID``).

    A parent that is not in the archive, or is the image itself, is ignored.

    Raises:
        Refusal: A parent is not the image without its last history entry.
    """
    by_id = {image.id: image for image in images}
    for image, parent in _links(images, by_id):
        if not _is_valid_parent(image, parent):
            raise Refusal(
                f"image {parent.id} is not a valid parent for {image.id}",
                f"manifest.json says that {parent.id} is the parent of {image.id}, but its history "
                "is not that of the image without the last entry",
                ("DKR001", "CFG004"),
            )


def _links(
    images: Sequence[Loaded], by_id: Mapping[str, Loaded]
) -> Iterator[tuple[Loaded, Loaded]]:
    for image in images:
        if image.parent and image.parent != image.id and image.parent in by_id:
            yield by_id[image.id], by_id[image.parent]


def _is_valid_parent(image: Loaded, parent: Loaded) -> bool:
    """Whether the histories fit (``checkValidParent``)."""
    if not image.history and not parent.history:
        return True
    if len(image.history) - len(parent.history) != 1:
        return False
    pairs = zip(parent.history, image.history, strict=False)
    return all(_entry(older) == _entry(newer) for older, newer in pairs)


def _entry(value: object) -> Mapping[str, object]:
    return {**_ZERO, **mapping(value)}
