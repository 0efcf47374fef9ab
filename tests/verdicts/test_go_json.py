"""Documents as Go's decoder takes them, in its own words."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker_engines.golang.json import (
    ANYTHING,
    NONE_EMBEDDED,
    STRING,
    STRING_MAP,
    STRINGS,
    GoJsonError,
    Slice,
    Struct,
    decode_document,
    decode_first,
)

ITEM = Struct(
    "item",
    {"Name": STRING, "Words": STRINGS, "Labels": STRING_MAP},
    NONE_EMBEDDED,
    "pack.item",
)
ITEMS = Slice(ITEM, "[]pack.item")

VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-(2**60), 2**60),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)

NO_DOCUMENTS = (
    ("", "unexpected end of JSON input"),
    ('{"a"', "unexpected end of JSON input"),
    ("{} x", "invalid character 'x' after top-level value"),
    ("\ufeff{}", "invalid character 'ï' looking for beginning of value"),
    ("{a", "invalid character 'a' looking for beginning of object key string"),
    ('{"a":1,}', "invalid character '}' looking for beginning of object key string"),
    ('{"a" 1}', "invalid character '1' after object key"),
    ('{"a":1 2}', "invalid character '2' after object key:value pair"),
    ("[1 2]", "invalid character '2' after array element"),
    ("[1,]", "invalid character ']' looking for beginning of value"),
    ("nuxx", "invalid character 'x' in literal null (expecting 'l')"),
    ("-x", "invalid character 'x' in numeric literal"),
    ("1.x", "invalid character 'x' after decimal point in numeric literal"),
    ("1ex", "invalid character 'x' in exponent of numeric literal"),
    ('"a\nb"', r"invalid character '\n' in string literal"),
    (r'"\q"', "invalid character 'q' in string escape code"),
    (r'"\u00g0"', r"invalid character 'g' in \u hexadecimal character escape"),
    ("[" * 10_001, "invalid character '[' exceeded max depth"),
    ("[" * 10_000 + "{}", "invalid character '{' exceeded max depth"),
    ("tr", "invalid character ' ' in literal true (expecting 'u')"),
    ("-", "invalid character ' ' in numeric literal"),
    ("-2.", "invalid character ' ' after decimal point in numeric literal"),
    ("1e+", "invalid character ' ' in exponent of numeric literal"),
    ('"a\\', "invalid character ' ' in string escape code"),
    (r'"\u00e', r"invalid character ' ' in \u hexadecimal character escape"),
    ('"a', "unexpected end of JSON input"),
    ("[1, ", "unexpected end of JSON input"),
    ('{"a": ', "unexpected end of JSON input"),
    ("12'", r"invalid character '\'' after top-level value"),
    ('12"', "invalid character '\"' after top-level value"),
    ("12\\", r"invalid character '\\' after top-level value"),
    ("12\x00", r"invalid character '\x00' after top-level value"),
    ("12\x7f", r"invalid character '\x7f' after top-level value"),
    ("12\t\x1f", r"invalid character '\x1f' after top-level value"),
    ("00", "invalid character '0' after top-level value"),
    ("-00", "invalid character '0' after top-level value"),
    (".5", "invalid character '.' looking for beginning of value"),
    ("+5", "invalid character '+' looking for beginning of value"),
    ("1.5.5", "invalid character '.' after top-level value"),
    ("[1.]", "invalid character ']' after decimal point in numeric literal"),
    ("[1e]", "invalid character ']' in exponent of numeric literal"),
    ("[1e-]", "invalid character ']' in exponent of numeric literal"),
    ("[-]", "invalid character ']' in numeric literal"),
    ("[}", "invalid character '}' looking for beginning of value"),
    ("{]", "invalid character ']' looking for beginning of object key string"),
    ("[1}", "invalid character '}' after array element"),
    ('{"a":1]', "invalid character ']' after object key:value pair"),
    ('{"a":}', "invalid character '}' looking for beginning of value"),
    ('{"a",', "invalid character ',' after object key"),
    ("[,", "invalid character ',' looking for beginning of value"),
    ("True", "invalid character 'T' looking for beginning of value"),
    ("[falsy]", "invalid character 'y' in literal false (expecting 'e')"),
)

TAKEN = (
    *("0", "-0", "0.5", "-1.25E+3", "1e5", "10", "true", "false", "null", '""', "[]", "{}"),
    " \t\r\n[ ] \t\r\n",
    r'"\b\f\n\r\t\/\\\"\u00e9\uD834\uDD1E"',
    '{"a": [{"b": {}}, [[]]], "a": 2}',
)

MISFITS = (
    ("{}", "json: cannot unmarshal object into Go value of type []pack.item"),
    ("[1]", "json: cannot unmarshal number into Go value of type pack.item"),
    ('[{"Name":1}]', "json: cannot unmarshal number into Go struct field item.Name of type string"),
    (
        '[{"words":"a"}]',
        "json: cannot unmarshal string into Go struct field item.Words of type []string",
    ),
    (
        '[{"Labels":{"a":[]}}]',
        "json: cannot unmarshal array into Go struct field item.Labels of type string",
    ),
)


@pytest.mark.parametrize(("text", "message"), NO_DOCUMENTS)
def test_what_is_no_json(text: str, message: str) -> None:
    with pytest.raises(GoJsonError) as caught:
        decode_document(text.encode(), ANYTHING)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", TAKEN)
def test_what_is_json(text: str) -> None:
    assert decode_document(text.encode(), ANYTHING) == json.loads(text)
    # What follows has the scanner walk over the value.
    with pytest.raises(GoJsonError, match=r"^invalid character 'x' after top-level value$"):
        decode_document(f"{text} x".encode(), ANYTHING)


@pytest.mark.parametrize(("text", "message"), MISFITS)
def test_what_does_not_fit(text: str, message: str) -> None:
    with pytest.raises(GoJsonError) as caught:
        decode_first(text.encode(), ITEMS)
    assert str(caught.value) == message


@pytest.mark.parametrize(("text", "message"), [(" ", "EOF"), ("[", "unexpected EOF")])
def test_a_stream_that_ends(text: str, message: str) -> None:
    with pytest.raises(GoJsonError) as caught:
        decode_first(text.encode(), ITEMS)
    assert str(caught.value) == message


def test_keys_are_taken_without_case_and_the_last_wins() -> None:
    found = decode_first(b'[{"NAME":"a","name":"b","other":1}] and more', ITEMS)
    assert found == [{"Name": "b"}]


def test_maps_of_one_key_are_merged_and_null_leaves_a_string() -> None:
    text = b'[{"Labels":{"a":"1"},"labels":{"b":"2"},"Name":"x","name":null}]'
    assert decode_first(text, ITEMS) == [{"Labels": {"a": "1", "b": "2"}, "Name": "x"}]


@given(VALUES)
def test_what_python_writes_is_taken(value: object) -> None:
    decode_document(json.dumps(value, indent=1).encode(), ANYTHING)
    decode_document(json.dumps(value, ensure_ascii=False).encode("utf-8"), ANYTHING)


@given(st.text(max_size=40))
def test_what_is_taken_is_json(text: str) -> None:
    with suppress(GoJsonError):
        decode_document(text.encode("utf-8", "surrogatepass"), ANYTHING)
        json.loads(text)


_JSON_BITS = st.sampled_from(
    [*'{}[],:"-1 \n\\\x01\ufeffé', '"a"', "0.5e+1", "true", "null", "NaN", "Infinity", "\\u00e9"]
)


def outcome_of(text: str) -> object:
    found: list[object] = []
    for decode in (decode_first, decode_document):
        try:
            found.append(decode(text.encode(), ANYTHING))
        except GoJsonError as error:
            found.append(str(error))
    return found


@given(st.lists(_JSON_BITS, max_size=8).map("".join))
def test_the_fast_parser_and_the_scanner_agree(text: str) -> None:
    fast = outcome_of(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("checker_engines.golang.json._parse", lambda _raw: None)
        assert outcome_of(text) == fast


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"a\uDFFFb"', "a\ufffdb"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'"\ud83d\\ude00"', "\ufffd\\ude00"),
        (r'"\\ud83d"', "\\ud83d"),
        (r'"\\\ud83d"', "\\\ufffd"),
        (r'"\u0041\udcff"', "A\ufffd"),
    ],
)
def test_lone_surrogates(text: str, read: str) -> None:
    # encoding/json, unquoteBytes: "Invalid surrogate; fall back to replacement rune."
    assert decode_document(text.encode(), ANYTHING) == read
    assert decode_first(text.encode() + b" x", ANYTHING) == read
    key = b"{" + text.encode() + b": 1}"
    assert decode_document(key, ANYTHING) == {read: 1.0}


def test_one_document_is_decoded_into_several_types() -> None:
    raw = b'{"Name": 1, "Words": ["a"]}'
    other = Struct("other", {"Words": STRINGS}, NONE_EMBEDDED, "pack.other")
    for _ in range(2):
        assert decode_document(raw, other) == {"Words": ["a"]}
        with pytest.raises(GoJsonError, match="of type string"):
            decode_document(raw, ITEM)
        assert decode_first(raw, other, {"Old": 1}) == {"Old": 1, "Words": ["a"]}
