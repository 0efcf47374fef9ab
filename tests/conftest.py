"""What all tests share: how much Hypothesis tries, and which tests share a worker."""

from __future__ import annotations

import pytest

from tests.effort import load_profile

load_profile()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of the engines to one worker, which starts their daemons once."""
    for item in items:
        if item.get_closest_marker("engines") is not None:
            item.add_marker(pytest.mark.xdist_group("engines"))
