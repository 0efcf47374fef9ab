"""Lists in messages: the first few of many things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def first_few(items: Sequence[T], most: int, show: Callable[[T], str] = str) -> str:
    """The first of some things, and how many are left: ``a, b and 7 more``.

    Args:
        items: The things.
        most: How many are shown.
        show: How one is shown.
    """
    shown = ", ".join(map(show, items[:most]))
    left = len(items) - most
    return f"{shown} and {left} more" if left > 0 else shown
