"""What may occur in the paths of a tar is found by one search for all rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.checks.appledouble import is_metadata
from checker.checks.path_traits import PathTraits, path_traits
from checker.model.entries import Entries, clean_path

PIECES = ("a", "B", "._c", "__MACOSX", "C:", "x\\y", "\n", "\x7f", "d" * 200, "é", ".")
NOTHING = PathTraits(*(False,) * len(PathTraits._fields))


def entries_of(paths: list[str]) -> Entries:
    entries = Entries()
    entries.paths.extend(paths)
    return entries


@pytest.mark.parametrize(
    ("path", "traits"),
    [
        ("etc/passwd", set()),
        ("d" * 255, set()),
        ("d" * 256, {"long_paths"}),
        ("a\tb", {"controls"}),
        ("usr/Bin", {"upper_case"}),
        ("a\\b", {"of_windows"}),
        ("c:/b", {"of_windows"}),
        ("._b", {"of_macos"}),
        ("a/._b", {"of_macos"}),
        ("__MACOSX/b", {"of_macos", "upper_case"}),
    ],
)
@pytest.mark.parametrize("before", [0, 5000])
def test_what_one_path_has(path: str, traits: set[str], before: int) -> None:
    found = path_traits(entries_of([*(f"x/{number}" for number in range(before)), path]))
    assert found == NOTHING._replace(**dict.fromkeys(traits, True))


def test_of_other_characters_everything_may_occur() -> None:
    assert path_traits(entries_of(["a", "é"])) == PathTraits(*(True,) * len(PathTraits._fields))


def test_no_paths_have_nothing() -> None:
    assert path_traits(entries_of([])) == NOTHING


@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("/".join)))
def test_nothing_is_missed(names: list[str]) -> None:
    paths = list(map(clean_path, names))
    found = path_traits(entries_of(paths))
    assert found.other_characters or all(map(str.isascii, paths))
    assert found.long_paths or all(len(path) <= 255 for path in paths)
    assert found.controls or "".join(paths).isprintable()
    assert found.upper_case or paths == [path.lower() for path in paths]
    assert found.of_windows or not any("\\" in path or path[1:3] == ":/" for path in paths)
    assert found.of_macos or not any(map(is_metadata, paths))
