"""ARC: the outer tar, its structure, names and compression."""

from __future__ import annotations

from checker.checks.check import Check
from checker.hookspecs import hookimpl


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Give the rules of this bundle."""
    from checker_archive.rules import RULES

    return RULES
