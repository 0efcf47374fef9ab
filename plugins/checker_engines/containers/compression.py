"""Compressed data as containers/image (package compression) and containers-storage read it."""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind
from checker.model.entries import Entries
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker_engines.containers.versions import Library

_ZSTD_ERRORS = "invalid input: magic number mismatch"
_TRAILING = {
    CompressionKind.GZIP: "gzip: invalid header",
    CompressionKind.BZIP2: "bzip2 data invalid: bad magic value in continuation file",
    CompressionKind.XZ: "xz: invalid header magic bytes",
    CompressionKind.ZSTD: _ZSTD_ERRORS,
}
# Bytes of a header; what follows a stream may be shorter.
_HEADERS = {CompressionKind.GZIP: 10, CompressionKind.XZ: 12}
_MAGICS = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_CORRUPT = {
    CompressionKind.GZIP: "flate: corrupt input before offset 0",
    CompressionKind.BZIP2: "bzip2 data invalid: checksum mismatch",
    CompressionKind.XZ: "xz: block checksum error",
    CompressionKind.ZSTD: "invalid input: checksum mismatch",
}


def is_recognised(compression: Compression) -> bool:
    """Whether the compression is detected (package compression): not a leading skippable frame."""
    return compression.kind is not CompressionKind.NONE and not compression.skippable_first


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


def inflating_error(compression: Compression, size: int) -> str | None:
    """The error of Go's decompressors when they read to the end; None if there is none.

    Args:
        compression: How the data is compressed.
        size: Bytes of it as stored.
    """
    if compression.truncated:
        return "unexpected EOF"
    if compression.error is not None:
        if has_wrong_checksum(compression):
            return "gzip: invalid checksum"
        return _CORRUPT.get(compression.kind)
    if compression.trailing is not None:
        is_cut = size - compression.trailing < _HEADERS.get(compression.kind, 0)
        return "unexpected EOF" if is_cut else _TRAILING.get(compression.kind)
    return None


def pigz_error(compression: Compression) -> str | None:
    """The error of ``unpigz`` for a gzip stream; it ignores what follows the stream."""
    if compression.truncated:
        fault = "incomplete deflate data"
    elif has_wrong_checksum(compression):
        fault = "crc32 mismatch"
    elif compression.error is not None:
        fault = "invalid deflate data (invalid code lengths set)"
    else:
        return None
    return f"pigz: skipping: <stdin>: corrupted -- {fault}: exit status 1"


def storage_inflating_error(compression: Compression, size: int, library: Library) -> str | None:
    """The error of containers-storage when it reads compressed data to the end."""
    if compression.kind is CompressionKind.GZIP and library.uses_pigz:
        return pigz_error(compression)
    return inflating_error(compression, size)
