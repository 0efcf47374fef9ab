"""TRP: what happened to the file on its way, where it is not, or no longer, an archive."""

from __future__ import annotations

from checker import Check, hookimpl


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Return the rules of this bundle."""
    from checker_transport.rules import RULES

    return RULES
