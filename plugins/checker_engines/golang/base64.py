"""Base64 as Go decodes it (encoding/base64, decodeQuantum of StdEncoding)."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.untrusted import utf8
from checker.patterns import pattern

_IGNORED = frozenset("\r\n")
_ALPHABET = pattern("[A-Za-z0-9+/]")
_QUANTUM = 4
_LEAST_BEFORE_PADDING = 2


def base64_error(text: str) -> str | None:
    """The error of decoding a text; None if it is valid. Line breaks are ignored."""
    at = _corrupt_at(utf8(text).decode("latin-1"))
    return None if at is None else f"illegal base64 data at input byte {at}"


def _corrupt_at(data: str) -> int | None:
    """Offset of the first byte that is not valid."""
    size = len(data)
    count = 0
    offsets = _significant(data)
    for at in offsets:
        place = count % _QUANTUM
        if data[at] == "=":
            return _padding_error(data, at, place, offsets)
        if not _ALPHABET.fullmatch(data[at]):
            return at
        count += 1
    rest = count % _QUANTUM
    return size - rest if rest else None


def _padding_error(data: str, at: int, place: int, rest: Iterator[int]) -> int | None:
    if place < _LEAST_BEFORE_PADDING:
        return at
    if place == _LEAST_BEFORE_PADDING:
        second = next(rest, None)
        if second is None:
            return len(data)
        if data[second] != "=":
            # Go names the byte before the one that it has just looked at.
            return second - 1
    return next(rest, None)


def _significant(data: str) -> Iterator[int]:
    return (at for at, character in enumerate(data) if character not in _IGNORED)
