"""TRP: what happened to the file on its way, where it is not, or no longer, an archive."""

from __future__ import annotations

from checker import hookimpl
from checker.checks.listed import ListedRule


@hookimpl
def checker_checks() -> tuple[ListedRule, ...]:
    """Return the rules of this bundle."""
    from checker_transport.rules import RULES

    return RULES
