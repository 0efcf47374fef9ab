"""JSON, read strictly: what a lenient reader passes over is kept as a fact."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from checker.model.document import Document, pointer
from checker.model.limits import LimitReached, Limits
from checker.model.untrusted import utf8
from checker.patterns import pattern
from checker.reading.compression import LimitError

_BOM = b"\xef\xbb\xbf"
_BYTE_ORDER_MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_ZERO_BYTES = {"x000": "UTF-32", "000x": "UTF-32", "x0x0": "UTF-16", "0x0x": "UTF-16"}
_BLANK = " \t\r\n"
# Possessive, because the memory of a regular expression that could turn back grows with the text.
_STRING = r'"(?:[^"\\]++|\\.)*+"?+'
_TOKENS = pattern(_STRING + r"|[\[{\]}]", re.DOTALL)
_ESCAPED = pattern("[\udc80-\udcff]")
_REPLACEMENT = "\ufffd"
_DIGITS = 4300
"""Digits of the longest integer that is read; Python converts no longer ones (CVE-2020-10735)."""
# Strings, constants and whole numbers, each in one bite, so that a search takes linear time.
_LITERALS = pattern(
    _STRING
    + r"|-?+(?:(?P<constant>Infinity|NaN)|(?P<digits>[0-9]++)(?P<rest>[.eE][-+.eE0-9]*+)?+)",
    re.DOTALL,
)
_DUPLICATES_KEPT = 100
_POINTER_SIZE = 4096


def read_document(raw: bytes, limits: Limits) -> Document:
    """Read one document.

    Args:
        raw: The bytes of the file.
        limits: Bounds on nesting.

    Raises:
        LimitError: It is nested deeper than ``limits.json_depth``.
    """
    bom = raw.startswith(_BOM)
    text = _Text(raw, len(_BOM) if bom else 0)
    _check_depth(text, limits)
    duplicates: list[tuple[dict[str, object], str]] = []
    start = len(text.text) - len(text.text.lstrip(_BLANK))
    error: str | None = None
    error_offset = trailing = None
    value: object = None
    try:
        value, end = _decoder(duplicates).raw_decode(text.text, start)
    except json.JSONDecodeError as problem:
        error = f"{problem.msg} (line {problem.lineno}, column {problem.colno})"
        error_offset = text.offset(problem.pos)
    except ValueError as problem:
        error, error_offset = str(problem), _refused_offset(text)
    except RecursionError:
        error = "nested too deeply to be parsed"
    else:
        rest = text.text[end:].lstrip(_BLANK)
        if rest:
            trailing = text.offset(len(text.text) - len(rest))
    encoding = None if error is None else _foreign_encoding(raw)
    if encoding is not None:
        error, error_offset = f"it is encoded in {encoding}, JSON must be encoded in UTF-8", 0
    return Document(
        raw=raw,
        value=value,
        error=error,
        error_offset=error_offset,
        bom=bom,
        not_utf8=text.not_utf8,
        trailing=trailing,
        duplicate_keys=_duplicate_pointers(value, duplicates) if duplicates else (),
    )


def _foreign_encoding(raw: bytes) -> str | None:
    """The encoding of a text that is not UTF-8, by its first bytes; None if it is not known."""
    for mark, name in _BYTE_ORDER_MARKS.items():
        if raw.startswith(mark):
            return f"{name} with a byte order mark, as Windows PowerShell writes text"
    # JSON begins with an ASCII character, so the zero bytes beside it tell (RFC 4627, section 3).
    return next((name for zeros, name in _ZERO_BYTES.items() if _zeros(raw[:4]) == zeros), None)


def _zeros(head: bytes) -> str:
    return "".join("x" if byte else "0" for byte in head)


class _Text:
    """The bytes as text, each byte that is not valid UTF-8 replaced, as Go's decoder does.

    Attributes:
        text: The text after the byte order mark.
        not_utf8: Offset of the first byte that is not valid UTF-8.
    """

    def __init__(self, raw: bytes, start: int) -> None:
        self._raw = raw
        self._start = start
        self.not_utf8: int | None = None
        try:
            self.text = raw[start:].decode()
        except UnicodeDecodeError as error:
            self.not_utf8 = start + error.start
            self.text = _ESCAPED.sub(_REPLACEMENT, self._escaped())

    def _escaped(self) -> str:
        """The text with one character for each replaced byte, from which the byte comes back."""
        return self._raw[self._start :].decode("utf-8", "surrogateescape")

    def offset(self, position: int) -> int:
        """The byte offset of a character."""
        text = self.text if self.not_utf8 is None else self._escaped()
        return self._start + len(utf8(text[:position]))


def _check_depth(text: _Text, limits: Limits) -> None:
    """Count brackets before decoding: the decoder recurses, and memory follows."""
    if text.text.count("[") + text.text.count("{") <= limits.json_depth:
        return
    depth = 0
    for match in _TOKENS.finditer(text.text):
        bracket = match[0]
        if bracket in ("[", "{"):
            depth += 1
            if depth > limits.json_depth:
                raise LimitError(
                    LimitReached(
                        limit="json_depth",
                        value=limits.json_depth,
                        what="a JSON document is nested deeper than this",
                        offset=text.offset(match.start()),
                    ),
                )
        elif bracket in ("]", "}"):
            depth -= 1


def _decoder(duplicates: list[tuple[dict[str, object], str]]) -> json.JSONDecoder:
    def build(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs):
            found = _repeated_keys(pairs)
            duplicates.extend((members, key) for key in found[: _DUPLICATES_KEPT - len(duplicates)])
        return members

    return json.JSONDecoder(object_pairs_hook=build, parse_int=_integer, parse_constant=_refuse)


def _repeated_keys(pairs: list[tuple[str, object]]) -> list[str]:
    """The keys that come more than once, each once."""
    seen: set[str] = set()
    repeated: dict[str, None] = {}
    for key, _ in pairs:
        if key in seen:
            repeated[key] = None
        seen.add(key)
    return list(repeated)


def _integer(digits: str) -> int:
    if len(digits.removeprefix("-")) > _DIGITS:
        raise ValueError(f"an integer has {len(digits.removeprefix('-'))} digits")
    return int(digits)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _refused_offset(text: _Text) -> int | None:
    """The offset of the first number that the decoder rejected."""
    for match in _LITERALS.finditer(text.text):
        integer = "" if match["rest"] else match["digits"] or ""
        if match["constant"] or len(integer) > _DIGITS:
            return text.offset(match.start())
    return None


def _duplicate_pointers(
    value: object,
    duplicates: list[tuple[dict[str, object], str]],
) -> tuple[str, ...]:
    keys: dict[int, list[str]] = {}
    for members, key in duplicates:
        keys.setdefault(id(members), []).append(key)
    pointers: list[str] = []
    pending = [_Node(value)]
    while pending:
        node = pending.pop()
        if isinstance(node.value, dict):
            pointers.extend(node.pointer_to(key) for key in keys.get(id(node.value), ()))
        pending.extend(reversed(node.children()))
    return tuple(pointers)


class _Node:
    """A value in a document, which knows its place without a copy of its pointer."""

    __slots__ = ("_parent", "_part", "value")

    def __init__(self, value: object, parent: _Node | None = None, part: str | int = "") -> None:
        self.value = value
        self._parent = parent
        self._part = part

    def children(self) -> list[_Node]:
        """The objects and arrays in it."""
        members: Iterable[tuple[str | int, object]] = ()
        if isinstance(self.value, dict):
            members = self.value.items()
        elif isinstance(self.value, list):
            members = enumerate(self.value)
        return [_Node(each, self, part) for part, each in members if isinstance(each, dict | list)]

    def pointer_to(self, key: str) -> str:
        """The JSON pointer to a member of it, cut to 4096 characters."""
        parts: list[str | int] = [key]
        node = self
        while node._parent is not None:
            parts.append(node._part)
            node = node._parent
        return pointer(*reversed(parts))[:_POINTER_SIZE]
