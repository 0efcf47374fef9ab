"""Keeps the bytes of a tar that programs may read in another way than Go.

The rules and the engines need the entries that Go's archive/tar finds. A program in C goes on where
Go ends with an error, and takes other records of extension headers. What it does depends on bytes
that are no entry, so some are kept: those of small tars, and of larger ones the headers, and what
follows the place where Go ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    HARD_LINK,
    REGULAR,
    SYMLINK,
    Entries,
)
from checker.model.raw_tar import RawTar
from checker.model.tar import AnomalyKind, Tar

ReadAt = Callable[[int, int], bytes]
_SMALL = 1 << 20
_AFTER_FAULT = 1 << 20
_MOST = 4 << 20
_AFTER_HEADER = 4608
_MOST_HEADERS = 2000
_BLOCK = 512
_USUAL_ANOMALIES = frozenset({AnomalyKind.MISSING_END})
_EMPTY_KINDS = (HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO)
_LINKS = (HARD_LINK, SYMLINK)
_USUAL_KINDS = frozenset("".join((REGULAR, *_EMPTY_KINDS)).encode())
_HIGHEST_ID = 2**32 - 1
_FILE = ord(REGULAR)
_SPELLED = re.compile(rb"[^\x00]")
_DEVICES = (CHARACTER_DEVICE, BLOCK_DEVICE)


def keep_raw(tar: Tar, read: ReadAt) -> RawTar | None:
    """The bytes that other programs need; None if these read the same entries as Go.

    Args:
        tar: The tar as it was read.
        read: Gives at most so many bytes of it from an offset on.
    """
    if not tar.size or not _is_read_otherwise(tar):
        return None
    offsets: list[int] = []
    pieces: list[bytes] = []
    total = 0
    for start, end in _joined(_wanted(tar)):
        piece = read(start, min(end, tar.size) - start)
        offsets.append(start)
        pieces.append(piece)
        total += len(piece)
        if total > _MOST:
            break
    return RawTar(tar.size, tuple(offsets), tuple(pieces))


def _is_read_otherwise(tar: Tar) -> bool:
    entries = tar.entries
    return (
        tar.has_odd_headers
        or tar.end_blocks == 1
        or bool(tar.global_records)
        or any(anomaly.kind not in _USUAL_ANOMALIES for anomaly in tar.anomalies)
        or not set(entries.kinds) <= _USUAL_KINDS
        or bool(entries.sparse)
        or any(ids and not 0 <= min(ids) <= max(ids) <= _HIGHEST_ID for ids in _owners(entries))
        or any(map(entries.sizes.__getitem__, entries.of_kind(*_EMPTY_KINDS)))
        or any(True for _ in entries.of_kind(*_DEVICES))
        or any(not entries.linknames.get(position) for position in entries.of_kind(*_LINKS))
        or any(
            entries.kinds[match.start()] == _FILE and entries.name(match.start()).endswith("/")
            for match in _SPELLED.finditer(entries.spellings)
        )
    )


def _owners(entries: Entries) -> tuple[Sequence[int], ...]:
    return entries.uids, entries.gids


def _wanted(tar: Tar) -> Iterator[tuple[int, int]]:
    """Where the bytes are that are kept, by their first byte."""
    yield 0, _SMALL
    fault = tar.fatal
    for start, end in islice(_headers(tar.entries), _MOST_HEADERS):
        if fault is not None and fault.offset < start:
            break
        yield start, end
    if tar.after_end:
        yield tar.end or 0, (tar.end or 0) + _AFTER_FAULT
    if fault is not None:
        yield fault.offset // _BLOCK * _BLOCK, fault.offset + _AFTER_FAULT
    yield max(0, tar.size - _AFTER_HEADER) // _BLOCK * _BLOCK, tar.size


def _headers(entries: Entries) -> Iterator[tuple[int, int]]:
    """The headers of each entry, and the beginning of its content."""
    start = 0
    for position, offset in enumerate(entries.offsets):
        yield min(start, offset), offset + _AFTER_HEADER
        content = entries.content(position)
        start = content.offset + (content.length + _BLOCK - 1) // _BLOCK * _BLOCK


def _joined(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans, those that overlap as one."""
    first, last = next(spans)
    for start, end in sorted(spans):
        if start > last:
            yield first, last
            first, last = start, end
        last = max(last, end)
    yield first, last
