"""Base64 as Go decodes it (encoding/base64, StdEncoding, Encoding.decodeQuantum)."""

from __future__ import annotations

import string

_ALPHABET = frozenset(string.ascii_letters + string.digits + "+/")
_IGNORED = frozenset("\r\n")
_PADDING = "="
_QUANTUM = 4


def base64_error(text: str) -> str | None:
    """The error for invalid base64; None if it is valid. Line breaks are ignored."""
    at = _wrong_byte(text)
    return None if at is None else f"illegal base64 data at input byte {at}"


def _wrong_byte(text: str) -> int | None:
    """The position that Go reports, in bytes."""
    data = text.encode("utf-8", "surrogateescape").decode("latin-1")
    characters = [(at, each) for at, each in enumerate(data) if each not in _IGNORED]
    for start in range(0, len(characters), _QUANTUM):
        quantum = characters[start : start + _QUANTUM]
        for number, (at, character) in enumerate(quantum):
            if character in _ALPHABET:
                continue
            if character != _PADDING or number < _QUANTUM // 2:
                return at
            return _wrong_padding(characters[start + number :], len(data), missing=4 - number)
        if len(quantum) < _QUANTUM:
            return len(data) - len(quantum)
    return None


def _wrong_padding(characters: list[tuple[int, str]], end: int, *, missing: int) -> int | None:
    """The position that Go reports for what begins with padding."""
    if missing == _QUANTUM // 2:
        if len(characters) == 1:
            return end
        if characters[1][1] != _PADDING:
            return characters[1][0] - 1
    return characters[missing][0] if len(characters) > missing else None
