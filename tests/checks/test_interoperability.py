"""What I-JSON forbids is found wherever it is, and nothing else."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.checks.interoperability import odd_values
from checker.model.limits import Limits
from checker.reading.document import read_document

TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("\ud800\udc00\udfff\ufdd0\ufdef\ufffe\uffff\U0001fffe\U0010ffff\ufffd"),
    )
)
NUMBERS = st.one_of(
    st.integers(-(2**53) - 2, -(2**53) + 2),
    st.integers(2**53 - 2, 2**53 + 2),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def kinds(value: Any) -> set[str]:
    """The kinds of odd values in a document, by a plain walk."""
    if isinstance(value, dict):
        return set().union(*(kinds(key) | kinds(each) for key, each in value.items()), set())
    if isinstance(value, list):
        return set().union(*map(kinds, value), set())
    if isinstance(value, str):
        odd = any(
            0xD800 <= ord(each) <= 0xDFFF
            or 0xFDD0 <= ord(each) <= 0xFDEF
            or ord(each) & 0xFFFE == 0xFFFE
            for each in value
        )
        return {"text"} if odd else set()
    if isinstance(value, bool) or value is None:
        return set()
    is_odd = math.isinf(value) or (isinstance(value, int) and abs(value) >= 2**53)
    return {"number"} if is_odd else set()


@given(VALUES, st.booleans())
def test_odd_values_are_those_of_a_plain_walk(value: object, indented: bool) -> None:  # noqa: FBT001
    raw = json.dumps({"": [value]}, indent=2 if indented else None).encode()
    document = read_document(raw, Limits())
    found = {"number" if "a number" in odd.message else "text" for odd in odd_values(document)}
    assert found == kinds(document.value)


@given(st.text(st.characters(codec="utf-8")))
def test_noncharacters_that_are_not_escaped_are_found(text: str) -> None:
    raw = json.dumps([text], ensure_ascii=False).encode()
    document = read_document(raw, Limits())
    assert bool(tuple(odd_values(document))) == bool(kinds(document.value))


@pytest.mark.parametrize(
    "number", ["1e309", "-1E+400", "1.5e0400", "9" * 400 + ".0", "9007199254740992", "[\t1e999]"]
)
def test_numbers_that_no_double_represents(number: str) -> None:
    document = read_document(f'{{"a":{number}}}'.encode(), Limits())
    (odd,) = odd_values(document)
    assert odd.pointer.startswith("/a")
    assert "a double cannot represent" in odd.message


@pytest.mark.parametrize("number", ["1e308", "9007199254740991", "1e-400", "0.1", "1e22"])
def test_numbers_that_every_reader_has(number: str) -> None:
    document = read_document(f'{{"a":{number}}}'.encode(), Limits())
    assert tuple(odd_values(document)) == ()
