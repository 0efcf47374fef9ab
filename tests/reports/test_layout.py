"""How text is wrapped: nothing that is copied is broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.reports.layout import Style, pieces, plain, prose, safe, wrap
from checker.reports.printable import cells

WRAPPED = {
    "words": ("aa bb cc", 5, ["aa bb", "cc"]),
    "long word": ("a bbbbbbbb c", 4, ["a", "bbbbbbbb", "c"]),
    "command": ("type `a b c` now", 6, ["type", "`a b c`", "now"]),
    "lone backtick": ("a ` b", 3, ["a `", "b"]),
    "two spaces": ("a  b", 9, ["a  b"]),
    "wide letters": ("文件 文件", 8, ["文件", "文件"]),
    "nothing": ("", 5, [""]),
}


@pytest.mark.parametrize(("text", "width", "rows"), WRAPPED.values(), ids=WRAPPED)
def test_wrapping(text: str, width: int, rows: list[str]) -> None:
    assert wrap(text, width) == rows


def test_parts_are_not_broken() -> None:
    assert pieces(("a b", "c d e f", "g"), 8) == ["a b,", "c d e f,", "g"]


def test_endless_text_is_cut() -> None:
    assert safe("a" * 5000) == f"{'a' * 260}...(4,700 more)...{'a' * 40}"
    assert safe("a b " * 2000).endswith(" ... (4,000 more characters)")


INDENT = "advice  "
LONG = "`podman load --input 'a long name.tar'`"
PROSE = {
    "fits": ("run `a b` now", ["advice  run `a b` now"]),
    "moves whole": ("please run `a b c d` now", ["advice  please run", "        `a b c d` now"]),
    "long": (
        f"run {LONG}, then look",
        ["advice  run", f"        {LONG.strip('`')}", "        then look"],
    ),
    "first": (LONG, [f"advice  {LONG.strip('`')}"]),
    "empty": ("", ["advice"]),
    "lone backtick": ("a ` b", ["advice  a ` b"]),
}


@pytest.mark.parametrize(("text", "rows"), PROSE.values(), ids=PROSE)
def test_prose(text: str, rows: list[str]) -> None:
    start = ((Style.LABEL, INDENT),)
    assert [plain(line) for line in prose(start, text, 24, Style.PLAIN)] == rows


def test_commands_in_prose_have_their_style() -> None:
    start = ((Style.LABEL, INDENT),)
    (first, *_) = prose(start, "run `a b` now", 24, Style.PLAIN)
    assert (Style.COMMAND, "`a b`") in first
    lines = list(prose(start, f"run {LONG}", 24, Style.PLAIN))
    assert lines[1][-1] == (Style.COMMAND, LONG.strip("`"))


PARTS = st.text("ab`, .文", min_size=1, max_size=12)


@given(st.lists(PARTS, max_size=9).map(" ".join), st.integers(9, 40))
def test_no_line_of_prose_is_too_long_unless_it_is_one_word(text: str, width: int) -> None:
    start = ((Style.LABEL, INDENT),)
    for line in prose(start, text, width, Style.PLAIN):
        body = "".join(part for _, part in line[1:])
        is_one = len(wrap(body, 1)) == 1 or line[-1][0] is Style.COMMAND
        assert cells(INDENT + body) <= width or is_one


@given(st.lists(PARTS, max_size=9).map(" ".join), st.integers(9, 40))
def test_prose_loses_no_word(text: str, width: int) -> None:
    shown = " ".join(plain(line).strip() for line in prose((), text, width, Style.PLAIN))
    for mark in "`, .":
        shown, text = shown.replace(mark, ""), text.replace(mark, "")
    assert shown == text
