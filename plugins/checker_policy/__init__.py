"""POL: what users require: tables ``[[require]]``, files of them, and structure tests."""

from __future__ import annotations

from checker import Check, hookimpl
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.policy import Policy


@hookimpl
def checker_policy(policy: Policy) -> tuple[type[Check], ...]:
    """Give a rule for each requirement and for each structure test."""
    from checker_policy.rules import rules_of

    return rules_of(policy)
