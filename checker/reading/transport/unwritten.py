"""Stretches of a file that were reserved and never written."""

from __future__ import annotations

from checker.model.damage import Unwritten
from checker.reading.transport.sample import Sample

_PAGE = 4096
_FILLERS = b"\xff"


def find_unwritten(sample: Sample) -> Unwritten | None:
    """Find whether the file, or its beginning, was not written."""
    head = sample.head
    if head and not head.strip(_FILLERS) and not sample.tail.strip(_FILLERS):
        return Unwritten(head[0], sample.size, is_whole=True)
    length = len(head) - len(head.lstrip(b"\0"))
    if length == len(head) or not length or length % _PAGE:
        return None
    return Unwritten(0, length, is_whole=False)
