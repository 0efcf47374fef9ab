"""HYG: good practice: users, secrets, leftovers and waste."""

from __future__ import annotations

from checker import Check, hookimpl
from checker.checks.listed import ListedRule


@hookimpl
def checker_checks() -> tuple[type[Check] | ListedRule, ...]:
    """Give the rules of this bundle."""
    from checker_hygiene.rules import RULES

    return RULES
