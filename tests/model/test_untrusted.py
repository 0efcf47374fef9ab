"""Text from archives that Python's own conversions refuse."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.untrusted import utf8, whole_number

LIMIT = sys.get_int_max_str_digits()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        (b"7", 7),
        ("00012", 12),
        ("0" * (LIMIT + 1) + "5", 5),
        (b"0" * (LIMIT + 1), 0),
        ("9" * 19, 10**19 - 1),
        ("1" + "0" * 19, None),
        ("1" * (LIMIT + 1), None),
        ("", None),
        ("-1", None),
        ("1_0", None),
        (" 1", None),
        ("²", None),
        ("٣", None),
        (b"\xb2", None),
    ],
)
def test_numbers(text: str | bytes, number: int | None) -> None:
    assert whole_number(text) == number


@given(st.text(st.characters()) | st.binary().map(lambda raw: raw.decode("utf-8", "replace")))
def test_numbers_of_anything(text: str) -> None:
    number = whole_number(text)
    assert number is None or text.lstrip("0") == str(number).lstrip("0")


@given(st.binary())
def test_bytes_that_are_not_utf8_come_back(raw: bytes) -> None:
    assert utf8(raw.decode("utf-8", "surrogateescape")) == raw


@given(st.text(st.characters(categories=("Cs", "L", "P"))))
def test_any_text_has_bytes(text: str) -> None:
    assert len(utf8(text)) >= len(text)


def test_lone_surrogates_become_the_replacement_character() -> None:
    assert utf8("a\ud800b\udfff\udc80") == "a\ufffdb\ufffd".encode() + b"\x80"
