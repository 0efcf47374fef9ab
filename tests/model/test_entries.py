"""What a table of entries says of all its paths at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.content import ContentPlan
from checker.model.entries import REGULAR, SYMLINK, Entries
from checker.model.limits import Limits
from checker.model.untrusted import utf8
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import Member, file, hardlink, symlink, write_tar


def read(members: list[Member]) -> Entries:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar(members))
    return walker.finish().entries


def entries_of(*names: str) -> Entries:
    return read([file(name) for name in names])


@given(
    st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
)
def test_the_bytes_of_paths_and_the_longest(names: list[str]) -> None:
    entries = entries_of(*names)
    assert entries.path_bytes == {0}.union(*map(utf8, entries.paths))
    assert entries.longest_path == max(map(len, entries.paths), default=0)
    assert "".join(entries.texts()) == "".join(f"\0{path}" for path in entries.paths) + "\0" * bool(
        names
    )


def test_texts_of_many_paths() -> None:
    names = [f"d/{number}" for number in range(10_000)]
    texts = list(entries_of(*names).texts())
    assert len(texts) == 3
    assert [path for text in texts for path in text[1:-1].split("\0")] == names


def test_bytes_that_are_not_text() -> None:
    assert entries_of("\udcff").path_bytes == {0, 0xFF}


@given(st.lists(st.sampled_from(["a", "b/c", "d"]), max_size=8), st.sets(st.sampled_from("abd")))
def test_positions_of_paths(names: list[str], wanted: set[str]) -> None:
    entries = entries_of(*names)
    expected = {path: [i for i, name in enumerate(names) if name == path] for path in wanted}
    assert entries.positions(wanted) == expected


def test_whiteouts_of_many_paths() -> None:
    names = [f"d/{number}" for number in range(10_000)]
    names[5], names[9_999], names[9_000] = "d/.wh.b", ".wh..wh..opq", "d/x.wh.y"
    assert list(entries_of(*names).whiteouts) == ["d/.wh.b", ".wh..wh..opq"]


@pytest.mark.parametrize("targets", [[], ["t", "../to"], ["t", ""], [""]])
def test_targets(targets: list[str]) -> None:
    links = [symlink(f"link{number}", target) for number, target in enumerate(targets)]
    entries = read([file("f"), hardlink("h", "f"), *links])
    assert entries.longest_target == max(map(len, (*targets, "f")))
    assert entries.has_bare_symlinks == ("" in targets)


def test_positions_of_a_kind_that_most_entries_have() -> None:
    entries = read([file("f"), *(symlink(f"l{number}", "f") for number in range(100)), file("g")])
    assert list(entries.of_kind(SYMLINK)) == list(range(1, 101))
    assert list(entries.of_kind(REGULAR)) == [0, 101]
