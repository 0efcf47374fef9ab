"""A budget of work: what may still be spent before a limit is reached."""

from __future__ import annotations

from checker.model.limits import LimitReached

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
