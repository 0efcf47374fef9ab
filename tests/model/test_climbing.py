"""Which paths lead above where they start."""

from __future__ import annotations

import pytest

from checker.model.entries import climbs_out


@pytest.mark.parametrize("path", ["..", "../a", "a/../../b", "/..", "./../a", "a/b/../../.."])
def test_a_path_that_climbs_out(path: str) -> None:
    assert climbs_out(path)


@pytest.mark.parametrize("path", ["", "a", "a/..", "a/../b", "..a", "a/..b/...", "./a/.."])
def test_a_path_that_stays(path: str) -> None:
    assert not climbs_out(path)
