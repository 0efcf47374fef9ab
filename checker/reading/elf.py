"""Finds the libraries that an ELF file needs, from two pieces of it.

Of a file only its beginning and its dynamic section are at hand: the names of the libraries nearly
are always in the beginning, the section that refers to them further on.

Source: System V ABI, chapter 5, "Program Header" and "Dynamic Section".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

MAGIC = b"\x7fELF"
DYNAMIC_LIMIT = 16 * 1024
"""Bytes of a dynamic section that are read; 500 are usual."""

_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB = 0, 1, 5
_SEGMENTS = 64
_NAME = 255
# Of what is known to need many, browsers need 100.
_NEEDED = 500


class _Segment(NamedTuple):
    """A program header: type, offset in the file, address in memory, size in the file."""

    kind: int
    offset: int
    address: int
    size: int


class DynamicPlace(NamedTuple):
    """Where the dynamic section of a file is: offset and length in bytes."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.offset + self.length


def find_dynamic(head: bytes) -> DynamicPlace | None:
    """Where the dynamic section is; None in a static program, and if it is not an ELF file."""
    for segment in _segments(head):
        if segment.kind == _PT_DYNAMIC and 0 < segment.size <= DYNAMIC_LIMIT:
            return DynamicPlace(segment.offset, segment.size)
    return None


def needed_libraries(front: bytes, dynamic: bytes) -> tuple[str, ...] | None:
    """The libraries that a file needs, in order.

    Args:
        front: The beginning of the file.
        dynamic: Its dynamic section.

    Returns:
        None if their names are not in the beginning.
    """
    word = _order(front) + ("Q" if _is_wide(front) else "I")
    length = len(dynamic) - len(dynamic) % struct.calcsize(f"{word}{word[1]}")
    needed: list[int] = []
    table: int | None = None
    for tag, value in struct.iter_unpack(f"{word}{word[1]}", dynamic[:length]):
        if tag == _DT_NULL:
            break
        if tag == _DT_NEEDED:
            needed.append(value)
        elif tag == _DT_STRTAB:
            table = _offset_of(front, value)
    if not needed or len(needed) > _NEEDED:
        return None if needed else ()
    names = [] if table is None else [_name(front, table + place) for place in needed]
    found = [name for name in names if name]
    return tuple(found) if len(found) == len(needed) else None


def _is_wide(head: bytes) -> bool:
    return head[4] == 2


def _order(head: bytes) -> str:
    return "<" if head[5] == 1 else ">"


def _segments(head: bytes) -> Iterator[_Segment]:
    if len(head) < 64 or not head.startswith(MAGIC) or head[4] not in (1, 2):
        return
    order, wide = _order(head), _is_wide(head)
    (table,) = struct.unpack_from(f"{order}{'Q' if wide else 'I'}", head, 32 if wide else 28)
    size, count = struct.unpack_from(f"{order}HH", head, 54 if wide else 42)
    if size != (56 if wide else 32):
        return
    for at in range(table, min(table + min(count, _SEGMENTS) * size, len(head) - size + 1), size):
        if wide:
            kind, _, offset, address, _, length = struct.unpack_from(f"{order}II4Q", head, at)
        else:
            kind, offset, address, _, length = struct.unpack_from(f"{order}5I", head, at)
        yield _Segment(kind, offset, address, length)


def _offset_of(front: bytes, address: int) -> int | None:
    """Where in the file the content is that is loaded at an address."""
    for segment in _segments(front):
        if segment.kind == _PT_LOAD and 0 <= address - segment.address < segment.size:
            return segment.offset + address - segment.address
    return None


def _name(front: bytes, place: int) -> str | None:
    """The name at an offset; None if it does not end before the end of what is at hand."""
    end = front.find(b"\0", place, place + _NAME + 1)
    return None if end <= place else front[place:end].decode("utf-8", "surrogateescape")
