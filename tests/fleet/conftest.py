"""What the tests of sweeps share: archives of some layers, and results as values."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

REQUIRED = "CHECKER_REQUIRE_FLEET"
_LIBRARIES = ("fsspec", "pyarrow", "distributed", "s3fs", "moto")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of sweeps where the extra is missing; a failure where it is required."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if not missing or os.environ.get(REQUIRED):
        return
    reason = f"{', '.join(missing)} not installed: make test-fleet installs the extra fleet-test"
    for item in items:
        if "tests/fleet/" in item.nodeid:
            item.add_marker(pytest.mark.skip(reason=reason))
