"""Decompression by magic bytes, in bounded steps, with irregularities as facts."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator

from checker.model.compression import (
    HEAD_SIZE,
    NOT_COMPRESSED,
    Compression,
    CompressionKind,
    Part,
)
from checker.model.limits import LimitReached, Limits
from checker.patterns import pattern
from checker.reading.zstd_library import find_library
from checker.typing_names import Protocol, TypeAlias

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
_NUMBER_OF_ERROR = pattern(r"^Error -?[0-9]+ ")
# A decompressor copies what it is given after the end of its stream. It is given little at first,
# then more and more, lest a file of tiny streams be copied again for each of them.
_FIRST_SLICE, _LAST_SLICE = 1 << 12, 1 << 18
# Of zstd more, so that nearly all that comes out at once is as much as is asked for.
_LAST_ZSTD_SLICE = 1 << 20
_WINDOW = 1 << 21
_XZ_PADDING = bytes(4)
_PADDING_AT_ONCE = 1 << 12
# Compressed bytes for which any number of streams is fine, one for each so many.
_BYTES_PER_STREAM = 100

_GZIP_FLAGS, _GZIP_FIXED, _GZIP_TRAILER = 3, 10, 8
_GZIP_HEADER_CRC, _GZIP_EXTRA, _GZIP_NAME, _GZIP_COMMENT = 2, 4, 8, 16
_GZIP_HEADER_LIMIT = 1 << 20
_GZIP_RESERVED = 0xE0
# Bytes of the longest header of a zstd frame; that of an xz stream has 12.
_LONGEST_HEADER = 18
_ZSTD_SINGLE_SEGMENT, _ZSTD_CHECKSUM = 0x20, 0x04
# Blocks of a frame that are followed: hostile frames have millions of empty ones.
_ZSTD_BLOCKS = 1 << 16
_ZSTD_MAGIC, _ZSTD_BLOCK, _ZSTD_RLE, _ZSTD_CHECKSUM_SIZE = 4, 3, 1, 4


def detect(head: bytes) -> CompressionKind:
    """The compression that the first bytes (at least ``MAGIC_SIZE``, if there are) speak of."""
    for magic, kind in _MAGICS:
        if head.startswith(magic):
            return kind
    if _is_skippable(head):
        return CompressionKind.ZSTD
    return CompressionKind.NONE


def regrouped(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in chunks of one size; the last one may be shorter."""
    waiting: list[bytes] = []
    missing = size
    for chunk in chunks:
        rest = chunk
        while len(rest) >= missing:
            waiting.append(rest[:missing])
            yield b"".join(waiting) if len(waiting) > 1 else waiting[0]
            rest = rest[missing:]
            waiting, missing = [], size
        if rest:
            waiting.append(rest)
            missing -= len(rest)
    if waiting:
        yield b"".join(waiting)


def _is_skippable(head: bytes) -> bool:
    number = int.from_bytes(head[:4], "little")
    return len(head) >= MAGIC_SIZE and _SKIPPABLE_FIRST <= number <= _SKIPPABLE_LAST


Buffer: TypeAlias = bytes | memoryview


class _Decompressor(Protocol):
    """The interface that bz2, lzma, zstd and isal share."""

    def decompress(self, data: Buffer, max_length: int, /) -> bytes: ...
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

    def decompress(self, data: Buffer, max_length: int, /) -> bytes:
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

    @property
    def trailer_size(self) -> int | None:
        """Bytes of the trailer so far; None before the data ends."""
        return len(self._trailer) if self._inner.eof else None

    @property
    def part(self) -> Part:
        """The part of the member that comes next."""
        if self._header is not None:
            return Part.HEADER
        return Part.TRAILER if self._inner.eof else Part.DATA

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


def _kept_size(kind: CompressionKind, first: bytes) -> int:
    """Bytes of the header with which a stream begins; all, if that is not known."""
    if kind is CompressionKind.GZIP:
        has_more = len(first) < _GZIP_FIXED or bool(first[_GZIP_FLAGS])
        return HEAD_SIZE if has_more else _GZIP_FIXED
    return _LONGEST_HEADER


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


