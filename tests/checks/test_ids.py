"""Whether an owner in a tar has an ID above a number."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from checker.checks.scopes import has_ids_above
from checker.model.entries import Entries

IDS = st.lists(st.sampled_from([-1, 0, 1, 65_536, 65_537, 1 << 33]), max_size=4)


@given(IDS, IDS)
def test_ids_above(users: list[int], groups: list[int]) -> None:
    entries = Entries()
    entries.uids, entries.gids = array("q", users), array("q", groups)
    expected = any(not 0 <= number <= 65_536 for number in (*users, *groups))
    assert has_ids_above(entries, 65_536) == expected
