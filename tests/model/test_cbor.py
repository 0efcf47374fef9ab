"""CBOR is read as RFC 8949 says, within bounds."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.cbor import (
    CborError,
    Tagged,
    decode_cbor,
    encode_array,
    encode_bytes,
    encode_text,
)
from tests.signing.signers import Tag, cbor

# RFC 8949, appendix A.
EXAMPLES = {
    "00": 0,
    "17": 23,
    "1818": 24,
    "1903e8": 1000,
    "1bffffffffffffffff": 18446744073709551615,
    "20": -1,
    "3903e7": -1000,
    "f93c00": 1.0,
    "fa47c35000": 100000.0,
    "fb3ff199999999999a": 1.1,
    "f4": False,
    "f5": True,
    "f6": None,
    "c11a514b67b0": Tagged(1, 1363896240),
    "4401020304": b"\1\2\3\4",
    "6449455446": "IETF",
    "62c3bc": "\u00fc",
    "8301820203820405": [1, [2, 3], [4, 5]],
    "a201020304": {1: 2, 3: 4},
    "a26161016162820203": {"a": 1, "b": [2, 3]},
}
BAD = {
    "": "truncated",
    "19 03": "truncated",
    "44 0102": "truncated",
    "9a ffffffff": "truncated",
    "5f 42 0102 ff": "indefinite",
    "00 00": "data after the first item",
    "61 ff": "not UTF-8",
    "a2 01 02 01 03": "repeated key",
    "a1 41 00 00": "not a label",
    "a1 f5 00": "not a label",
    "f0": "not known",
    "81" * 17 + "00": "nested too deeply",
    "99 1001" + "00" * 4097: "too many items",
}
VALUES = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.integers(0, 99) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=30,
)


@pytest.mark.parametrize("encoded", EXAMPLES)
def test_examples_of_the_specification(encoded: str) -> None:
    assert decode_cbor(bytes.fromhex(encoded)) == EXAMPLES[encoded]


@pytest.mark.parametrize("encoded", BAD)
def test_what_is_refused(encoded: str) -> None:
    with pytest.raises(CborError, match=BAD[encoded]):
        decode_cbor(bytes.fromhex(encoded))


@given(VALUES)
def test_values_are_read_as_they_were_written(value: object) -> None:
    assert decode_cbor(cbor(value)) == value
    assert decode_cbor(cbor(Tag(18, value))) == Tagged(18, value)


@given(st.binary(max_size=70_000), st.text(max_size=300))
def test_what_is_written_is_deterministic(data: bytes, text: str) -> None:
    written = encode_array(encode_text(text), encode_bytes(data))
    assert written == cbor([text, data])


@given(st.binary(max_size=100))
def test_no_bytes_are_an_exception(data: bytes) -> None:
    with suppress(CborError):
        decode_cbor(data)
