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


def old_gnu_rows(
    rows: bytes,
    parse_number: Callable[[bytes], int | None],
) -> tuple[list[Span], bool]:
    """Read rows of an old GNU map; the second value says whether the rows were all in use.

    Raises:
        SparseError: A number is malformed.
    """
    spans: list[Span] = []
    for start in range(0, len(rows) - _ROW + 1, _ROW):
        row = rows[start : start + _ROW]
        if row[0] == 0:
            return spans, False
        offset, length = parse_number(row[:12]), parse_number(row[12:])
        if offset is None or length is None:
            raise SparseError("a number of the sparse map is malformed")
        spans.append(Span(offset, length))
    return spans, True


def parse_map_0_1(text: str, count: str) -> list[Span]:
    """Read the map of version 0.1: numbers with commas between.

    Raises:
        SparseError: It is malformed, or does not have ``count`` pairs.
    """
    numbers = text.split(",") if text else []
    if not _is_number(count) or len(numbers) != 2 * int(count):
        raise SparseError(
            f"the sparse map has {len(numbers)} numbers, numblocks says {count[:_DIGITS]!r}"
        )
    return _pairs(numbers)


def parse_map_1_0(body: bytes) -> tuple[list[Span], bool]:
    """Read the map of version 1.0: a count, then offsets and lengths, a number a line.

    Returns:
        The spans, and whether the map is whole; if not, the next block is needed.

    Raises:
        SparseError: It is malformed.
    """
    lines = body.split(b"\n")[:-1]
    if not lines:
        return [], False
    numbers = [line.decode("ascii", "replace") for line in lines]
    if not _is_number(numbers[0]):
        raise SparseError("the sparse map does not begin with a count")
    wanted = 2 * int(numbers[0])
    if len(numbers) - 1 < wanted:
        return [], False
    return _pairs(numbers[1 : wanted + 1]), True


def check_spans(spans: Sequence[Span], size: int) -> None:
    """Check that spans are in order, do not overlap and end within ``size`` bytes.

    Raises:
        SparseError: They are not.
    """
    end = 0
    for span in spans:
        if span.length < 0 or span.offset < end or span.offset + span.length > size:
            raise SparseError(
                f"the sparse map has {span.length} bytes at {span.offset}, which overlap or pass "
                f"the end at {size}",
            )
        end = span.offset + span.length


def _pairs(numbers: Sequence[str]) -> list[Span]:
    if not all(map(_is_number, numbers)):
        raise SparseError("a number of the sparse map is malformed")
    values = [int(number) for number in numbers]
    return [Span(*pair) for pair in zip(values[::2], values[1::2], strict=True)]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < _DIGITS and int(text) <= _LIMIT
