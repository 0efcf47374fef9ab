"""Sparse maps: the old GNU one in header blocks, and those of PAX 0.1 and 1.0 in text.

As Go's archive/tar reads them (reader.go: readOldGNUSparseMap, readGNUSparseMap0x1 and 1x0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checker.model.entries import Span

_ROW = 24
_LIMIT = (1 << 63) - 1
_DIGITS = 20


class SparseError(ValueError):
    """A map that readers refuse; the text says why."""


def old_gnu_rows(rows: bytes, parse_number: Callable[[bytes], int | None]) -> list[Span]:
    """Read rows of an old GNU map, up to the first that is not in use.

    Raises:
        SparseError: A number is malformed.
    """
    spans: list[Span] = []
    for start in range(0, len(rows) - _ROW + 1, _ROW):
        row = rows[start : start + _ROW]
        if row[0] == 0:
            break
        offset, length = parse_number(row[:12]), parse_number(row[12:])
        if offset is None or length is None:
            raise SparseError("a number of the sparse map is malformed")
        spans.append(Span(offset, length))
    return spans


def parse_map_0_1(text: str, count: str) -> list[Span]:
    """Read the map of version 0.1: numbers with commas between.

    Raises:
        SparseError: It is malformed, or does not have ``count`` pairs.
    """
    numbers = text.split(",") if text else []
    if not _is_number(count) or len(numbers) != 2 * int(count):
        raise SparseError(
            f"the sparse map contains {len(numbers)} numbers, numblocks says {count[:_DIGITS]!r}"
        )
    return _pairs(numbers)


class TextMap:
    """The map of version 1.0: a count, then offsets and lengths, a number a line, in blocks.

    Attributes:
        size: Bytes of the blocks so far.
    """

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._lines_missing: int | None = None
        self.size = 0

    def add(self, block: bytes) -> list[Span] | None:
        """Take the next block; the spans if the map is whole now.

        Raises:
            SparseError: It is malformed.
        """
        self._blocks.append(block)
        self.size += len(block)
        lines = block.count(b"\n")
        if self._lines_missing is None:
            if not lines:
                return None
            count = b"".join(self._blocks).partition(b"\n")[0].decode("ascii", "replace")
            if not _is_number(count):
                raise SparseError("the sparse map does not begin with a count")
            self._lines_missing = 1 + 2 * int(count)
        self._lines_missing -= lines
        return self._spans() if self._lines_missing <= 0 else None

    def _spans(self) -> list[Span]:
        numbers = b"".join(self._blocks).decode("ascii", "replace").split("\n")
        return _pairs(numbers[1 : 2 * int(numbers[0]) + 1])


def check_spans(spans: Sequence[Span], size: int) -> None:
    """Check that spans are in order, do not overlap and end within ``size`` bytes.

    Raises:
        SparseError: They are not.
    """
    end = 0
    for span in spans:
        if span.length < 0 or span.offset < end or span.offset + span.length > size:
            raise SparseError(
                f"the sparse map describes {span.length} bytes at offset {span.offset}, which "
                f"overlap others or exceed the file size of {size}",
            )
        end = span.offset + span.length


def _pairs(numbers: Sequence[str]) -> list[Span]:
    if not all(map(_is_number, numbers)):
        raise SparseError("a number of the sparse map is malformed")
    values = [int(number) for number in numbers]
    return [Span(*pair) for pair in zip(values[::2], values[1::2], strict=True)]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < _DIGITS and int(text) <= _LIMIT
