"""RFS: the merged root filesystem, and whether the command of an image can run in it."""

from __future__ import annotations

from checker import Check, hookimpl
from checker.checks.listed import ListedRule


@hookimpl
def checker_checks() -> tuple[type[Check] | ListedRule, ...]:
    """Give the rules of this bundle."""
    from checker_rootfs.rules import RULES

    return RULES
