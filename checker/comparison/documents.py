"""Compares JSON documents, by JSON pointer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from checker.comparison.differences import Category, Change, Difference, Field
from checker.model.document import pointer

_LONGEST = 400
_UNORDERED = ("Env", "os.features")
# Names of times: of a config and its history, of labels and annotations.
_TIMES = ("created", "org.opencontainers.image.created", "org.label-schema.build-date")


def compare_documents(a: object, b: object) -> Iterator[Difference]:
    """The values that differ between two documents."""
    pending: list[tuple[str, object, object]] = [("", a, b)]
    while pending:
        place, one, other = pending.pop()
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            for key in one.keys() | other.keys():
                where = place + pointer(key)
                if key not in other:
                    yield _removed(where, one[key])
                elif key not in one:
                    yield _added(where, other[key])
                else:
                    pending.append((where, one[key], other[key]))
        elif isinstance(one, list) and isinstance(other, list):
            if _is_reordered(place, one, other):
                field = Field("order", _shown(one), _shown(other), Category.ORDER)
                yield Difference(place, Change.CHANGED, (field,))
                continue
            shared = min(len(one), len(other))
            pending += ((place + pointer(at), one[at], other[at]) for at in range(shared))
            for at in range(shared, max(len(one), len(other))):
                where = place + pointer(at)
                yield _removed(where, one[at]) if at < len(one) else _added(where, other[at])
        elif type(one) is not type(other) or one != other:
            field = Field("value", _shown(one), _shown(other), _category(place))
            yield Difference(place, Change.CHANGED, (field,))


def _is_reordered(place: str, a: list[object], b: list[object]) -> bool:
    """Whether lists differ in the order of their items alone, where that means little."""
    if place.rpartition("/")[2] not in _UNORDERED or len(a) != len(b):
        return False
    one, other = [json.dumps(item) for item in a], [json.dumps(item) for item in b]
    return one != other and sorted(one) == sorted(other)


def _category(place: str) -> Category:
    last = place.rpartition("/")[2]
    return Category.TIMESTAMPS if last in _TIMES else Category.CONTENT


def _added(where: str, value: object) -> Difference:
    return Difference(where, Change.ADDED, (Field("value", None, _shown(value)),))


def _removed(where: str, value: object) -> Difference:
    return Difference(where, Change.REMOVED, (Field("value", _shown(value), None),))


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
