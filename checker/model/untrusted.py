"""Conversions of text from archives, which never raise.

The text can be anything: numbers with more digits than Python converts (CVE-2020-10735), digits of
other scripts, and code points that cannot be encoded, such as the lone surrogates of JSON escapes.
"""

from __future__ import annotations

import re

_MOST_DIGITS = 19
"""Digits of the largest number of 64 bits."""
_LONE_SURROGATE = re.compile("[\ud800-\udbff\udc00-\udc7f\udd00-\udfff]")
_REPLACEMENT = "\ufffd"


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


def is_utf8_start(data: bytes) -> bool:
    """Whether bytes are UTF-8, of which the last character may be cut."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
