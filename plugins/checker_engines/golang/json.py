"""JSON as Go's encoding/json decodes it: its syntax errors and its type checks.

Sources: Go 1.19 to 1.26, encoding/json: scanner.go, decode.go, stream.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from checker.patterns import pattern
from checker.records import NamedTuple
from checker.typing_names import TypeAlias

_BLANK = b" \t\r\n"
_BLANKS = _BLANK.decode()
_DEPTH = 10000
# No type here is nested as deeply.
_DEPTH_KEPT = 100
# Decoded values of larger documents would take too much memory.
_LARGEST_KEPT = 256 * 1024
_TOKENS = pattern(r'"(?:[^"\\]++|\\.)*+"|[\[{\]}]', re.DOTALL)
_ESCAPES = frozenset(b'bfnrt\\/"')
_HEX = frozenset(b"0123456789abcdefABCDEF")
_DIGITS = frozenset(b"0123456789")
_EXPONENTS = frozenset(b"eE")
_SIGNS = frozenset(b"+-")
_INT64_DIGITS = 19
_LITERALS = {ord("t"): b"true", ord("f"): b"false", ord("n"): b"null"}
_PLAIN_STRING = pattern(rb'[^"\\\x00-\x1f]*')
_SHORT_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


class GoJsonError(ValueError):
    """The document does not decode; the text is Go's."""


class Struct(NamedTuple):
    """A Go struct.

    Attributes:
        name: Its type's name, as messages show it.
        fields: Its fields by JSON key.
        embedded: The embedded struct of a field, by JSON key; recent versions of Go print it.
        go_name: Its type if it is itself the target, such as ``image.Image``.
    """

    name: str
    fields: Mapping[str, Shape]
    embedded: Mapping[str, str]
    go_name: str = ""


class Slice(NamedTuple):
    """A Go slice."""

    item: Shape
    go_name: str


class Map(NamedTuple):
    """A Go map; ``check_key`` returns the error for a key, if any."""

    item: Shape
    go_name: str
    check_key: Callable[[str], str | None] | None = None


class Scalar(NamedTuple):
    """A Go string, boolean or number; ``json`` is the kind of value that fits."""

    json: str
    go_name: str


class Pointer(NamedTuple):
    """A pointer to a Go value: ``null`` clears it, even if an earlier key has set it."""

    item: Shape


class Custom(NamedTuple):
    """A type that decodes itself; ``check`` returns the error for a value, which ends decoding."""

    check: Callable[[object], str | None]


class Checked(NamedTuple):
    """A type whose values can be wrong; ``check`` returns the error, and decoding continues."""

    check: Callable[[object], str | None]


class Anything(NamedTuple):
    """A value of any type."""


Shape: TypeAlias = Struct | Slice | Map | Scalar | Pointer | Custom | Checked | Anything

# Those that take any value, and those that null leaves as they were.
_FREE = (Custom, Checked, Anything)
_UNCHANGED = (Scalar, Struct)

STRING = Scalar("string", "string")
BOOL = Scalar("bool", "bool")
INT64 = Scalar("number", "int64")
INT = Scalar("number", "int")
STRINGS = Slice(STRING, "[]string")
STRING_MAP = Map(STRING, "map[string]string")
ANYTHING = Anything()
NONE_EMBEDDED: Mapping[str, str] = {}


def decode_first(raw: bytes, shape: Shape, before: object = None) -> object:
    """The first value of a stream, as ``json.NewDecoder(r).Decode(&v)`` decodes it.

    Args:
        raw: The stream.
        shape: The type.
        before: The previous value of ``v``, over which the value is decoded.

    Raises:
        GoJsonError: It does not decode.
    """
    parsed = _parse(raw)
    if parsed is not None:
        if before is None and len(raw) <= _LARGEST_KEPT:
            return _value_of(_fit_again(raw, _Key(shape)))
        return _fitted(parsed.value, shape, before)
    scanner = _Scanner(raw, end="unexpected EOF")
    start = scanner.skip_blank(0)
    if start == len(raw):
        raise GoJsonError("EOF")
    end = scanner.value(start)
    return _fitted(_load(raw[start:end]), shape, before)


def decode_document(raw: bytes, shape: Shape) -> object:
    """The only value of a document, as ``json.Unmarshal(b, &v)`` decodes it.

    Raises:
        GoJsonError: It does not decode.
    """
    parsed = _parse(raw)
    if parsed is not None and parsed.is_alone:
        if len(raw) <= _LARGEST_KEPT:
            return _value_of(_fit_again(raw, _Key(shape)))
        return _fitted(parsed.value, shape)
    # Go closes a document with a space, which an unfinished number, word or escape refuses.
    scanner = _Scanner(raw + b" ", end="unexpected end of JSON input")
    start = scanner.skip_blank(0)
    end = scanner.value(start)
    behind = scanner.skip_blank(end)
    if behind < len(raw):
        raise scanner.bad(behind, "after top-level value")
    return _fitted(_load(raw[start:end]), shape)


