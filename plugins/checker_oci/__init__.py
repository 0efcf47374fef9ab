"""OCI: the image layout, its index, manifests and descriptors."""

from __future__ import annotations

from checker import hookimpl
from checker.checks.listed import ListedRule


@hookimpl
def checker_checks() -> tuple[ListedRule, ...]:
    """Return the rules of this bundle."""
    from checker_oci.rules import RULES

    return RULES
