"""The layers of an image: a bar of their sizes, and a table with the steps that made them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence

from checker.contents.history import instruction_of
from checker.contents.records import ImageFacts, LayerFacts, Step
from checker.contents.usage import Hidden
from checker.records import NamedTuple
from checker.reports.html.palette import colour_of
from checker.reports.layout import safe
from checker.reports.wording import count_words, size_words

MOST_LAYERS = 60
"""The layers that are shown of an image, the largest."""

_NOTHING = Hidden(0, 0)
_UNKNOWN = "unknown"


class Segment(NamedTuple):
    """A layer in the bar.

    Attributes:
        start: Where it begins, as a share of the bar.
        share: Its width.
        hidden: The width at its end that is hidden by layers above.
        colour: Number of its colour; None of the layers that are not shown alone.
        label: Its number.
        title: The layer in words.
    """

    start: float
    share: float
    hidden: float
    colour: int | None
    label: str
    title: str


class LayerRow(NamedTuple):
    """A layer in the table.

    Attributes:
        position: Its number.
        colour: Number of its colour.
        step: The step that made it, as an instruction.
        digest: Its digest.
        stored: Its size in the archive.
        unpacked: Its size uncompressed.
        entries: The number of its entries.
        hidden: What layers above hide of it, in words; empty if that is nothing.
        problems: What is wrong with it.
    """

    position: int
    colour: int
    step: str
    digest: str
    stored: str
    unpacked: str
    entries: str
    hidden: str
    problems: tuple[str, ...]


class LayerChart(NamedTuple):
    """The layers of an image.

    Attributes:
        summary: All of them in words.
        segments: The bar; empty if no size is known.
        rows: The table.
        more: What is not in the table, in words; empty if that is nothing.
        has_hidden: Whether layers hide anything of others.
    """

    summary: str
    segments: tuple[Segment, ...]
    rows: tuple[LayerRow, ...]
    more: str
    has_hidden: bool


def layer_chart(image: ImageFacts, hidden: Mapping[int, Hidden]) -> LayerChart:
    """The layers of an image.

    Args:
        image: The image.
        hidden: What is hidden of each layer, by its position.
    """
    shown = _shown(image.layers)
    steps = {step.layer: step for step in image.history if step.layer is not None}
    lost = sum(each.size for each in hidden.values())
    return LayerChart(
        summary=", ".join(_summary(image, lost)),
        segments=tuple(_segments(image.layers, shown, hidden)),
        rows=tuple(_row(layer, steps.get(layer.position), hidden) for layer in shown),
        more=_more(image.layers, shown),
        has_hidden=lost > 0,
    )


def _shown(layers: Sequence[LayerFacts]) -> tuple[LayerFacts, ...]:
    """The largest layers, in their order."""
    if len(layers) <= MOST_LAYERS:
        return tuple(layers)
    largest = heapq.nlargest(MOST_LAYERS, layers, key=_size)
    return tuple(sorted(largest, key=lambda layer: layer.position))


def _size(layer: LayerFacts) -> int:
    """The size by which layers are compared; what a hostile descriptor says is not used."""
    if layer.uncompressed_size is not None:
        return layer.uncompressed_size
    return (layer.size or 0) if layer.member is not None else 0


def _summary(image: ImageFacts, lost: int) -> Iterator[str]:
    layers = image.layers
    yield count_words(len(layers), "layer")
    yield f"{size_words(sum(map(_size, layers)))} uncompressed"
    if lost:
        yield f"{size_words(lost)} of it replaced or removed by later layers"
    without = sum(step.layer is None for step in image.history)
    if without:
        yield f"{count_words(without, 'step')} without a layer"


def _more(layers: Sequence[LayerFacts], shown: Sequence[LayerFacts]) -> str:
    if len(layers) == len(shown):
        return ""
    size = sum(map(_size, layers)) - sum(map(_size, shown))
    return f"{count_words(len(layers) - len(shown), 'smaller layer')}, {size_words(size)}"


def _segments(
    layers: Sequence[LayerFacts], shown: Sequence[LayerFacts], hidden: Mapping[int, Hidden]
) -> Iterator[Segment]:
    total = sum(map(_size, layers))
    if not total:
        return
    start = 0.0
    for layer in shown:
        size = _size(layer)
        lost = hidden.get(layer.position, _NOTHING)
        label, title = f"{layer.position}", f"layer {layer.position}: {size_words(size)}"
        if lost.size:
            title += f", {_hidden_words(lost)}"
        hidden_share = min(lost.size, size) / total
        yield Segment(start, size / total, hidden_share, colour_of(layer.position), label, title)
        start += size / total
    rest = total - sum(map(_size, shown))
    if rest:
        yield Segment(start, rest / total, 0.0, None, "other", _more(layers, shown))


def _hidden_words(hidden: Hidden) -> str:
    return (
        f"{size_words(hidden.size)} in {count_words(hidden.files, 'file')} hidden by later layers"
    )


def _row(layer: LayerFacts, step: Step | None, hidden: Mapping[int, Hidden]) -> LayerRow:
    lost = hidden.get(layer.position, _NOTHING)
    size, inflated = layer.size, layer.uncompressed_size
    return LayerRow(
        position=layer.position,
        colour=colour_of(layer.position),
        step=safe(instruction_of(step)),
        digest=safe(layer.digest or layer.diff_id or ""),
        stored=_UNKNOWN if size is None else size_words(size),
        unpacked=_UNKNOWN if inflated is None else size_words(inflated),
        entries=_UNKNOWN if layer.entries is None else f"{layer.entries:,}",
        hidden=size_words(lost.size) if lost.size else "",
        problems=tuple(map(safe, layer.problems)),
    )
