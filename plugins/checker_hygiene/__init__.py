"""HYG: good practice: users, secrets, leftovers and waste."""

from __future__ import annotations

from checker import Check, hookimpl


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Give the rules of this bundle."""
    from checker_hygiene.rules import RULES

    return RULES