class _Parsed(NamedTuple):
    """The first value of a text, and whether nothing but white space follows it."""

    value: object
    is_alone: bool


# Each engine decodes the same few documents, some several times.
@lru_cache(maxsize=4)
def _parse(raw: bytes) -> _Parsed | None:
    """Parse what is surely valid JSON for Go as well; None if the scanner has to decide."""
    text = with_whole_escapes(raw.decode("utf-8", "replace")).lstrip(_BLANKS)
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return _Parsed(value, is_alone=not text[end:].lstrip(_BLANKS))


class _Key:
    """A shape as part of a key, by identity: its mappings have no hash."""

    __slots__ = ("_shape",)

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    @property
    def shape(self) -> Shape:
        return self._shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._shape is other._shape

    def __hash__(self) -> int:
        return id(self._shape)


# A thousand images may have the same config, which engines decode for each.
@lru_cache(maxsize=8)
def _fit_again(raw: bytes, key: _Key) -> _Fitted:
    """The first value of a text that parses, decoded as a shape; callers must not modify it."""
    parsed = _parse(raw)
    return _fit(None if parsed is None else parsed.value, key.shape, None)


class _Scanner:
    """Finds the first place where a text is not valid JSON."""

    def __init__(self, raw: bytes, end: str) -> None:
        self._raw = raw
        self._end = end

    def skip_blank(self, at: int) -> int:
        """The offset of the next byte that is not white space."""
        raw = self._raw
        while at < len(raw) and raw[at] in _BLANK:
            at += 1
        return at

    def bad(self, at: int, context: str) -> GoJsonError:
        """The error for the byte at an offset."""
        if at >= len(self._raw):
            return GoJsonError(self._end)
        return GoJsonError(f"invalid character {_quoted(self._raw[at])} {context}")

    def value(self, at: int) -> int:
        """The offset after the value that begins here, containers walked without recursion."""
        closers = bytearray()
        at = self._opened(at, closers)
        while closers:
            at = self.skip_blank(at)
            closer = closers[-1]
            if self._byte(at) == closer:
                closers.pop()
                at += 1
                continue
            if self._byte(at) != ord(","):
                raise self.bad(at, _AFTER[closer])
            at = self.skip_blank(at + 1)
            if closer == ord("}"):
                at = self._key(at)
            at = self._opened(at, closers)
        return at

    def _opened(self, at: int, closers: bytearray) -> int:
        """Read a scalar or empty container, or open containers up to their first scalar."""
        while True:
            at = self.skip_blank(at)
            byte = self._byte(at)
            if byte not in _CLOSERS:
                return self._scalar(at)
            if len(closers) >= _DEPTH:
                raise self.bad(at, "exceeded max depth")
            closer = _CLOSERS[byte]
            inner = self.skip_blank(at + 1)
            if self._byte(inner) == closer:
                return inner + 1
            closers.append(closer)
            at = self._key(inner) if closer == ord("}") else inner

    def _byte(self, at: int) -> int:
        return self._raw[at] if at < len(self._raw) else -1

    def _key(self, at: int) -> int:
        if self._byte(at) != ord('"'):
            raise self.bad(at, "looking for beginning of object key string")
        at = self.skip_blank(self._string(at))
        if self._byte(at) != ord(":"):
            raise self.bad(at, "after object key")
        return at + 1

    def _scalar(self, at: int) -> int:
        byte = self._byte(at)
        if byte == ord('"'):
            return self._string(at)
        if byte in _LITERALS:
            return self._literal(at, _LITERALS[byte])
        if byte == ord("-") or byte in _DIGITS:
            return self._number(at)
        raise self.bad(at, "looking for beginning of value")

    def _literal(self, at: int, word: bytes) -> int:
        for i in range(1, len(word)):
            if self._byte(at + i) != word[i]:
                context = f"in literal {word.decode()} (expecting '{chr(word[i])}')"
                raise self.bad(at + i, context)
        return at + len(word)

    def _string(self, at: int) -> int:
        at += 1
        while True:
            match = _PLAIN_STRING.match(self._raw, at)
            at = match.end() if match else at
            byte = self._byte(at)
            if byte == ord('"'):
                return at + 1
            if byte != ord("\\"):
                raise self.bad(at, "in string literal")
            at = self._escape(at + 1)

    def _escape(self, at: int) -> int:
        byte = self._byte(at)
        if byte in _ESCAPES:
            return at + 1
        if byte != ord("u"):
            raise self.bad(at, "in string escape code")
        for i in range(1, 5):
            if self._byte(at + i) not in _HEX:
                raise self.bad(at + i, "in \\u hexadecimal character escape")
        return at + 5

    def _number(self, at: int) -> int:
        if self._byte(at) == ord("-"):
            at += 1
        if self._byte(at) == ord("0"):
            at += 1
        else:
            at = self._digits(at, "in numeric literal")
        if self._byte(at) == ord("."):
            at = self._digits(at + 1, "after decimal point in numeric literal")
        if self._byte(at) in _EXPONENTS:
            at += 1
            if self._byte(at) in _SIGNS:
                at += 1
            at = self._digits(at, "in exponent of numeric literal")
        return at

    def _digits(self, at: int, context: str) -> int:
        if self._byte(at) not in _DIGITS:
            raise self.bad(at, context)
        while self._byte(at) in _DIGITS:
            at += 1
        return at


