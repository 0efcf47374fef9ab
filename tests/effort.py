"""How much the tests try where more is always possible: examples of Hypothesis, combinations.

``HYPOTHESIS_PROFILE=thorough`` tries all of it, as ``make coverage`` does. Without it a run takes
a part, which is the same in every run, so that the tests end soon.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import product
from typing import Final, TypeVar

from hypothesis import HealthCheck, settings

THOROUGH: Final = "thorough"
PLAIN: Final = "plain"
_IS_THOROUGH: Final = os.environ.get("HYPOTHESIS_PROFILE") == THOROUGH
_EXAMPLES: Final = 100
_PART: Final = 6

First = TypeVar("First")
Second = TypeVar("Second")
Third = TypeVar("Third")


def load_profile() -> None:
    """Load the profile of Hypothesis that the environment asks for."""
    # How long examples take depends on what else the machine does.
    patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    plain = settings(patient, derandomize=True, database=None)
    settings.register_profile(PLAIN, plain, max_examples=_EXAMPLES // _PART)
    settings.register_profile(THOROUGH, patient, max_examples=_EXAMPLES)
    settings.load_profile(THOROUGH if _IS_THOROUGH else PLAIN)


def examples(number: int, share: int = _PART) -> int:
    """How many examples to try of a property.

    Args:
        number: How many a thorough run tries.
        share: Another run tries one in so many.
    """
    return number if _IS_THOROUGH else number // share


def part(tried: Sequence[First], turn: int = 0, share: int = _PART) -> list[First]:
    """What to try of things of which a thorough run tries all.

    Args:
        tried: What could be tried.
        turn: Which of the first ones to begin with: the number of a group, if there are several
            groups, which so take turns.
        share: One in so many is tried, and at least one.
    """
    if _IS_THOROUGH or not tried:
        return list(tried)
    return list(tried[turn % min(share, len(tried)) :: share])


def combined(
    first: Sequence[First], second: Sequence[Second], third: Sequence[Third]
) -> list[tuple[First, Second, Third]]:
    """Combinations of three kinds of values, for parameters of a test.

    A thorough run tries all. Otherwise each of the first occurs with each of the second once, and
    the third takes turns: each occurs with each of the first, if the second are at least as many,
    and with each of the second, if the first are.
    """
    if _IS_THOROUGH:
        return list(product(first, second, third))
    return [
        (one, other, third[(row + column) % len(third)])
        for row, one in enumerate(first)
        for column, other in enumerate(second)
    ]
