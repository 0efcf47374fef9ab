"""Decompression by magic bytes, in bounded steps, with what is odd as a fact."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Protocol

from checker.model.compression import NOT_COMPRESSED, Compression, CompressionKind
from checker.model.limits import LimitReached, Limits

_MAGICS = (
    (b"\x1f\x8b\x08", CompressionKind.GZIP),
    (b"BZh", CompressionKind.BZIP2),
    (b"\xfd7zXZ\x00", CompressionKind.XZ),
    (b"\x28\xb5\x2f\xfd", CompressionKind.ZSTD),
)
_SKIPPABLE_FIRST, _SKIPPABLE_LAST = 0x184D2A50, 0x184D2A5F
MAGIC_SIZE = 8
_STEP = 1 << 20


def detect(head: bytes) -> CompressionKind:
    """The compression that the first bytes (at least ``MAGIC_SIZE``, if there are) speak of."""
    for magic, kind in _MAGICS:
        if head.startswith(magic):
            return kind
    if _is_skippable(head):
        return CompressionKind.ZSTD
    return CompressionKind.NONE


def _is_skippable(head: bytes) -> bool:
    number = int.from_bytes(head[:4], "little")
    return len(head) >= MAGIC_SIZE and _SKIPPABLE_FIRST <= number <= _SKIPPABLE_LAST


class _Decompressor(Protocol):
    """The interface that bz2, lzma, zstd and isal share."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def _new_decompressor(kind: CompressionKind, limits: Limits) -> _Decompressor:
    # Imported here: a run loads the one library that it needs.
    if kind is CompressionKind.GZIP:
        from isal import igzip_lib

        return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    if kind is CompressionKind.BZIP2:
        import bz2

        return bz2.BZ2Decompressor()
    if kind is CompressionKind.XZ:
        import lzma

        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.window)
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    window_log = max(10, limits.window.bit_length() - 1)
    return zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: min(window_log, 31)},
    )


class LimitError(Exception):
    """Reading went over a limit; carries the fact to report."""

    def __init__(self, reached: LimitReached) -> None:
        super().__init__(reached.what)
        self.reached = reached


class Inflater:
    """Decompresses one stream: ``feed`` it, then ``finish`` it for the facts.

    Corrupt data ends the output and is a fact, not an exception.

    Args:
        kind: The compression, as ``detect`` tells; ``NONE`` passes the bytes on.
        limits: Bounds on expansion, output and memory.
    """

    def __init__(self, kind: CompressionKind, limits: Limits) -> None:
        self._kind = kind
        self._limits = limits
        self._decompressor: _Decompressor | None = None
        self._head = b""
        self._taken = 0
        self._given = 0
        self._streams = 0
        self._skippable_first = False
        self._error: str | None = None
        self._error_offset: int | None = None
        self._trailing: int | None = None
        self._trailing_zeros = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompress the next bytes, in pieces of at most 1 MiB.

        Raises:
            LimitError: The output, its ratio to the input, or the memory needed passes a limit.
        """
        self._taken += len(data)
        if self._kind is CompressionKind.NONE:
            self._given += len(data)
            yield data
            return
        while data and self._error is None and self._trailing is None:
            if self._decompressor is None:
                data = self._begin_stream(data)
                continue
            piece = self._step(data)
            data = b""
            while piece or not self._wants_more():
                if piece:
                    self._count(len(piece))
                    yield piece
                piece = self._step(b"")
            if self._decompressor.eof:
                data = self._decompressor.unused_data
                self._decompressor = None
        if data and self._trailing is not None:
            self._trailing_zeros = self._trailing_zeros and not data.strip(b"\0")

    def _wants_more(self) -> bool:
        decompressor = self._decompressor
        return (
            decompressor is None
            or self._error is not None
            or decompressor.eof
            or decompressor.needs_input
        )

    def _step(self, data: bytes) -> bytes:
        decompressor = self._decompressor
        if decompressor is None or decompressor.eof or self._error is not None:
            return b""
        try:
            return decompressor.decompress(data, _STEP)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - five libraries, each with its own error class
            self._refuse(error)
            return b""

    def _refuse(self, error: Exception) -> None:
        text = str(error)
        if "emory" in text or "Window" in text or "window" in text:
            raise LimitError(
                LimitReached(
                    limit="window",
                    value=self._limits.window,
                    what=f"the {self._kind} stream asks for more memory than this to inflate",
                    offset=0,
                ),
            ) from error
        self._error = text
        self._error_offset = self._taken

    def _begin_stream(self, data: bytes) -> bytes:
        """Look at the head of what comes next: another stream, or trailing bytes."""
        self._head += data
        if len(self._head) < MAGIC_SIZE and self._streams:
            return b""
        data, self._head = self._head, b""
        if detect(data) is self._kind or not self._streams:
            self._decompressor = _new_decompressor(self._kind, self._limits)
            self._skippable_first |= not self._streams and _is_skippable(data)
            self._streams += 1
            return data
        if self._kind is CompressionKind.XZ and not data[:4].strip(b"\0"):
            # Stream padding: multiples of four zero bytes (xz file format 1.2, section 2.2).
            return data[4:]
        self._trailing = self._taken - len(data)
        return data

    def _count(self, size: int) -> None:
        self._given += size
        limits = self._limits
        if self._given > limits.inflated:
            raise LimitError(self._reached("inflated", limits.inflated))
        if self._given > limits.expansion_from and self._given > limits.expansion * self._taken:
            raise LimitError(self._reached("expansion", limits.expansion))

    def _reached(self, limit: str, value: int) -> LimitReached:
        return LimitReached(
            limit=limit,
            value=value,
            what=f"{self._taken} bytes of {self._kind} gave {self._given}, and more would come",
            offset=self._taken,
        )

    def finish(self) -> Compression:
        """The input is over: say what was found."""
        if self._kind is CompressionKind.NONE:
            return NOT_COMPRESSED
        if self._head:
            self._trailing = self._taken - len(self._head)
            self._trailing_zeros = not self._head.strip(b"\0")
        truncated = self._decompressor is not None and self._error is None
        error = self._error
        if truncated:
            error = f"the {self._kind} stream ends before its end marker"
            self._error_offset = self._taken
        return Compression(
            kind=self._kind,
            streams=self._streams,
            skippable_first=self._skippable_first,
            error=error,
            error_offset=self._error_offset,
            truncated=truncated,
            trailing=self._trailing,
            trailing_zeros=self._trailing is not None and self._trailing_zeros,
        )