_CLOSERS = {ord("{"): ord("}"), ord("["): ord("]")}
_AFTER = {ord("}"): "after object key:value pair", ord("]"): "after array element"}


def _quoted(byte: int) -> str:
    """A byte as Go's scanner quotes it."""
    character = chr(byte)
    if character == "'":
        return r"'\''"
    if character == '"':
        return "'\"'"
    if character in _SHORT_ESCAPES:
        return f"'{_SHORT_ESCAPES[character]}'"
    if character == "\\":
        return r"'\\'"
    if character.isprintable() and byte != 0xA0:
        return f"'{character}'"
    return f"'\\x{byte:02x}'" if byte < 0x80 else f"'\\u{byte:04x}'"


_ESCAPE = pattern(
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def with_whole_escapes(text: str) -> str:
    """A JSON text in which escapes of lone surrogates are those of U+FFFD, as Go reads them."""
    if "\\ud" not in text.lower():
        return text
    return _ESCAPE.sub(lambda found: r"\ufffd" if found["lone"] else found[0], text)


class _Members(list[tuple[str, object]]):
    """The members of an object in their order, including repeated keys."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _no_constant(word: str) -> object:
    """Refuse NaN and infinities, which only Python accepts as JSON."""
    raise ValueError(word)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Members,
    parse_int=_Number,
    parse_float=_Number,
    parse_constant=_no_constant,
)


def _load(raw: bytes) -> object:
    """The value of a text in which the scanner found no error."""
    text = with_whole_escapes(raw.decode("utf-8", "replace"))
    try:
        return _DECODER.decode(text)
    except RecursionError:
        return _DECODER.decode(_shallow(text))


def _shallow(text: str) -> str:
    """A valid text without what is nested too deeply to matter to any type here."""
    parts: list[str] = []
    start = depth = 0
    for match in _TOKENS.finditer(text):
        if match[0] in ("[", "{"):
            depth += 1
            if depth == _DEPTH_KEPT:
                parts.append(text[start : match.end()])
        elif match[0] in ("]", "}"):
            if depth == _DEPTH_KEPT:
                start = match.start()
            depth -= 1
    parts.append(text[start:])
    return "".join(parts)


class _Fitted(NamedTuple):
    """A decoded value, and the error with which Go's decoder ends."""

    value: object
    error: str | None


def _fit(value: object, shape: Shape, before: object) -> _Fitted:
    decoder = _Decoder()
    result = decoder.decode(value, shape, None, (), before)
    return _Fitted(result, decoder.ending or decoder.error)


def _value_of(fitted: _Fitted) -> object:
    if fitted.error is not None:
        raise GoJsonError(fitted.error)
    return fitted.value


def _fitted(value: object, shape: Shape, before: object = None) -> object:
    return _value_of(_fit(value, shape, before))


class _Decoder:
    """Decodes a value into a shape; the first mismatch is kept and decoding continues, as in Go.

    The error of a type that decodes itself ends it, and is the one that is returned.
    """

    def __init__(self) -> None:
        self.error: str | None = None
        self.ending: str | None = None

    def decode(
        self,
        value: object,
        shape: Shape,
        struct: str | None,
        path: tuple[str, ...],
        before: object,
    ) -> object:
        """The decoded value; what does not match leaves the previous value."""
        # Most values are these.
        if type(value) is str and isinstance(shape, Scalar) and shape.json == STRING.json:
            return value
        if isinstance(shape, _FREE):
            return self._free(_plain(value), shape, struct, path)
        if value is None:
            return before if isinstance(shape, _UNCHANGED) else None
        if isinstance(shape, Pointer):
            return self.decode(value, shape.item, struct, path, before)
        if isinstance(shape, Scalar) and _kind(value) == shape.json:
            return self._scalar(value, shape, struct, path, before)
        if isinstance(value, _Members):
            if isinstance(shape, Struct):
                return self._struct(value, shape, path, before)
            if isinstance(shape, Map):
                return self._map(value, shape, struct, path, before)
        elif isinstance(shape, Slice) and isinstance(value, list):
            return self._slice(value, shape, struct, path, before)
        self._misfit(_kind(value), shape.go_name, struct, path)
        return before

    def _free(
        self,
        value: object,
        shape: Custom | Checked | Anything,
        struct: str | None,
        path: tuple[str, ...],
    ) -> object:
        """A value that is taken as it is, once its own check has seen it."""
        if isinstance(shape, Custom):
            self._end(_placed(shape.check(value), struct, path))
        elif isinstance(shape, Checked):
            self._keep(_placed(shape.check(value), struct, path))
        return value

    def _slice(
        self,
        value: list[object],
        shape: Slice,
        struct: str | None,
        path: tuple[str, ...],
        before: object,
    ) -> list[object]:
        """Elements are decoded over previous ones, so that old fields may remain."""
        there = before if isinstance(before, list) else []
        padded = [*there[: len(value)], *[None] * (len(value) - len(there))]
        return [
            self.decode(item, shape.item, struct, path, old)
            for item, old in zip(value, padded, strict=True)
        ]

    def _scalar(
        self,
        value: object,
        shape: Scalar,
        struct: str | None,
        path: tuple[str, ...],
        before: object,
    ) -> object:
        if not isinstance(value, _Number):
            return value
        digits = value.removeprefix("-")
        is_whole = digits.isascii() and digits.isdigit() and len(digits) <= _INT64_DIGITS
        if is_whole and -(2**63) <= int(value) < 2**63:
            return int(value)
        self._misfit(f"number {value}", shape.go_name, struct, path)
        return before

    def _struct(
        self, value: _Members, shape: Struct, path: tuple[str, ...], before: object
    ) -> dict[str, object]:
        found: dict[str, object] = dict(before) if isinstance(before, dict) else {}
        folded: dict[str, str] | None = None
        for key, item in value:
            name: str | None = key
            if key not in shape.fields:
                folded = folded or {field.casefold(): field for field in shape.fields}
                name = folded.get(key.casefold())
            if name is None:
                continue
            through = (shape.embedded[name],) if name in shape.embedded else ()
            inner = (*path, *through, name)
            found[name] = self.decode(item, shape.fields[name], shape.name, inner, found.get(name))
        return found

    def _map(
        self,
        value: _Members,
        shape: Map,
        struct: str | None,
        path: tuple[str, ...],
        before: object,
    ) -> dict[str, object]:
        found: dict[str, object] = dict(before) if isinstance(before, dict) else {}
        for key, item in value:
            found[key] = self.decode(item, shape.item, struct, path, None)
            if shape.check_key is not None:
                self._end(shape.check_key(key))
        return found

    def _misfit(self, kind: str, go_name: str, struct: str | None, path: tuple[str, ...]) -> None:
        target = "value" if struct is None else f"struct field {struct}.{'.'.join(path)}"
        self._keep(f"json: cannot unmarshal {kind} into Go {target} of type {go_name}")

    def _keep(self, error: str | None) -> None:
        self.error = self.error or error

    def _end(self, error: str | None) -> None:
        self.ending = self.ending or error


def _placed(error: str | None, struct: str | None, path: tuple[str, ...]) -> str | None:
    """An error of a type that decodes itself, with the field that Go prints for mismatches."""
    if error is None or struct is None:
        return error
    field = f"Go struct field {struct}.{'.'.join(path)} of type"
    return error.replace("Go value of type", field)


def _kind(value: object) -> str:
    """Go's name for the kind of a JSON value."""
    return _KINDS.get(type(value), "string")


_KINDS: Mapping[type, str] = {
    _Members: "object",
    list: "array",
    bool: "bool",
    _Number: "number",
}


def _plain(value: object, depth: int = 0) -> object:
    """The value in plain types, the last of repeated keys; empty where it is nested too deeply."""
    is_kept = depth < _DEPTH_KEPT
    if isinstance(value, _Members):
        return {key: _plain(item, depth + 1) for key, item in value if is_kept}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value if is_kept]
    return float(value) if isinstance(value, _Number) else value
