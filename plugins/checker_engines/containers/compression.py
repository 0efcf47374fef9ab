"""Compressed data as containers/image (package compression) and containers-storage read it."""

from __future__ import annotations

import zlib

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import HEAD_SIZE, Compression, CompressionKind, Part
from checker.model.entries import Entries
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker_engines.containers.versions import Library
from checker_engines.golang.decompression import refused_header, unpigz_words
from checker_engines.golang.tar import UNEXPECTED_EOF
from checker_engines.golang.zstd_program import zstd_error

_ZSTD_ERRORS = "invalid input: magic number mismatch"
_TRAILING = {
    CompressionKind.GZIP: "gzip: invalid header",
    CompressionKind.BZIP2: "bzip2 data invalid: bad magic value in continuation file",
    CompressionKind.XZ: "xz: invalid header magic bytes",
    CompressionKind.ZSTD: _ZSTD_ERRORS,
}
# Bytes of a header; what follows a stream may be shorter.
_HEADERS = {CompressionKind.GZIP: 10, CompressionKind.BZIP2: 2, CompressionKind.XZ: 12}
_HEADER_CRC, _EXTRA, _NAME, _COMMENT = 2, 4, 8, 16
_TEXT_MAX = 512
_XZ_CHECK = 7
_DETECTED_BYTES = 8
_MAGICS = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_CORRUPT = {
    CompressionKind.GZIP: "flate: corrupt input before offset 0",
    CompressionKind.BZIP2: "bzip2 data invalid: block checksum mismatch",
    CompressionKind.XZ: "xz: block checksum error",
}


def is_recognised(compression: Compression) -> bool:
    """Whether the compression is detected (package compression): not a leading skippable frame."""
    return compression.kind is not CompressionKind.NONE and not compression.skippable_first


def is_taken_for_tar(compression: Compression) -> bool:
    """Whether compressed data is read as a tar, because its compression is not detected."""
    return compression.kind is not CompressionKind.NONE and not is_recognised(compression)


def is_compressed_twice(blob: Blob) -> bool:
    """Whether the decompressed data is compressed again, and so was not read."""
    is_compressed = blob.compression.kind is not CompressionKind.NONE
    return is_compressed and blob.tar is not None and blob.tar.head.startswith(_MAGICS)


def readable_tar(archive: Archive) -> Tar:
    """The tar as these libraries read it.

    What they cannot decompress is not a tar for them.
    """
    compression, tar = archive.compression, archive.tar
    if compression.kind is CompressionKind.NONE:
        return tar
    if not is_recognised(compression):
        fault = Anomaly(AnomalyKind.NOT_A_TAR, 0, "unknown compression", fatal=True)
        return Tar(Entries(), (fault,), archive.size)
    return tar


def has_wrong_checksum(compression: Compression) -> bool:
    """Whether a gzip stream was decompressed completely but does not match its trailer."""
    error = compression.error
    return (
        compression.kind is CompressionKind.GZIP
        and not compression.truncated
        and error is not None
        and any(word in error.lower() for word in ("checksum", "length"))
    )


def opening_error(compression: Compression, library: Library) -> str | None:
    """The error of Go's decompressors for the header of the first stream; None if it is valid.

    Sources: klauspost/pgzip, gunzip.go, readHeader; ulikunitz/xz, format.go, verifyFlags.
    """
    if compression.kind is CompressionKind.GZIP:
        return _gzip_header_error(compression.head)
    if compression.kind is CompressionKind.XZ and len(compression.head) > _XZ_CHECK:
        check = compression.head[_XZ_CHECK]
        return None if check in library.xz_checks else "xz: invalid flags"
    return None


