"""What occurs in the paths of a tar is found by one search for all rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.checks.appledouble import is_metadata, metadata_files
from checker.checks.path_traits import (
    CONTROLS,
    OF_WINDOWS,
    OTHER_CHARACTERS,
    UPPER_CASE,
    has_any_of,
)
from checker.model.entries import REGULAR, Entries, clean_path

PIECES = ("a", "B", "._c", "__MACOSX", "C:", "x\\y", "\n", "\x7f", "é", ".")
SETS = {
    "controls": CONTROLS,
    "upper case": UPPER_CASE,
    "other characters": OTHER_CHARACTERS,
    "Windows": OF_WINDOWS,
}


def entries_of(paths: list[str]) -> Entries:
    entries = Entries()
    entries.paths.extend(paths)
    entries.kinds.extend(REGULAR.encode() * len(paths))
    return entries


def traits_of(paths: list[str]) -> set[str]:
    entries = entries_of(paths)
    found = {name for name, wanted in SETS.items() if has_any_of(entries, wanted)}
    return found | ({"macOS"} if metadata_files(entries) else set())


@pytest.mark.parametrize(
    ("path", "traits"),
    [
        ("etc/passwd", set()),
        ("a\tb", {"controls"}),
        ("usr/Bin", {"upper case"}),
        ("é", {"other characters"}),
        ("a\\b", {"Windows"}),
        ("c:/b", {"Windows"}),
        ("._b", {"macOS"}),
        ("a/._b", {"macOS"}),
        ("__MACOSX/b", {"macOS", "upper case"}),
    ],
)
@pytest.mark.parametrize("before", [0, 5000])
def test_what_one_path_has(path: str, traits: set[str], before: int) -> None:
    assert traits_of([*(f"x/{number}" for number in range(before)), path]) == traits


def test_no_paths_have_nothing() -> None:
    assert traits_of([]) == set()


@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("/".join)))
def test_nothing_is_missed(names: list[str]) -> None:
    paths = list(map(clean_path, names))
    found = traits_of(paths)
    assert "other characters" in found or all(map(str.isascii, paths))
    assert found & {"controls", "other characters"} or "".join(paths).isprintable()
    assert found & {"upper case", "other characters"} or paths == [path.lower() for path in paths]
    assert "Windows" in found or not any("\\" in path or path[1:3] == ":/" for path in paths)
    assert "macOS" in found or not any(map(is_metadata, paths))