class _ZstdFrame:
    """A decompressor for one zstd frame that gives all content before it looks at the checksum.

    The library loses what it has decompressed last where the checksum is wrong, but readers see it.
    So the headers of the blocks are read here (RFC 8878, section 3.1.1), to find the checksum.
    """

    def __init__(self, inner: _Decompressor) -> None:
        self._inner = inner
        self._pending = b""
        # Bytes until the next header of a block; None before the frame header is complete.
        self._until_header: int | None = None
        self._is_last = False
        self._blocks_left = _ZSTD_BLOCKS

    def decompress(self, data: Buffer, max_length: int, /) -> bytes:
        data = self._pending + data
        if not self._inner.needs_input:
            self._pending = data
            return self._inner.decompress(b"", max_length)
        # All content is out: the checksum may follow.
        count = len(data) if self._is_at_checksum else self._before_checksum(data)
        self._pending = data[count:]
        return self._inner.decompress(data[:count], max_length)

    @property
    def _is_at_checksum(self) -> bool:
        return self._is_last and self._until_header == 0

    def _before_checksum(self, data: bytes) -> int:
        """How many of the next bytes belong to the frame header and to blocks."""
        position = 0
        if self._until_header is None:
            size = _zstd_header_size(data)
            if size is None:
                return 0
            position = size
            self._until_header = 0
        while self._blocks_left:
            step = min(self._until_header, len(data) - position)
            self._until_header -= step
            position += step
            if self._until_header or self._is_last or len(data) - position < _ZSTD_BLOCK:
                return position
            header = int.from_bytes(data[position : position + _ZSTD_BLOCK], "little")
            self._is_last = bool(header & 1)
            size = 1 if header >> 1 & 3 == _ZSTD_RLE else header >> 3
            self._until_header = _ZSTD_BLOCK + size
            self._blocks_left -= 1
        return len(data)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        has_checksum = bool(self._pending) and self._is_at_checksum
        return self._inner.needs_input and not has_checksum

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def _zstd_header_size(head: bytes) -> int | None:
    """Bytes of the header of a zstd frame, its magic number included; None if it goes on."""
    if len(head) <= _ZSTD_MAGIC:
        return None
    flags = head[_ZSTD_MAGIC]
    is_single = bool(flags & _ZSTD_SINGLE_SEGMENT)
    content_size = (int(is_single), 2, 4, 8)[flags >> 6]
    size = _ZSTD_MAGIC + 1 + (not is_single) + (0, 1, 2, 4)[flags & 3] + content_size
    return size if len(head) >= size else None


def _zstd_window(head: bytes) -> int:
    """Bytes of the window that the header of a zstd frame asks for; 0 if it does not name one."""
    if len(head) < _ZSTD_MAGIC + 2 or _is_skippable(head):
        return 0
    if head[_ZSTD_MAGIC] & _ZSTD_SINGLE_SEGMENT:
        return 0
    exponent, mantissa = divmod(head[_ZSTD_MAGIC + 1], 8)
    base = 1 << (10 + exponent)
    return base + base // 8 * mantissa


def _has_checksum(head: bytes) -> bool:
    is_frame = len(head) > _ZSTD_MAGIC and not _is_skippable(head)
    return is_frame and bool(head[_ZSTD_MAGIC] & _ZSTD_CHECKSUM)


_New: TypeAlias = Callable[[bytes], _Decompressor]
"""Makes a decompressor for a stream with these first bytes."""


# Libraries are imported here: a run loads the one that it needs.
def _decompressors(kind: CompressionKind, limits: Limits) -> _New:
    """What makes the decompressors for the streams of one kind."""
    if kind is CompressionKind.GZIP:
        return lambda _head: _GzipMember()
    if kind is CompressionKind.BZIP2:
        import bz2

        return lambda _head: bz2.BZ2Decompressor()
    if kind is CompressionKind.XZ:
        import lzma

        return lambda _head: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.window)
    new = _zstd_decompressors(zstd_window_log(limits))
    return lambda head: _ZstdFrame(new()) if _has_checksum(head) else new()


def zstd_window_log(limits: Limits) -> int:
    """The largest window of zstd within the limits, as the power of two of its bytes."""
    return min(max(10, limits.window.bit_length() - 1), 31)


