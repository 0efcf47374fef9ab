"""Compares the layers of two images."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from itertools import chain, zip_longest

from checker.comparison.differences import Category, Differences, Ignored
from checker.comparison.files import compare_files, diff_id_of
from checker.comparison.trees import LayerTree
from checker.model.image import Image, Layer
from checker.records import NamedTuple


class LayerState(StrEnum):
    """How a layer of one image relates to one of the other."""

    SHARED = "shared"
    RECOMPRESSED = "recompressed"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"
    UNKNOWN = "unknown"


class LayerFacts(NamedTuple):
    """What is reported of a layer.

    Attributes:
        position: Its position in the image, from 0.
        digest: Digest of the blob as stored; None if it is not in the archive.
        diff_id: Digest of the uncompressed layer; None if unknown.
        size: Bytes as stored; None if it is not in the archive.
        compression: How it is stored.
    """

    position: int
    digest: str | None
    diff_id: str | None
    size: int | None
    compression: str


class LayerPair(NamedTuple):
    """A layer of each image, or of one of them.

    Attributes:
        state: How they relate.
        a: The layer of the first image.
        b: The layer of the second image.
        files: The differences between their entries, if their content differs.
        categories: What kinds of things differ.
    """

    state: LayerState
    a: LayerFacts | None
    b: LayerFacts | None
    files: Differences = Differences()
    categories: frozenset[Category] = frozenset()


def compare_layers(a: Image, b: Image, ignored: Ignored) -> tuple[LayerPair, ...]:
    """Pair the layers: those with the same diffID, and the others in their order."""
    waiting: dict[str | None, deque[Layer]] = {}
    for layer in b.layers:
        waiting.setdefault(_diff_id(layer), deque()).append(layer)
    unknown = waiting.pop(None, deque())
    pairs: list[LayerPair] = []
    left_a: list[Layer] = []
    for layer in a.layers:
        same = waiting.get(_diff_id(layer))
        if same:
            pairs.append(_same(layer, same.popleft()))
        else:
            left_a.append(layer)
    left_b = sorted(chain(unknown, *waiting.values()), key=lambda layer: layer.position)
    left = zip_longest(left_a, left_b)
    pairs += (_differing(one, other, ignored) for one, other in left)
    return tuple(sorted(pairs, key=_position))


def _position(pair: LayerPair) -> tuple[int, int]:
    place = pair.a or pair.b
    return (place.position if place else 0, 0 if pair.a else 1)


def _same(a: Layer, b: Layer) -> LayerPair:
    """The pair of layers with the same diffID."""
    one, other = _facts(a), _facts(b)
    if one.digest != other.digest and one.digest and other.digest:
        return LayerPair(
            LayerState.RECOMPRESSED, one, other, categories=frozenset({Category.COMPRESSION})
        )
    return LayerPair(LayerState.SHARED, one, other)


def _differing(a: Layer | None, b: Layer | None, ignored: Ignored) -> LayerPair:
    one, other = (None if layer is None else _facts(layer) for layer in (a, b))
    if a is None or b is None:
        state = LayerState.ADDED if a is None else LayerState.REMOVED
        return LayerPair(state, one, other, categories=frozenset({Category.CONTENT}))
    if not (_has_entries(a) and _has_entries(b)):
        return LayerPair(LayerState.UNKNOWN, one, other, categories=frozenset({Category.UNKNOWN}))
    files = compare_files(LayerTree(a), LayerTree(b), ignored)
    categories = set(files.categories)
    if not files.categories:
        is_reordered = list(a.entries.paths) != list(b.entries.paths)
        categories.add(Category.ORDER if is_reordered else Category.ENCODING)
    return LayerPair(LayerState.CHANGED, one, other, files, frozenset(categories))


def _has_entries(layer: Layer) -> bool:
    return diff_id_of(layer) is not None and layer.blob is not None and layer.blob.tar is not None


def _diff_id(layer: Layer) -> str | None:
    """The diffID from the content, else that of the config."""
    return diff_id_of(layer) or layer.diff_id


def _facts(layer: Layer) -> LayerFacts:
    blob = layer.blob
    return LayerFacts(
        position=layer.position,
        digest=None if blob is None else blob.digest,
        diff_id=_diff_id(layer),
        size=None if blob is None else blob.size,
        compression="" if blob is None else str(blob.compression.kind),
    )
