"""ARC: the outer tar, its structure, names and compression."""

from __future__ import annotations

from checker import Check, hookimpl


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Return the rules of this bundle."""
    from checker_archive.rules import RULES

    return RULES
