"""LYR: the layers, their digests, compression and entries."""

from __future__ import annotations

from checker import hookimpl
from checker.checks.listed import ListedRule


@hookimpl
def checker_checks() -> tuple[ListedRule, ...]:
    """Give the rules of this bundle."""
    from checker_layers.rules import RULES

    return RULES
