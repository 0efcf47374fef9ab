"""CFG: the config of an image."""

from __future__ import annotations

from checker import hookimpl
from checker.checks.listed import ListedRule


@hookimpl
def checker_checks() -> tuple[ListedRule, ...]:
    """Give the rules of this bundle."""
    from checker_config.rules import RULES

    return RULES
