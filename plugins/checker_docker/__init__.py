"""DKR: the files of `docker save`: manifest.json, repositories, and the format before them."""

from __future__ import annotations

from checker import Check, hookimpl


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Return the rules of this bundle."""
    from checker_docker.rules import RULES

    return RULES
