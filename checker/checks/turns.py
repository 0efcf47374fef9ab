"""Work of a rule that is bounded: what is left out is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.checks.check import Check
from checker.typing_names import TypeVar

T = TypeVar("T")


class Turns:
    """How many more items a rule may look at one by one.

    Args:
        check: The rule, which tells if there are more.
        what: What is left out then, in words.
        lookups: How many lookups, of those that ``Limits.lookups`` allows, an item takes.
    """

    def __init__(self, check: Check, what: str, lookups: int = 1) -> None:
        self._check = check
        self._what = what
        self._left = max(1, check.context.limits.lookups // lookups)

    def take(self, items: Iterable[T]) -> Iterator[T]:
        """Those of some items that may be looked at."""
        for item in items:
            if not self._left:
                self._check.leave_out(self._what)
                return
            self._left -= 1
            yield item
