"""Lists in messages: the first few of many items."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checker.typing_names import TypeVar

T = TypeVar("T")


def first_few(items: Sequence[T], most: int, show: Callable[[T], str] = str) -> str:
    """The first few items, and the number of the remaining ones: ``a, b and 7 more``.

    Args:
        items: The items.
        most: The number of items to show.
        show: Formats one item.
    """
    shown = ", ".join(map(show, items[:most]))
    left = len(items) - most
    return f"{shown} and {left} more" if left > 0 else shown
