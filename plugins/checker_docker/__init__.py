"""DKR: the files of `docker save`: manifest.json, repositories, and the format before them."""

from __future__ import annotations

from checker import hookimpl
from checker.checks.listed import ListedRule


@hookimpl
def checker_checks() -> tuple[ListedRule, ...]:
    """Return the rules of this bundle."""
    from checker_docker.rules import RULES

    return RULES
