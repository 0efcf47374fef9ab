"""ARC: the outer tar, its structure, names and compression."""

from __future__ import annotations

from checker import Check, hookimpl
from checker.checks.listed import ListedRule


@hookimpl
def checker_checks() -> tuple[type[Check] | ListedRule, ...]:
    """Return the rules of this bundle."""
    from checker_archive.rules import RULES

    return RULES
