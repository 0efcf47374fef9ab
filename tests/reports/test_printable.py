"""What is shown as it is, and what is spelled out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.reports.printable import cells, printable, without_commands, without_surrogates

SPELLED = {
    "escape code": ("\x1b[31m", r"\x1b[31m"),
    "line end": ("a\nb\r", r"a\nb\r"),
    "tab": ("\t", r"\t"),
    "nul": ("\0", r"\x00"),
    "delete": ("\x7f", r"\x7f"),
    "c1": ("\x9b", r"\x9b"),
    "byte that is no utf-8": ("\udcff", r"\xff"),
    "half pair": ("\ud800", r"\ud800"),
    "right to left": ("\u202e", r"\u202e"),
    "isolate": ("\u2066", r"\u2066"),
    "zero width space": ("\u200b", r"\u200b"),
    "byte order mark": ("\ufeff", r"\ufeff"),
    "line separator": ("\u2028", r"\u2028"),
    "no-break space": ("\xa0", r"\xa0"),
    "hangul filler": ("\u3164", r"\u3164"),
    "variation selector": ("\ufe0f", r"\ufe0f"),
    "tag": ("\U000e0041", r"\U000e0041"),
    "no character": ("\ufffe", r"\ufffe"),
    "private use": ("\ue000", r"\ue000"),
}


@pytest.mark.parametrize(("text", "shown"), SPELLED.values(), ids=SPELLED)
def test_invisible_characters_are_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["", "etc/passwd", r"C:\Users", "grün ünïcode 文件 файл 😀"])
def test_visible_text_stays(text: str) -> None:
    assert printable(text) == text


@given(st.text(st.characters()))
def test_printable_text_can_be_shown_and_encoded(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode().decode() == shown
    assert printable(shown) == shown


@given(st.binary())
def test_bytes_can_be_encoded_whatever_they_are(raw: bytes) -> None:
    text = raw.decode("utf-8", "surrogateescape")
    assert without_surrogates(text) == raw.decode("utf-8", "backslashreplace")


def test_other_characters_than_surrogates_stay() -> None:
    assert without_surrogates("\x1b\u202eä\udce4") == "\x1b\u202eä\\xe4"


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("文件", 4), ("e\u0301", 1), ("ä", 1)])
def test_columns(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("   ::error::x", r"   \x3a:error::x"),
        ("a ::error::x", "a ::error::x"),
        ("a ##[error]x", r"a \x23#[error]x"),
        ("###[error]x", r"\x23\x23#[error]x"),
        ("##VSO[a]", r"\x23#VSO[a]"),
        ("##teamcity[a]", r"\x23#teamcity[a]"),
        ("## heading", "## heading"),
        ("--- a", r"\x2d-- a"),
        ("----", "----"),
        ("travis_fold:start:a", r"\x74ravis_fold:start:a"),
        ("", ""),
    ],
)
def test_commands_of_ci_systems(line: str, shown: str) -> None:
    assert without_commands(line) == shown
