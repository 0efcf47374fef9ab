"""Decompression by magic bytes, in bounded steps, with irregularities as facts."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

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
_FIRST_STEP = 512
_NUMBER_OF_ERROR = re.compile(r"^Error -?[0-9]+ ")
# A decompressor copies what it is given after the end of its stream. It is given little at first,
# then more and more, lest a file of tiny streams be copied again for each of them.
_FIRST_SLICE, _LAST_SLICE = 1 << 12, 1 << 18
_XZ_PADDING = bytes(4)
_PADDING_AT_ONCE = 1 << 12
# Compressed bytes for which any number of streams is fine, one for each so many.
_BYTES_PER_STREAM = 100

_GZIP_FIXED, _GZIP_TRAILER = 10, 8
_GZIP_HEADER_CRC, _GZIP_EXTRA, _GZIP_NAME, _GZIP_COMMENT = 2, 4, 8, 16
_GZIP_HEADER_LIMIT = 1 << 20


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


Buffer: TypeAlias = bytes | memoryview


class _Decompressor(Protocol):
    """The interface that bz2, lzma, zstd and isal share."""

    def decompress(self, data: Buffer, max_length: int = -1) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class _GzipMember:
    """igzip for one member, whose header and trailer are read here.

    A header with optional fields that comes in several pieces is misread by isal 1.9. Where the
    trailer is wrong, isal keeps back what it has inflated last, and readers do see it.
    """

    def __init__(self) -> None:
        from isal import igzip_lib, isal_zlib

        self._inner = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
        self._crc32: Callable[[bytes, int], int] = isal_zlib.crc32
        self._header: bytes | None = b""
        self._trailer = b""
        self._crc = 0
        self._size = 0
        self._eof = False

    def decompress(self, data: Buffer, max_length: int = -1) -> bytes:
        if self._header is not None:
            header = self._header + bytes(data)
            size = _gzip_header_size(header)
            if size is None:
                self._header = header
                return b""
            self._header = None
            data = header[size:]
        if self._inner.eof:
            self._trailer += data
            self._check_trailer()
            return b""
        piece = self._inner.decompress(data, max_length)
        self._crc = self._crc32(piece, self._crc)
        self._size += len(piece)
        self._trailer = self._inner.unused_data
        return piece

    def _check_trailer(self) -> None:
        """Compare checksum and size (RFC 1952, section 2.3.1), once they are there."""
        if len(self._trailer) < _GZIP_TRAILER:
            return
        if int.from_bytes(self._trailer[:4], "little") != self._crc:
            raise ValueError("Incorrect checksum found")
        if int.from_bytes(self._trailer[4:8], "little") != self._size & 0xFFFFFFFF:
            raise ValueError("Incorrect length found")
        self._eof = True

    @property
    def eof(self) -> bool:
        return self._eof

    @property
    def needs_input(self) -> bool:
        if self._inner.eof:
            return len(self._trailer) < _GZIP_TRAILER
        return self._header is not None or self._inner.needs_input

    @property
    def unused_data(self) -> bytes:
        return self._trailer[_GZIP_TRAILER:] if self._eof else b""


def _gzip_header_size(data: bytes) -> int | None:
    """Bytes of the header of a member (RFC 1952, section 2.3); None if it goes on.

    Raises:
        ValueError: It is longer than any reader would take, or its checksum is wrong.
    """
    position = _GZIP_FIXED
    flags = data[3] if len(data) > 3 else 0
    if flags & _GZIP_EXTRA:
        position += 2 + int.from_bytes(data[position : position + 2], "little")
    for flag in (_GZIP_NAME, _GZIP_COMMENT):
        if flags & flag:
            nul = data.find(b"\0", position)
            position = len(data) + 1 if nul < 0 else nul + 1
    end = position + (2 if flags & _GZIP_HEADER_CRC else 0)
    if len(data) >= end:
        _check_gzip_header(data[:position], data[position:end])
        return end
    if len(data) > _GZIP_HEADER_LIMIT:
        raise ValueError(f"the gzip header has more than {_GZIP_HEADER_LIMIT} bytes")
    return None


def _check_gzip_header(header: bytes, checksum: bytes) -> None:
    if checksum and int.from_bytes(checksum, "little") != zlib.crc32(header) & 0xFFFF:
        raise ValueError("Incorrect gzip header checksum found")


def _padding_size(data: memoryview) -> int:
    """Bytes of the stream padding at the start of data, as long as a stream could follow."""
    most = (len(data) - len(_XZ_PADDING)) // len(_XZ_PADDING) * len(_XZ_PADDING)
    size = 0
    while size < most:
        part = bytes(data[size : size + min(_PADDING_AT_ONCE, most - size)])
        zeros = len(part) - len(part.lstrip(b"\0"))
        size += zeros
        if zeros < len(part):
            break
    return size // len(_XZ_PADDING) * len(_XZ_PADDING)


def _new_decompressor(kind: CompressionKind, limits: Limits) -> _Decompressor:
    # Imported here: a run loads the one library that it needs.
    if kind is CompressionKind.GZIP:
        return _GzipMember()
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
        self._slice = _FIRST_SLICE
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
        rest = memoryview(self._head + data)
        self._head = b""
        while rest and self._error is None and self._trailing is None:
            if self._decompressor is None:
                rest = self._begin_stream(rest)
                continue
            part, later = rest[: self._slice], rest[self._slice :]
            self._slice = min(2 * self._slice, _LAST_SLICE)
            yield from self._inflate(self._decompressor, part, self._taken - len(later))
            unused = 0
            if self._decompressor.eof:
                unused = len(self._decompressor.unused_data)
                self._decompressor = None
            rest = rest[len(part) - unused :]
        if self._trailing is not None:
            self._trailing_zeros = self._trailing_zeros and not bytes(rest).strip(b"\0")

    def _inflate(
        self, decompressor: _Decompressor, part: memoryview, offset: int
    ) -> Iterator[bytes]:
        """Decompress one slice, which ends at ``offset``."""
        data: Buffer = part
        while self._error is None:
            piece = self._step(decompressor, data, offset)
            if piece:
                self._count(len(piece))
                yield piece
            if decompressor.eof or decompressor.needs_input:
                return
            data = b""

    def _step_size(self) -> int:
        """How much to ask for: where a checksum is wrong, all of the last step is lost."""
        return min(_STEP, max(_FIRST_STEP, self._given // 16))

    def _step(self, decompressor: _Decompressor, data: Buffer, offset: int) -> bytes:
        try:
            return decompressor.decompress(data, self._step_size())
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - five libraries, each with its own error class
            self._refuse(error, offset)
            return b""

    def _refuse(self, error: Exception, offset: int) -> None:
        text = _NUMBER_OF_ERROR.sub("", str(error))
        if "emory" in text or "Window" in text or "window" in text:
            raise LimitError(
                LimitReached(
                    limit="window",
                    value=self._limits.window,
                    what=f"decompressing the {self._kind} stream requires more memory than this",
                    offset=offset,
                ),
            ) from error
        self._error = text
        self._error_offset = offset

    def _begin_stream(self, data: memoryview) -> memoryview:
        """Look at the head of what comes next: another stream, or trailing bytes."""
        head = bytes(data[:MAGIC_SIZE])
        if len(head) < MAGIC_SIZE and self._streams:
            self._head = head
            return data[len(head) :]
        if detect(head) is self._kind or not self._streams:
            self._decompressor = _new_decompressor(self._kind, self._limits)
            self._slice = _FIRST_SLICE
            self._skippable_first |= not self._streams and _is_skippable(head)
            self._streams += 1
            self._check_streams(len(data))
            return data
        if self._kind is CompressionKind.XZ and head.startswith(_XZ_PADDING):
            # Stream padding: multiples of four zero bytes (xz file format 1.2, section 2.2).
            return data[_padding_size(data) :]
        self._trailing = self._taken - len(data)
        return data

    def _check_streams(self, ahead: int) -> None:
        """Each stream takes as long as some kilobytes, however small it is."""
        taken = self._taken - ahead
        limit = self._limits.frames
        if self._streams > limit + taken // _BYTES_PER_STREAM:
            raise LimitError(
                LimitReached(
                    limit="frames",
                    value=limit,
                    what=f"the first {taken} bytes of {self._kind} data are {self._streams} "
                    "separate streams; the rest was not read",
                    offset=taken,
                ),
            )

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
            what=f"{self._taken} bytes of {self._kind} data decompressed to {self._given} bytes "
            "before the end",
            offset=self._taken,
        )

    def finish(self) -> Compression:
        """The input is over: say what was found."""
        if self._kind is CompressionKind.NONE:
            return NOT_COMPRESSED
        padding = self._kind is CompressionKind.XZ and self._head == _XZ_PADDING
        if self._head and not padding:
            self._trailing = self._taken - len(self._head)
            self._trailing_zeros = not self._head.strip(b"\0")
        truncated = self._decompressor is not None and self._error is None
        error, error_offset = self._error, self._error_offset
        if truncated:
            error = f"the {self._kind} stream ends before its end marker"
            error_offset = self._taken
        return Compression(
            kind=self._kind,
            streams=self._streams,
            skippable_first=self._skippable_first,
            error=error,
            error_offset=error_offset,
            truncated=truncated,
            trailing=self._trailing,
            trailing_zeros=self._trailing is not None and self._trailing_zeros,
        )
