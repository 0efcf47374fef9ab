"""Platforms: the GOOS and GOARCH values, and which platforms are equivalent."""

from __future__ import annotations

import pytest

from checker.checks.platforms import go_name, selector
from checker.model.names import Platform


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("x86_64", "amd64"),
        ("AArch64", "arm64"),
        ("Linux", "linux"),
        ("AMD64", "amd64"),
        ("amd64", None),
        ("linux", None),
        ("cray", None),
        ("", None),
    ],
)
def test_other_names_are_turned_into_values_of_go(word: str, expected: str | None) -> None:
    assert go_name(word) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Platform("linux", "arm64"), Platform("linux", "arm64", "v8"), True),
        (Platform("linux", "arm"), Platform("linux", "arm", "v7"), True),
        (Platform("linux", "amd64", "v1"), Platform("linux", "amd64"), True),
        (Platform("linux", "amd64", "v3"), Platform("linux", "amd64"), False),
        (Platform("linux", "arm", "v6"), Platform("linux", "arm", "v7"), False),
        (Platform("windows", "amd64", None, "10.0.1"), Platform("windows", "amd64"), False),
        (
            Platform("windows", "amd64", None, None, ("win32k",)),
            Platform("windows", "amd64"),
            False,
        ),
    ],
)
def test_platforms_that_select_alike(one: Platform, other: Platform, *, expected: bool) -> None:
    assert (selector(one) == selector(other)) is expected