def _gzip_header_error(head: bytes) -> str | None:
    if len(head) < _HEADERS[CompressionKind.GZIP]:
        return UNEXPECTED_EOF
    flags, at = head[3], _HEADERS[CompressionKind.GZIP]
    if flags & _EXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
        if at > len(head):
            return None if len(head) >= HEAD_SIZE else UNEXPECTED_EOF
    for flag in (_NAME, _COMMENT):
        if not flags & flag:
            continue
        nul = head.find(b"\0", at, at + _TEXT_MAX)
        if nul < 0:
            return "EOF" if len(head) < min(at + _TEXT_MAX, HEAD_SIZE) else "gzip: invalid header"
        at = nul + 1
    if not flags & _HEADER_CRC:
        return None
    if len(head) < at + 2:
        return "EOF" if len(head) == at else UNEXPECTED_EOF
    stated = int.from_bytes(head[at : at + 2], "little")
    return None if stated == zlib.crc32(head[:at]) & 0xFFFF else "gzip: invalid header"


def inflating_error(compression: Compression, size: int) -> str | None:
    """The error of Go's decompressors when they read to the end; None if there is none.

    Args:
        compression: How the data is compressed.
        size: Bytes of it as stored.
    """
    window = window_error(compression)
    if window is not None:
        return window
    if compression.truncated:
        # klauspost/pgzip reads the trailer with io.ReadFull.
        return "EOF" if compression.trailer_size == 0 else UNEXPECTED_EOF
    if compression.error is not None:
        if has_wrong_checksum(compression):
            return "gzip: invalid checksum"
        if compression.kind is CompressionKind.ZSTD:
            return _zstd_error(compression.error)
        return _CORRUPT.get(compression.kind)
    if compression.trailing is not None:
        is_cut = size - compression.trailing < _HEADERS.get(compression.kind, 0)
        return UNEXPECTED_EOF if is_cut else _TRAILING.get(compression.kind)
    return None


def window_error(compression: Compression) -> str | None:
    """The error for a zstd frame with a window that is too large."""
    return refused_header(compression) if compression.kind is CompressionKind.ZSTD else None


def _zstd_error(error: str) -> str:
    return "CRC check failed" if "checksum" in error else _ZSTD_ERRORS


def is_found_by_detection(compression: Compression, error: str, inflated: int) -> bool:
    """Whether looking for a second compression meets an error of decompressing the first one.

    It reads eight bytes, and ignores an error that says that there are fewer
    (DetectCompressionFormat).

    Args:
        compression: The first compression.
        error: Its error.
        inflated: Bytes that are decompressed before the error.
    """
    if window_error(compression) is not None:
        return True
    return inflated < _DETECTED_BYTES and error not in {"EOF", UNEXPECTED_EOF}


def program_error(compression: Compression, size: int) -> str | None:
    """The error of the program with which containers-storage decompresses gzip or zstd.

    Source: containers-storage v1.62, pkg/archive, archive_unix.go and filter.go.
    """
    if compression.kind is CompressionKind.GZIP:
        words = unpigz_words(compression)
        return None if words is None else f"pigz: skipping: <stdin>{words}: exit status 1"
    words = zstd_error(compression, size)
    return None if words is None else f"{words}: exit status 1"


def uses_program(compression: Compression, library: Library) -> bool:
    """Whether containers-storage decompresses the data with a program."""
    is_known = compression.kind in {CompressionKind.GZIP, CompressionKind.ZSTD}
    return library.uses_programs and is_known


def writes_nothing(compression: Compression) -> bool:
    """Whether the program fails without writing the end of the data, so that its error is seen.

    ``zstd`` writes a block after it has verified the checksum of the frame.
    """
    if compression.kind is CompressionKind.GZIP:
        is_header = compression.part is Part.HEADER and compression.streams == 1
        return compression.reserved_flags or is_header
    return zstd_error(compression, 0) is not None and compression.trailing is None


def storage_error(compression: Compression, size: int, library: Library) -> str | None:
    """The error of containers-storage when it reads compressed data to the end, with its step."""
    if uses_program(compression, library):
        error = program_error(compression, size)
    else:
        error = opening_error(compression, library)
        if error is not None:
            return f"setting up to decompress blob: {error}"
        error = inflating_error(compression, size)
    return None if error is None else f'storing blob to file "<tmp>": {error}'
