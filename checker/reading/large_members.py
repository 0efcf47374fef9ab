"""Finds the large members of a plain tar by its headers alone, before the tar is read.

The walker does so as well, and much else; to import it delays the hashing of what it finds. Where
this is mistaken, bytes are hashed in vain: a hash is used only for a member that the walker finds
at the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checker.model.entries import Span
from checker.reading.tar.header import BLOCK, looks_like_header, parse_number

# An image archive has few members. Of others no member is worth it.
_FEW = 256
_TYPE, _SIZE = 156, slice(124, 136)
_REGULAR = (ord("0"), 0)
# Directories and links, and extension headers with long names, whose content is a name.
_PASSED = frozenset(b"125KL")
_HEADER_ONLY = frozenset(b"125")
_DIGITS = 18
_PAX = frozenset(b"xg")
_LARGEST_PAX = 1 << 16
_GLOBAL = ord("g")
_SPARSE = b"GNU.sparse."
_PAX_SIZE = b" size="


def large_members(read: Callable[[int, int], bytes], size: int, least: int) -> list[Span]:
    """Where large members are in a tar that has few members, the largest first.

    Args:
        read: Gives so many bytes from an offset on, or fewer at the end.
        size: Bytes of the tar.
        least: Bytes of the smallest member that is large.
    """
    members: list[Span] = []
    for count, (kind, span) in enumerate(_headers(read)):
        if count == _FEW:
            return []
        if kind in _REGULAR and least <= span.length <= size - span.offset:
            members.append(span)
    return sorted(members, key=lambda span: -span.length)


def _headers(read: Callable[[int, int], bytes]) -> Iterator[tuple[int, Span]]:
    """Type and content of each entry, up to the first that is not simple."""
    offset = 0
    records = b""
    while looks_like_header(header := read(offset, BLOCK)):
        kind, length = header[_TYPE], parse_number(header[_SIZE])
        if kind in _REGULAR:
            length = _size_of(records, length)
            records = b""
        if length is None or length < 0:
            return
        content = Span(offset + BLOCK, length)
        if kind in _PAX:
            records = read(content.offset, min(length, _LARGEST_PAX + 1))
            if not _is_simple(kind, records):
                return
        elif kind not in _REGULAR and kind not in _PASSED:
            return
        yield kind, content
        # What is after a directory or a link is the next header, whatever size it says.
        has_content = kind not in _HEADER_ONLY
        offset = content.offset + (-(-length // BLOCK) * BLOCK if has_content else 0)


def _is_simple(kind: int, records: bytes) -> bool:
    """Whether PAX records say nothing of the content of members but the size of the next one."""
    is_sized = kind == _GLOBAL and _PAX_SIZE in records
    return len(records) <= _LARGEST_PAX and _SPARSE not in records and not is_sized


def _size_of(records: bytes, size: int | None) -> int | None:
    """The size of a member: that of its PAX records, else that of its header."""
    number = records.partition(_PAX_SIZE)[2].partition(b"\n")[0]
    is_number = number.isdigit() and len(number) <= _DIGITS
    return int(number) if is_number else size
