"""A budget of work: what may still be spent before a limit is reached."""

from __future__ import annotations

from collections.abc import Callable

from checker.model.limits import LimitReached
from checker.typing_names import Generic, TypeVar

T = TypeVar("T")
_UNITS = 64
"""What one step counts; smaller parts of the work count less."""
_LIMIT = "simulated"


class OutOfWork(Exception):  # noqa: N818 - an answer, not an error of this program
    """The budget is spent, so an outcome is not known.

    Attributes:
        reached: The limit.
    """

    def __init__(self, reached: LimitReached) -> None:
        super().__init__(reached.what)
        self.reached = reached


class Work:
    """What may still be spent on the verdict of one engine.

    Args:
        limit: Entries whose extraction may be simulated (``Limits.simulated``).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit * _UNITS

    @property
    def left(self) -> int:
        """The parts that may still be spent."""
        return self._left

    def spend(self, steps: int = 1) -> None:
        """Spend the work of some entries.

        Raises:
            OutOfWork: There is not enough left.
        """
        self.spend_parts(steps * _UNITS)

    def spend_parts(self, parts: int) -> None:
        """Spend the work of resolving some parts of the targets of links.

        Raises:
            OutOfWork: There is not enough left.
        """
        self._left -= parts
        if self._left < 0:
            what = "the extraction of an archive with unusual entries was not simulated to its end"
            raise OutOfWork(LimitReached(_LIMIT, self._limit, what))


class Known(Generic[T]):
    """The answer of some work, found once and asked for by several.

    Each spends what it takes to find the answer, so that what one is told does not depend on who
    else asked.
    """

    __slots__ = ("_answers", "_cost", "_not_enough")

    def __init__(self) -> None:
        self._answers: tuple[T, ...] = ()
        self._cost = 0
        self._not_enough = -1

    def find(self, work: Work, find: Callable[[], T]) -> T:
        """Find the answer, or take the known one.

        Args:
            work: What may be spent on it.
            find: Finds it, and spends of ``work``. Nothing is kept of what it raises.

        Raises:
            OutOfWork: There is not enough left.
        """
        if self._answers:
            work.spend_parts(self._cost)
            return self._answers[0]
        before = work.left
        if before <= self._not_enough:
            work.spend_parts(before + 1)
        try:
            answer = find()
        except OutOfWork:
            self._not_enough = max(self._not_enough, before)
            raise
        self._answers, self._cost = (answer,), before - work.left
        return answer
