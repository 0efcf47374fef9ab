"""OCI: the image layout, its index, manifests and descriptors."""

from __future__ import annotations

from checker import Check, hookimpl


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Return the rules of this bundle."""
    from checker_oci.rules import RULES

    return RULES
