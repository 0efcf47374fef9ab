"""Zstandard frames that end with a wrong checksum: the content before it is still wanted.

The library verifies the checksum in the call that returns the last content, which is then lost.
Readers have seen that content when they find the checksum wrong, so it is requested first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

Buffer: TypeAlias = bytes | memoryview

_MAGIC = b"\x28\xb5\x2f\xfd"
_START = len(_MAGIC) + 1
_BLOCK_HEADER = 3
_RUN = 1
_CHECKSUM, _SINGLE_SEGMENT = 0x04, 0x20
_DICTIONARY_SIZES = (0, 1, 2, 4)
_CONTENT_SIZES = (0, 2, 4, 8)
_MOST_BLOCKS = 1 << 16
"""Blocks of a frame that are followed: hostile frames have millions of empty ones."""


class Decompressor(Protocol):
    """The interface that bz2, lzma, zstd and isal share."""

    def decompress(self, data: Buffer, max_length: int = -1) -> bytes:
        """Decompress the next bytes, to at most a number of bytes."""

    @property
    def eof(self) -> bool:
        """Whether the stream is complete."""

    @property
    def needs_input(self) -> bool:
        """Whether more bytes are needed."""

    @property
    def unused_data(self) -> bytes:
        """What follows the stream."""


class FrameDecompressor:
    """The library's decompressor for one frame, given what follows its last block separately.

    Args:
        inner: The library's decompressor.
    """

    def __init__(self, inner: Decompressor) -> None:
        self._inner = inner
        self._blocks: _Blocks | None = _Blocks()
        self._held = b""

    def decompress(self, data: Buffer, max_length: int = -1) -> bytes:
        """Decompress the next bytes."""
        if self._held:
            if not self._inner.needs_input:
                return self._inner.decompress(b"", max_length)
            data, self._held = self._held, b""
        elif self._blocks is not None:
            end = self._blocks.end_in(data)
            if end is not None:
                self._blocks = None
                data, self._held = data[:end], bytes(data[end:])
        return self._inner.decompress(data, max_length)

    @property
    def eof(self) -> bool:
        """Whether the frame is complete."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Whether more bytes are needed."""
        return self._inner.needs_input and not self._held

    @property
    def unused_data(self) -> bytes:
        """What follows the frame."""
        return self._inner.unused_data


class _Blocks:
    """The headers of a frame and its blocks (RFC 8878, section 3.1.1), as they pass."""

    def __init__(self) -> None:
        self._field = b""
        self._wanted = _START
        self._take: Callable[[bytes], None] = self._take_start
        self._skipped = 0
        self._is_last = False
        self._left = _MOST_BLOCKS

    def end_in(self, data: Buffer) -> int | None:
        """Where the last block ends in the next bytes; None if it does not, or has no checksum."""
        at, size = 0, len(data)
        while at < size and self._left:
            if self._skipped:
                step = min(self._skipped, size - at)
                self._skipped -= step
                at += step
            else:
                step = min(self._wanted - len(self._field), size - at)
                self._field += bytes(data[at : at + step])
                at += step
                self._take_field()
            if self._is_last and not self._skipped:
                return at
        return None

    def _take_field(self) -> None:
        if len(self._field) == self._wanted:
            field, self._field = self._field, b""
            self._take(field)

    def _take_start(self, field: bytes) -> None:
        descriptor = field[-1]
        if not field.startswith(_MAGIC) or not descriptor & _CHECKSUM:
            self._left = 0
            return
        is_single = bool(descriptor & _SINGLE_SEGMENT)
        content = _CONTENT_SIZES[descriptor >> 6] or int(is_single)
        self._skipped = _DICTIONARY_SIZES[descriptor & 3] + content + int(not is_single)
        self._wanted, self._take = _BLOCK_HEADER, self._take_block

    def _take_block(self, field: bytes) -> None:
        header = int.from_bytes(field, "little")
        self._is_last = bool(header & 1)
        is_run = header >> 1 & 3 == _RUN
        self._skipped = 1 if is_run else header >> 3
        self._left -= 1
