"""DKR: what `docker save` writes: manifest.json, repositories and the form before it."""

from __future__ import annotations

from checker import Check, hookimpl


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Give the rules of this bundle."""
    from checker_docker.rules import RULES

    return RULES
