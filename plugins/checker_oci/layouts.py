"""The archives that the rules of this bundle look at."""

from __future__ import annotations

from checker import Kind
from checker.checks.listed import Scope

_KINDS = frozenset({Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE, Kind.OCI_LAYOUT})

LAYOUTS = Scope(
    includes=lambda archive: archive.kind in _KINDS,
    reason="the archive is not an OCI image layout",
)
"""Image layouts, also those that are Docker archives as well."""

ALL_ARCHIVES = Scope(includes=lambda _: True, reason=None)
"""Any archive, whether it can contain what a rule asks for or not."""
NO_KEY = "no key was given (--verify-key)"
"""Why rules about keys are skipped."""
