"""Documents with one value dropped or replaced, for tests that rules survive any of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import strategies as st


@st.composite
def mutated(draw: st.DrawFn, node: Any, values: st.SearchStrategy[object]) -> Any:
    """Drop or replace one value somewhere in a document.

    Args:
        draw: Given by Hypothesis.
        node: The document.
        values: What may come in the place of a value.
    """
    if isinstance(node, dict) and node and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(node)))
        if not draw(st.integers(0, 4)):
            return {name: member for name, member in node.items() if name != key}
        return {**node, key: draw(mutated(node[key], values))}
    if isinstance(node, list) and node and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(node) - 1))
        return [*node[:place], draw(mutated(node[place], values)), *node[place + 1 :]]
    return draw(values)


def mutant(data: st.DataObject, raw: bytes, values: st.SearchStrategy[object]) -> bytes:
    """The bytes of a JSON document, one of its values dropped or replaced."""
    return json.dumps(data.draw(mutated(json.loads(raw), values))).encode()


def places(document: Any) -> Iterator[tuple[str | int, ...]]:
    """The way to each value in a document."""
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(document, dict):
        parts = document.items()
    elif isinstance(document, list):
        parts = enumerate(document)
    for step, value in parts:
        yield (step,)
        yield from ((step, *rest) for rest in places(value))


def put(document: Any, place: tuple[str | int, ...], value: object) -> Any:
    """The document with another value at a place."""
    if not place:
        return value
    step, *rest = place
    changed: Any = dict(document) if isinstance(document, dict) else list(document)
    changed[step] = put(document[step], tuple(rest), value)
    return changed
