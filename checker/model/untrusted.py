"""Conversions of text from archives, which never raise.

The text can be anything: numbers with more digits than Python converts (CVE-2020-10735), digits of
other scripts, and code points that cannot be encoded, such as the lone surrogates of JSON escapes.
"""

from __future__ import annotations

from checker.patterns import pattern

_MOST_DIGITS = 19
"""Digits of the largest number of 64 bits."""
_LONE_SURROGATE = pattern("[\ud800-\udbff\udc00-\udc7f\udd00-\udfff]")
_REPLACEMENT = "\ufffd"
# Letters, marks and symbols that are invisible (Default_Ignorable_Code_Point of
# Unicode 15, without the format characters, which isprintable() knows; and the blank Braille cell).
_BLANK = pattern(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]",
)


def whole_number(text: str | bytes) -> int | None:
    """The number that ASCII digits write; None for other text and for more than 19 digits.

    Leading zeros do not count.
    """
    if not text.isascii() or not text.isdigit():
        return None
    digits = text.lstrip("0") if isinstance(text, str) else text.lstrip(b"0")
    return int(digits or b"0") if len(digits) <= _MOST_DIGITS else None


def utf8(text: str) -> bytes:
    """The bytes of a text: UTF-8, with the bytes back that were not UTF-8 (``surrogateescape``).

    Other surrogates become U+FFFD, as in Go's ``encoding/json``.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub(_REPLACEMENT, text).encode("utf-8", "surrogateescape")


def is_visible(text: str) -> bool:
    """Whether all characters of a text show something, or are U+0020.

    Controls (C0, DEL, C1), bytes that are not UTF-8, format characters such as those for reading
    direction, line and paragraph separators, other spaces, and unassigned code points do not.
    """
    return text.isprintable() and (text.isascii() or _BLANK.search(text) is None)


def is_utf8_start(data: bytes) -> bool:
    """Whether bytes are UTF-8, of which the last character may be cut."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
