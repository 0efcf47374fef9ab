"""CFG: the config of an image."""

from __future__ import annotations

from checker import Check, hookimpl


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Give the rules of this bundle."""
    from checker_config.rules import RULES

    return RULES
