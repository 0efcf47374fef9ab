"""Columns of entries give what records of entries would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checker.model.collisions import collisions
from checker.model.content import ContentPlan
from checker.model.entries import Entries, clean_path
from checker.model.limits import Limits
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import Member, write_tar

NAMES = st.sampled_from(["a", "./a", "a/", "/a", "//a", "b", "a/b", "./a//b", "a/../b", ".", "./"])
MEMBERS = st.lists(st.tuples(NAMES, st.sampled_from([b"0", b"5", b"1", b"g"])), max_size=8)


def entries_of(rows: list[tuple[str, bytes]]) -> Entries:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar([Member(name, typeflag=flag) for name, flag in rows]))
    return walker.finish().entries


@given(MEMBERS)
def test_collisions_are_the_paths_that_come_twice(rows: list[tuple[str, bytes]]) -> None:
    paths = [clean_path(name) for name, _ in rows]
    expected = {path: tuple(i for i, p in enumerate(paths) if p == path) for path in paths}
    found = {each.path: each.positions for each in collisions(entries_of(rows))}
    assert found == {path: at for path, at in expected.items() if len(at) > 1}


@given(MEMBERS, st.sets(st.sampled_from("015g"), min_size=1))
def test_positions_of_some_kinds(rows: list[tuple[str, bytes]], kinds: set[str]) -> None:
    entries = entries_of(rows)
    assert list(entries.of_kind(*kinds)) == [e.position for e in entries if e.kind in kinds]


def test_tar_split_tells_an_absolute_name_from_a_relative_one() -> None:
    first, second = collisions(
        entries_of([("a", b"0"), ("/a", b"0"), ("b", b"0"), ("./b", b"0")]),
    )
    assert (first.path, first.refused) == ("a", False)
    assert (second.path, second.refused) == ("b", True)
