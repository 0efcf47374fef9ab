"""Patterns are compiled at their first use, and behave as those of ``re.compile``."""

from __future__ import annotations

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.patterns import pattern

DIGITS = pattern(r"([0-9]+)-?")
DIGITS_OF_RE = re.compile(r"([0-9]+)-?")


@given(st.text("01a-"))
def test_answers_are_those_of_a_compiled_pattern(text: str) -> None:
    assert DIGITS.findall(text) == DIGITS_OF_RE.findall(text)
    assert DIGITS.sub("x", text) == DIGITS_OF_RE.sub("x", text)
    assert DIGITS.split(text) == DIGITS_OF_RE.split(text)
    for found, expected in (
        (DIGITS.fullmatch(text), DIGITS_OF_RE.fullmatch(text)),
        (DIGITS.search(text), DIGITS_OF_RE.search(text)),
        (DIGITS.match(text), DIGITS_OF_RE.match(text)),
    ):
        assert (found and found.span(1)) == (expected and expected.span(1))


def test_flags_and_bytes_are_taken() -> None:
    assert pattern("A", re.IGNORECASE).fullmatch("a")
    assert pattern(b"a").fullmatch(b"a")
    assert pattern("a", re.IGNORECASE).flags == re.compile("a", re.IGNORECASE).flags


def test_a_wrong_expression_is_told_at_its_first_use() -> None:
    wrong = pattern("(")
    with pytest.raises(re.error, match="missing \\)"):
        wrong.search("")


def test_a_copy_is_still_a_pattern() -> None:
    assert copy.copy(DIGITS).fullmatch("12")
