"""What a table of entries says of all its paths at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checker.model.content import ContentPlan
from checker.model.entries import Entries
from checker.model.limits import Limits
from checker.model.untrusted import utf8
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import file, write_tar


def entries_of(*names: str) -> Entries:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar([file(name) for name in names]))
    return walker.finish().entries


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
