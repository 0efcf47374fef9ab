"""Pictures of a tree of files: rectangles whose areas are the bytes of directories and files.

The rectangles are squarified (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000): near squares,
so that areas can be compared and names fit.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from math import floor

from checker.contents.usage import DEEPEST, Usage
from checker.records import NamedTuple
from checker.reports.html.palette import colour_of
from checker.reports.layout import safe
from checker.reports.wording import count_words, size_words

MOST_TILES = 400
"""The most rectangles of a picture; what is smaller shares one."""

_SMALLEST = 160.0
_MOST_PARTS = 60
_GAP, _TITLE = 2.0, 17.0
_LEAST_WIDTH, _LEAST_HEIGHT = 64.0, 44.0
_CHARACTER, _MARGIN = 6.7, 5.0
_SHORTEST_LABEL = 4
_TWO_LINES = 36.0
_ONE_LINE = 17.0
_MOST_LAYERS = 3


class Box(NamedTuple):
    """A rectangle, in units of the picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Its area."""
        return self.width * self.height


class Tile(NamedTuple):
    """A rectangle of the picture.

    Attributes:
        box: Where it is.
        label: Its name as far as it fits; may be empty.
        amount: Its size in words if that fits below the name, else empty.
        title: Path, size and layers in words.
        colour: Number of its colour; None of a directory that others are drawn on.
    """

    box: Box
    label: str
    amount: str
    title: str
    colour: int | None


class _Part(NamedTuple):
    """A directory, a file, or all that is left of a directory."""

    usage: Usage
    name: str
    is_rest: bool = False


def tiles(
    top: Usage, width: float, height: float, masked: Callable[[str], str] = str
) -> tuple[Tile, ...]:
    """The rectangles of a tree, directories before what is in them.

    Args:
        top: The tree.
        width: Width of the picture.
        height: Its height.
        masked: Masks secrets in names, before they are cut.
    """
    if top.size <= 0:
        return ()
    is_flat = set(top.layers) == {None}
    tops = {usage.path: number for number, usage in enumerate(top.below)}
    order = count()
    found: list[Tile] = []
    # The largest directory first, so that the smallest ones stay closed if there are too many.
    pending: list[tuple[float, int, _Part, Box, int]] = []
    heapq.heappush(pending, (0.0, next(order), _Part(top, ""), Box(0, 0, width, height), 0))
    while pending:
        _, _, part, box, level = heapq.heappop(pending)
        inner = box if not level else _inside(box)
        parts = _parts(part.usage, inner.area)
        is_full = len(found) + len(parts) > MOST_TILES
        if level and (is_full or level > DEEPEST or len(parts) < 2):
            found.append(_tile(part, box, masked, _colour(part.usage, tops, is_flat=is_flat)))
            continue
        if level:
            found.append(_tile(part, box, masked, None))
        for each, place in _squarified(parts, inner):
            if _is_open(each, place):
                heapq.heappush(pending, (-place.area, next(order), each, place, level + 1))
            else:
                found.append(_tile(each, place, masked, _colour(each.usage, tops, is_flat=is_flat)))
    return tuple(found)


def _inside(box: Box) -> Box:
    """Where the parts of a directory go: below its name."""
    height = max(0.0, box.height - _TITLE - _GAP)
    return Box(box.x + _GAP, box.y + _TITLE, max(0.0, box.width - 2 * _GAP), height)


def _is_open(part: _Part, box: Box) -> bool:
    is_large = box.width >= _LEAST_WIDTH and box.height >= _LEAST_HEIGHT
    return is_large and bool(part.usage.below) and not part.is_rest


def _parts(usage: Usage, area: float) -> list[_Part]:
    """What is in a directory, the largest first; what would be too small to see is together."""
    unit = area / usage.size
    shown = [each for each in usage.below[:_MOST_PARTS] if each.size * unit >= _SMALLEST]
    rest = Usage(usage.path, dict(usage.layers), [], usage.size)
    for each in shown:
        for layer, size in each.layers.items():
            rest.add(layer, -size)
    parts = [_folded(each, usage.path) for each in shown]
    if rest.size > 0:
        parts.append(_Part(rest, "other", is_rest=True))
    return parts


def _folded(usage: Usage, parent: str) -> _Part:
    """A directory or a file; instead of a directory that has nothing but one other, that one."""
    while len(usage.below) == 1 and usage.below[0].size == usage.size:
        usage = usage.below[0]
    name = usage.path[len(parent) + 1 :] if parent else usage.path
    return _Part(usage, name)


# --- squarified


def _squarified(parts: Sequence[_Part], box: Box) -> Iterator[tuple[_Part, Box]]:
    """Divide a rectangle among parts in proportion to their sizes."""
    total = sum(part.usage.size for part in parts)
    if not total or box.area <= 0:
        return
    unit = box.area / total
    ordered = sorted(parts, key=lambda part: (part.is_rest, -part.usage.size))
    areas = [part.usage.size * unit for part in ordered]
    at = 0
    while at < len(ordered):
        side = min(box.width, box.height)
        end = _row_end(areas, at, side)
        yield from zip(ordered[at:end], _row(areas[at:end], box), strict=True)
        box = _without_row(sum(areas[at:end]), box)
        at = end


def _row_end(areas: Sequence[float], at: int, side: float) -> int:
    """Where a row along a side ends, so that its rectangles are as near to squares as can be."""
    end = at + 1
    total = areas[at]
    worst = _worst(areas[at], areas[at], total, side)
    while end < len(areas):
        with_next = total + areas[end]
        # The areas are in descending order, the last aside.
        least, most = min(areas[at : end + 1]), max(areas[at : end + 1])
        further = _worst(least, most, with_next, side)
        if further > worst:
            break
        total, worst, end = with_next, further, end + 1
    return end


def _worst(least: float, most: float, total: float, side: float) -> float:
    """The worst ratio of the sides of rectangles in a row."""
    if least <= 0 or side <= 0:
        return float("inf")
    square, side_square = total * total, side * side
    return max(side_square * most / square, square / (side_square * least))


def _row(areas: Sequence[float], box: Box) -> Iterator[Box]:
    total = sum(areas)
    if box.width >= box.height:
        thickness, y = total / box.height, box.y
        for area in areas:
            length = area / thickness
            yield Box(box.x, y, thickness, length)
            y += length
        return
    thickness, x = total / box.width, box.x
    for area in areas:
        length = area / thickness
        yield Box(x, box.y, length, thickness)
        x += length


def _without_row(area: float, box: Box) -> Box:
    if box.width >= box.height:
        thickness = area / box.height
        return box._replace(x=box.x + thickness, width=max(0.0, box.width - thickness))
    thickness = area / box.width if box.width else 0.0
    return box._replace(y=box.y + thickness, height=max(0.0, box.height - thickness))


# --- what is said of a rectangle


def _tile(part: _Part, box: Box, masked: Callable[[str], str], colour: int | None) -> Tile:
    room = floor((box.width - _MARGIN) / _CHARACTER)
    label = _fitting(safe(masked(part.name)), room) if box.height >= _ONE_LINE else ""
    amount = size_words(part.usage.size)
    is_shown = bool(label) and len(amount) <= room and box.height >= _TWO_LINES
    return Tile(
        box, label, amount if is_shown and colour is not None else "", _title(part, masked), colour
    )


def _fitting(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    return f"{text[: room - 1]}…" if room >= _SHORTEST_LABEL else ""


def _title(part: _Part, masked: Callable[[str], str]) -> str:
    place = f"/{safe(masked(part.usage.path))}"
    name = f"other files in {place}" if part.is_rest else place
    return ", ".join((f"{name}: {size_words(part.usage.size)}", *_layers(part.usage)))


def _layers(usage: Usage) -> Iterator[str]:
    """The layers that the bytes come from, the most first."""
    sizes = [(size, layer) for layer, size in usage.layers.items() if layer is not None and size]
    largest = heapq.nlargest(_MOST_LAYERS, sizes)
    for size, layer in largest:
        share = f" ({100 * size / usage.size:.0f} %)" if len(sizes) > 1 else ""
        yield f"layer {layer}{share}"
    if len(sizes) > len(largest):
        yield count_words(len(sizes) - len(largest), "more layer")


def _colour(usage: Usage, tops: Mapping[str, int], *, is_flat: bool) -> int:
    """The colour of the layer that most bytes come from; without layers, of the top directory."""
    if is_flat:
        return colour_of(tops.get(usage.path.partition("/")[0], len(tops)))
    layer = max(usage.layers, key=lambda layer: (usage.layers[layer], -(layer or 0)))
    return colour_of(layer or 0)
