"""What JSON allows and I-JSON forbids, because readers treat it differently (RFC 7493).

Names that occur more than once belong to the same profile; ``json_problems`` reports them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache

from checker.model.document import Document, pointer
from checker.patterns import pattern
from checker.records import NamedTuple

_LARGEST = 2**53 - 1
"""The largest number up to which a double represents every integer (RFC 7493, section 2.2)."""
_POINTER_SIZE = 4096


class Odd(NamedTuple):
    """One value, or name of a member, that I-JSON forbids.

    Attributes:
        pointer: JSON pointer, cut to 4096 characters.
        message: What is wrong; completes a sentence that begins with the document's name.
    """

    pointer: str
    message: str


def odd_values(document: Document) -> Iterator[Odd]:
    """Yield the first number and the first text of a document that I-JSON forbids.

    Args:
        document: A document without errors.
    """
    # Nearly no document has one, and to search its bytes takes a fraction of the time.
    if not _is_suspect(document.raw):
        return
    found: set[str] = set()
    for place, message in _walk(document.value):
        kind = message.partition(":")[0]
        if kind not in found:
            found.add(kind)
            yield Odd(place.pointer(), f"has {message}")


class _Place(NamedTuple):
    """A value in a document, which knows its place without a copy of its pointer."""

    value: object
    parent: _Place | None
    part: str | int

    def pointer(self) -> str:
        parts: list[str | int] = []
        place = self
        while place.parent is not None:
            parts.append(place.part)
            place = place.parent
        return pointer(*reversed(parts))[:_POINTER_SIZE]


def _walk(value: object) -> Iterator[tuple[_Place, str]]:
    pending = [_Place(value, None, "")]
    while pending:
        place = pending.pop()
        message = _what_is_odd(place)
        if message is not None:
            yield place, message
        if isinstance(place.value, dict):
            members = reversed(place.value.items())
            pending.extend(_Place(each, place, key) for key, each in members)
        elif isinstance(place.value, list):
            numbered = reversed(list(enumerate(place.value)))
            pending.extend(_Place(each, place, position) for position, each in numbered)


def _what_is_odd(place: _Place) -> str | None:
    value = place.value
    for text in (place.part, value):
        if isinstance(text, str) and not text.isascii() and _forbidden().search(text):
            code = ord(_forbidden().findall(text)[0])
            kind = "a lone surrogate" if code < _FIRST_NONCHARACTER else "a noncharacter"
            return (
                f"text that is not valid Unicode: {kind}, U+{code:04X} (RFC 7493, section 2.1); "
                "Go's decoder replaces lone surrogates, other readers reject the document"
            )
    if isinstance(value, float) and math.isinf(value):
        return (
            "a number that a double cannot represent: larger than 1.8e308 (RFC 7493, section 2.2); "
            "some readers reject it, others read infinity"
        )
    if isinstance(value, int) and abs(value) > _LARGEST:
        return (
            f"a number that a double cannot represent: above {_LARGEST} (RFC 7493, section 2.2); "
            "readers that use doubles round it"
        )
    return None


_FIRST_NONCHARACTER = 0xFDD0


# They match bytes of all documents with such a value, and of few others.
_ESCAPES = pattern(rb"\\u(?:[dD][89a-fA-F]|[fF]{3}[eEfF]|[fF][dD][dDeE])")
_ENCODED = pattern(rb"\xef\xbf[\xbe\xbf]|\xef\xb7[\x90-\xaf]|[\xf0-\xf4].\xbf[\xbe\xbf]", re.DOTALL)
_NUMBERS = pattern(rb"[:,\[][ \t\r\n]*+-?(?:[0-9]{16}|[0-9]++(?:\.[0-9]++)?[eE]\+?[0-9]{2})")


def _is_suspect(raw: bytes) -> bool:
    return (
        _NUMBERS.search(raw) is not None
        or (b"\\u" in raw and _ESCAPES.search(raw) is not None)
        or (not raw.isascii() and _ENCODED.search(raw) is not None)
    )


@cache
def _forbidden() -> re.Pattern[str]:
    """Surrogates, which JSON text has only as lone escapes, and noncharacters."""
    last = "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    return re.compile(f"[\ud800-\udfff\ufdd0-\ufdef{last}]")
