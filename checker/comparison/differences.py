"""The records of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from heapq import nsmallest
from operator import itemgetter

from checker.records import NamedTuple
from checker.typing_names import TypeAlias

MOST_LISTED = 10_000
"""Differences of one comparison that are kept as records; the others are counted."""


class Category(StrEnum):
    """What kind of thing differs. All but ``CONTENT`` and ``UNKNOWN`` can be ignored."""

    CONTENT = "content"
    TIMESTAMPS = "timestamps"
    ORDER = "order"
    COMPRESSION = "compression"
    ENCODING = "encoding"
    UNKNOWN = "unknown"


IGNORABLE = (Category.TIMESTAMPS, Category.ORDER, Category.COMPRESSION, Category.ENCODING)
"""What a comparison can be told to ignore."""


Ignored: TypeAlias = frozenset[Category]
"""What kinds of differences are neither counted nor listed."""


class Change(StrEnum):
    """How the second side differs from the first."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Field(NamedTuple):
    """One property that differs.

    Attributes:
        name: The property, such as ``mode``.
        a: Its value in the first archive; None if it has none.
        b: Its value in the second archive; None if it has none.
        category: What kind of thing it is.
    """

    name: str
    a: str | None
    b: str | None
    category: Category = Category.CONTENT


class Difference(NamedTuple):
    """One thing that differs.

    Attributes:
        where: The path of a file, or the JSON pointer of a value.
        change: How it differs.
        fields: What differs about it, if both sides have it; else what is known of the one side.
        note: What is known about the cause.
    """

    where: str
    change: Change
    fields: tuple[Field, ...] = ()
    note: str | None = None

    @property
    def categories(self) -> frozenset[Category]:
        """What kinds of things differ."""
        if self.change is not Change.CHANGED:
            return frozenset({Category.CONTENT})
        return frozenset(field.category for field in self.fields)


def _without(difference: Difference, ignored: Ignored) -> Difference:
    kept = (field for field in difference.fields if field.category not in ignored)
    return difference._replace(fields=tuple(kept))


class Differences(NamedTuple):
    """The differences of one part of a comparison.

    Attributes:
        listed: The first of them, by path or pointer.
        added: Things that only the second side has.
        removed: Things that only the first side has.
        changed: Things that both sides have and that differ.
        categories: What kinds of things differ, over all of them, also those that are ignored.
    """

    listed: tuple[Difference, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    categories: frozenset[Category] = frozenset()

    @property
    def total(self) -> int:
        """The number of differences."""
        return self.added + self.removed + self.changed

    @property
    def unlisted(self) -> int:
        """The number of differences that are not listed."""
        return self.total - len(self.listed)

    @classmethod
    def of(
        cls,
        differences: Iterable[Difference],
        ignored: Ignored,
        described: Callable[[Difference], Difference] = lambda one: one,
    ) -> Differences:
        """Count differences and keep the first ones.

        Args:
            differences: The differences, in any order.
            ignored: What is neither counted nor listed.
            described: Adds what is reported of a difference; called for those that are kept.
        """
        counts = dict.fromkeys(Change, 0)
        categories: set[Category] = set()

        def counted() -> Iterator[Difference]:
            for difference in differences:
                found = difference.categories
                categories.update(found)
                if not found <= ignored:
                    counts[difference.change] += 1
                    yield difference if found.isdisjoint(ignored) else _without(difference, ignored)

        first = nsmallest(MOST_LISTED, counted(), key=itemgetter(0))
        listed = tuple(map(described, first))
        return cls(
            listed,
            counts[Change.ADDED],
            counts[Change.REMOVED],
            counts[Change.CHANGED],
            frozenset(categories),
        )