def sound_zstd(head: bytes, streams: int) -> Compression:
    """What there is to say of zstd data without any fault.

    Args:
        head: Its first bytes, ``HEAD_SIZE`` if there are so many.
        streams: How many frames there are.
    """
    return Compression(
        kind=CompressionKind.ZSTD,
        streams=streams,
        skippable_first=_is_skippable(head[:MAGIC_SIZE]),
        window=_zstd_window(head[:MAGIC_SIZE]),
        head=head[: _kept_size(CompressionKind.ZSTD, head)],
    )


def _zstd_decompressors(window_log: int) -> Callable[[], _Decompressor]:
    try:
        from checker.compiled.zstd import Decompressor

        library = find_library()
    except ImportError:
        return _module_decompressors(window_log)
    return lambda: Decompressor(library, window_log)


def _module_decompressors(window_log: int) -> Callable[[], _Decompressor]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: window_log}
    return lambda: zstd.ZstdDecompressor(options=options)


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
        self._new: _New | None = None
        self._decompressor: _Decompressor | None = None
        self._head = b""
        self._slice = _FIRST_SLICE
        self._last_slice = _LAST_ZSTD_SLICE if kind is CompressionKind.ZSTD else _LAST_SLICE
        self._taken = 0
        self._given = 0
        self._streams = 0
        self._skippable_first = False
        self._error: str | None = None
        self._error_offset: int | None = None
        self._trailing: int | None = None
        self._trailing_zeros = True
        self._trailing_head = b""
        self._reserved_flags = False
        self._window = 0
        self._is_cut = False
        self._first_bytes = b""

    def inflate(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Decompress a stream, with the same result in whatever chunks it comes.

        What a decompressor gives before it finds an error, and where it finds it, depends on how
        much it was given at once, and a pipe gives less at a time than a file.

        Raises:
            LimitError: The output, its ratio to the input, or the memory needed passes a limit.
        """
        for window in regrouped(chunks, _WINDOW):
            yield from self.feed(window)

    @property
    def streams(self) -> int:
        """Streams that were begun so far."""
        return self._streams

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
        try:
            yield from self._feed(data)
        except LimitError:
            self._is_cut = True
            raise

    def _feed(self, data: bytes) -> Iterator[bytes]:
        if len(self._first_bytes) < HEAD_SIZE:
            self._first_bytes += data[: HEAD_SIZE - len(self._first_bytes)]
        rest = memoryview(self._head + data)
        self._head = b""
        while rest and self._error is None and self._trailing is None:
            if self._decompressor is None:
                rest = self._begin_stream(rest)
                continue
            part, later = rest[: self._slice], rest[self._slice :]
            self._slice = min(2 * self._slice, self._last_slice)
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
            self._new = self._new or _decompressors(self._kind, self._limits)
            self._decompressor = self._new(head)
            if not self._streams:
                self._see_first_header(head)
            self._slice = _FIRST_SLICE
            self._skippable_first |= not self._streams and _is_skippable(head)
            self._streams += 1
            self._check_streams(len(data))
            return data
        if self._kind is CompressionKind.XZ and head.startswith(_XZ_PADDING):
            # Stream padding: multiples of four zero bytes (xz file format 1.2, section 2.2).
            return data[_padding_size(data) :]
        self._trailing = self._taken - len(data)
        self._trailing_head = head
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

    def _see_first_header(self, head: bytes) -> None:
        if self._kind is CompressionKind.GZIP and len(head) > _GZIP_FLAGS:
            self._reserved_flags = bool(head[_GZIP_FLAGS] & _GZIP_RESERVED)
        elif self._kind is CompressionKind.ZSTD:
            self._window = _zstd_window(head)

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
            self._trailing_head = self._head
        is_open = self._decompressor is not None and not self._is_cut
        truncated = is_open and self._error is None
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
            part=self._decompressor.part if isinstance(self._decompressor, _GzipMember) else None,
            reserved_flags=self._reserved_flags,
            window=self._window,
            head=self._first_bytes[: _kept_size(self._kind, self._first_bytes)],
            trailer_size=self._trailer_size() if truncated else None,
            trailing_head=self._trailing_head,
        )

    def _trailer_size(self) -> int | None:
        """Bytes of an incomplete trailer."""
        decompressor = self._decompressor
        return decompressor.trailer_size if isinstance(decompressor, _GzipMember) else None
