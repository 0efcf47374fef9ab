"""Stretches of a file that were reserved and never written."""

from __future__ import annotations

from collections.abc import Callable

from checker.model.damage import Unwritten
from checker.model.entries import REGULAR
from checker.model.tar import Tar
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.reading.transport.sample import Sample

_PAGE = 4096
_FILLERS = b"\xff"
# A layer ends with fewer zeros, as a tar is filled up to 10 KiB.
_EXAMINED = 1 << 16


def find_unwritten(sample: Sample) -> Unwritten | None:
    """Find whether the file, or its beginning, was not written."""
    head = sample.head
    if head and not head.strip(_FILLERS) and not sample.tail.strip(_FILLERS):
        return Unwritten(head[0], sample.size, is_whole=True)
    length = len(head) - len(head.lstrip(b"\0"))
    if length == len(head) or length < _PAGE:
        return None
    block = length // BLOCK * BLOCK
    if length % _PAGE and looks_like_header(head[block : block + BLOCK]):
        # An empty archive precedes another one.
        return None
    return Unwritten(0, length, is_whole=False)


def find_unwritten_end(tar: Tar, part: Callable[[int, int], bytes]) -> Unwritten | None:
    """Find whether the last member of an archive ends in more zeros than a layer does.

    Args:
        tar: A tar that ends as it should, since zeros are an end.
        part: Gives bytes of it, by offset and number.
    """
    entries = tar.entries
    last = len(entries) - 1
    if last < 0 or entries.kinds[last] != ord(REGULAR):
        return None
    start, size = entries.content(last)
    if size < _EXAMINED:
        return None
    offset = start + size - _EXAMINED
    if part(offset, _EXAMINED).strip(b"\0"):
        return None
    return Unwritten(0, _EXAMINED, is_whole=False, offset=offset, member=entries.paths[last])
