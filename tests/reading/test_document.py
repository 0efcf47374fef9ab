"""JSON documents: what a lenient reader passes over is a fact with its place."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.document import Document, pointer
from checker.model.limits import MIB, Limits
from checker.reading.compression import LimitError
from checker.reading.document import read_document
from tests.effort import examples

BOM = b"\xef\xbb\xbf"


def read(raw: bytes, **limits: int) -> Document:
    return read_document(raw, Limits(**limits))


# --- what is JSON

SOUND: dict[str, tuple[bytes, object]] = {
    "object": (b'{"a": [1, 2.5, true, null]}', {"a": [1, 2.5, True, None]}),
    "number": (b"12", 12),
    "null": (b"null", None),
    "white space around": (b" \t\r\n[]\n \r\t", []),
    "escapes": (rb'"\u00e4\n\ud83d\ude00"', "ä\n\U0001f600"),
    "lone surrogate": (rb'"a\ud800b"', "a\ud800b"),
    "characters": ('{"ä": "\U0001f600"}'.encode(), {"ä": "\U0001f600"}),
    "longest integer": (b"1" + b"0" * 4299, 10**4299),
    "longest negative integer": (b"-1" + b"0" * 4299, -(10**4299)),
    "very long fraction": (b"0." + b"3" * 9000, 1 / 3),
    "brackets in strings": (b'["' + b"[" * 500 + b'"]', ["[" * 500]),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_json(name: str) -> None:
    raw, value = SOUND[name]
    assert read(raw) == Document(raw=raw, value=value)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(VALUES, st.booleans())
@settings(max_examples=examples(100), deadline=None)
def test_any_value_comes_back(value: Any, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    raw = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert read(raw) == Document(raw=raw, value=value)


# --- what is not, and where

WRONG: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 0, "Expecting value"),
    "white space": (b" \n ", 3, "Expecting value"),
    "no value": (b"[1,:]", 3, "Expecting value"),
    "no value behind a character": ('["ä", x]'.encode(), 7, "Expecting value"),
    "word": (b"hello", 0, "Expecting value"),
    "unterminated string": (b'["abc', 1, "Unterminated string"),
    "unterminated string with an escape": (b'["abc\\', 1, "Unterminated string"),
    "unterminated object": (b'{"a": 1', 7, "Expecting ',' delimiter"),
    "no colon": (b'{"a" 1}', 5, "Expecting ':' delimiter"),
    "key that is no string": (b"{1: 2}", 1, "Expecting property name"),
    "single quotes": (b"{'a': 2}", 1, "Expecting property name"),
    "control character": (b'"a\nb"', 2, "Invalid control character"),
    "bad escape": (b'"a\\qb"', 2, "Invalid \\escape"),
    "half an escape": (b'"\\u12"', 2, "Invalid \\uXXXX escape"),
    "NaN": (b'["NaN", NaN]', 8, "NaN is not JSON"),
    "Infinity": (b'{"Infinity\\"": Infinity}', 15, "Infinity is not JSON"),
    "negative infinity": (b"[1, -Infinity]", 4, "-Infinity is not JSON"),
    "too long an integer": (b'["1", 1' + b"0" * 4300 + b"]", 6, "an integer has 4301 digits"),
    "too long a negative integer": (b"[-1" + b"0" * 4300 + b"]", 1, "an integer has 4301 digits"),
    "integer behind a long fraction": (
        b"[0." + b"3" * 5000 + b", 1" + b"0" * 4300 + b"]",
        5005,
        "an integer has 4301 digits",
    ),
    "behind a byte order mark": (BOM + b"[x]", 4, "Expecting value"),
    "behind bytes that are no UTF-8": (b'["\xff\xc3\xfe", x]', 8, "Expecting value"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_json(name: str) -> None:
    raw, offset, message = WRONG[name]
    document = read(raw)
    assert document.value is None
    assert str(document.error).startswith(message)
    assert document.error_offset == offset
    assert document.trailing is None


def test_a_trailing_comma_is_named_as_this_version_of_python_does() -> None:
    trailing = ("Illegal trailing comma before end of array (line 1, column 3)", 2)
    before = ("Expecting value (line 1, column 4)", 3)
    document = read(b"[1,]")
    expected = trailing if sys.version_info >= (3, 13) else before
    assert (document.error, document.error_offset) == expected


def test_an_error_names_line_and_column() -> None:
    assert read(b'{\n  "a": x}').error == "Expecting value (line 2, column 8)"


TRAILING: dict[str, tuple[bytes, int]] = {
    "second value": (b"{} {}", 3),
    "junk": (b"[1]x", 3),
    "NUL": (b"1\0", 1),
    "behind characters": ('["ä"]  x'.encode(), 8),
    "behind a byte order mark": (BOM + b"1 x", 5),
    "behind bytes that are no UTF-8": (b'["\xff\xff"]\n!', 7),
}


@pytest.mark.parametrize("name", TRAILING)
def test_trailing_bytes(name: str) -> None:
    raw, offset = TRAILING[name]
    document = read(raw)
    assert (document.error, document.trailing) == (None, offset)


def test_a_byte_order_mark() -> None:
    raw = BOM + b"[1]"
    assert read(raw) == Document(raw=raw, value=[1], bom=True)
    assert read(BOM).error_offset == 3


NOT_UTF8: dict[str, tuple[bytes, int, object]] = {
    "lone byte": (b'["a\xff"]', 3, ["a\ufffd"]),
    "each byte on its own": (b'["\xe4\xb8"]', 2, ["\ufffd\ufffd"]),
    "surrogate": (b'["\xed\xa0\x80"]', 2, ["\ufffd" * 3]),
    "in a key": (b'{"\xff": 1}', 2, {"\ufffd": 1}),
    "Latin-1": ('"é"'.encode("latin-1"), 1, "\ufffd"),
    "behind a byte order mark": (BOM + b'"\xff"', 4, "\ufffd"),
    "beside the replacement": ('"\ufffd'.encode() + b'\xff"', 4, "\ufffd\ufffd"),
}


@pytest.mark.parametrize("name", NOT_UTF8)
def test_bytes_that_are_no_utf8(name: str) -> None:
    raw, offset, value = NOT_UTF8[name]
    document = read(raw)
    assert (document.not_utf8, document.value, document.error) == (offset, value, None)


# --- keys that come twice

DUPLICATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "none": ('{"a": {"a": 1}, "b": {"a": 1}}', ()),
    "at the top": ('{"a": 1, "a": 2}', ("/a",)),
    "three times": ('{"a": 1, "a": 2, "a": 3}', ("/a",)),
    "two keys": ('{"b": 1, "a": 2, "b": 3, "a": 4}', ("/b", "/a")),
    "inside": ('{"x": {"a": 1, "a": 1}}', ("/x/a",)),
    "in an array": ('[0, [{"a": 1, "a": 1}], {"b": 1, "b": 1}]', ("/1/0/a", "/2/b")),
    "in document order": ('{"x": [{"a": 1, "a": 1}], "y": {"b": 1, "b": 1}}', ("/x/0/a", "/y/b")),
    "at several depths": ('{"a": {"b": 1, "b": 2}, "a": {"c": 1, "c": 2}}', ("/a", "/a/c")),
    "with signs to escape": ('{"a/b": {"~": 1, "~": 2}}', ("/a~1b/~0",)),
    "escaped and plain": (r'{"a": 1, "\u0061": 2}', ("/a",)),
    "empty": ('{"": 1, "": 2}', ("/",)),
}


@pytest.mark.parametrize("name", DUPLICATES)
def test_keys_that_come_twice(name: str) -> None:
    text, pointers = DUPLICATES[name]
    document = read(text.encode())
    assert document.duplicate_keys == pointers
    assert document.value == json.loads(text)


def test_keys_that_come_twice_are_bounded() -> None:
    text = "[" + ",".join(f'{{"{n}": 1, "{n}": 2}}' for n in range(300)) + "]"
    assert len(read(text.encode()).duplicate_keys) == 100
    one = "{" + ",".join(f'"{n // 2}": 1' for n in range(600)) + "}"
    assert len(read(one.encode()).duplicate_keys) == 100


def test_long_keys_make_no_long_pointers() -> None:
    """A key of a megabyte is not copied for each of the values below it."""
    below = b",".join(b'"%d": {}' % n for n in range(10_000))
    raw = b'{"' + b"k" * MIB + b'": {"a": 1, "a": 2, ' + below + b"}}"
    tracemalloc.start()
    try:
        (found,) = read(raw).duplicate_keys
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == "/" + "k" * 4095
    assert peak < 32 * MIB


def test_pointers_escape_their_parts() -> None:
    assert pointer("a/b", 0, "m~n") == "/a~1b/0/m~0n"
    assert pointer() == ""


# --- limits


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("closed", [False, True])
def test_a_document_nested_100_000_deep(opening: bytes, closed: bool) -> None:  # noqa: FBT001 - a case
    raw = opening * 100_000 + (b"1" + b"]" * 100_000 if closed else b"")
    with pytest.raises(LimitError) as caught:
        read(raw)
    reached = caught.value.reached
    assert (reached.limit, reached.value) == ("json_depth", 100)
    opened = opening.count(b"[") + opening.count(b"{")
    assert raw[reached.offset : (reached.offset or 0) + 1] in (b"[", b"{")
    assert reached.offset == (100 // opened) * len(opening)


def test_the_limit_on_nesting_counts_depth_alone() -> None:
    assert read(b"[" * 100 + b"]" * 100).error is None
    assert read(b"[" + b"[],{}," * 500 + b"1]").error is None
    assert read(b'["' + b'[\\"{' * 500 + b'"]').error is None
    with pytest.raises(LimitError):
        read(b"[" * 101 + b"]" * 101)
    with pytest.raises(LimitError):
        read(b'"\xff' + "ä".encode() + b'"' + b"[" * 4, json_depth=3)


def test_a_limit_on_nesting_that_is_too_high_is_no_crash() -> None:
    document = read(b"[" * 100_000, json_depth=1_000_000)
    assert document.value is None
    assert document.error is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"[" + b"[]," * 200 + b'"' + b"a" * (4 * MIB) + b'"]',
        b"[" + b"[]," * 200 + b'"' + b"\\n" * (2 * MIB) + b'"]',
        b"[" + b"[]," * 200 + b'"' + b"a" * (4 * MIB),
        b"[" + b"1" * 4000 + b",NaN]" + b",1234567" * (MIB // 2),
        b"[" + b",".join([b"9" * 4299] * 1000) + b",NaN]",
    ],
)
def test_long_documents_take_linear_time_and_memory(raw: bytes) -> None:
    tracemalloc.start()
    began = time.process_time()
    try:
        read(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 5
    assert peak < 8 * len(raw) + MIB


@given(st.binary(max_size=300))
@settings(max_examples=examples(200), deadline=None)
def test_any_bytes_give_a_document(raw: bytes) -> None:
    check_document(read(raw))


TOKENS = b'{ } [ ] , : " "a" \\ 1 - NaN null \\u12 1e999 \\ud800 \xff \xc3\xa4'.split()
PIECES = st.sampled_from([*TOKENS, b" ", b"\n", BOM])


@given(st.lists(PIECES, max_size=40).map(b"".join))
@settings(max_examples=examples(200), deadline=None)
def test_any_tokens_give_a_document(raw: bytes) -> None:
    check_document(read(raw))


def check_document(document: Document) -> None:
    raw = document.raw
    for offset in (document.error_offset, document.trailing, document.not_utf8):
        assert offset is None or 0 <= offset <= len(raw)
    assert document.bom == raw.startswith(BOM)
    assert document.error is None or document.value is None
    if document.error is None and document.trailing is None and document.not_utf8 is None:
        assert json.loads(raw.removeprefix(BOM)) == document.value
    if document.trailing is not None:
        assert raw[document.trailing] not in b" \t\r\n"
        # What stands before the trailing bytes is the document.
        assert read(raw[: document.trailing]).value == document.value
    if document.not_utf8 is not None:
        raw[: document.not_utf8].decode()
