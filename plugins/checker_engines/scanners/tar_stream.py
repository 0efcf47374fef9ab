"""Tars as tar-stream reads them, a package for Node.js (2.2.0, extract.js and headers.js).

It reads on after the end-of-archive marker, and is not strict about extension headers.
"""

from __future__ import annotations

from checker.model.compression import Compression, CompressionKind
from checker.model.tar import AnomalyKind, Tar

INVALID = "Invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped?"
CUT = "Unexpected end of data"
_BLOCK = 512
_CUTS = frozenset(
    {
        AnomalyKind.TRUNCATED_HEADER,
        AnomalyKind.TRUNCATED_CONTENT,
        AnomalyKind.TRUNCATED_PADDING,
    }
)
_TOLERATED = frozenset(
    {
        AnomalyKind.BAD_PAX_RECORD,
        AnomalyKind.BAD_SPARSE_MAP,
        AnomalyKind.OVERSIZED_EXTENSION,
        AnomalyKind.DANGLING_EXTENSION,
        AnomalyKind.NEGATIVE_SIZE,
    }
)


def stream_error(tar: Tar | None, size: int) -> str | None:
    """The error of reading a tar to its end; None if there is none.

    Args:
        tar: The tar; None for what is not a tar.
        size: Bytes of it.
    """
    if tar is None:
        return not_a_tar_error(size)
    fatal = tar.fatal
    if fatal is not None and fatal.kind is AnomalyKind.NOT_A_TAR:
        return not_a_tar_error(size)
    if fatal is not None and fatal.kind not in _TOLERATED:
        return CUT if fatal.kind in _CUTS else INVALID
    if tar.after_end and not tar.header_follows:
        is_in_last_block = len(tar.after_end) <= tar.size % _BLOCK
        return CUT if is_in_last_block else INVALID
    return CUT if tar.size % _BLOCK else None


def not_a_tar_error(size: int) -> str | None:
    """The error for content that is not a tar, of a size in bytes."""
    if size == 0:
        return None
    return CUT if size < _BLOCK else INVALID


def inflating_error(compression: Compression) -> str | None:
    """The error of Node's zlib for gzip; None if it is sound, or followed by zeros only."""
    if compression.kind is not CompressionKind.GZIP:
        return None
    if compression.truncated:
        return "unexpected end of file"
    if compression.error is not None:
        words = compression.error.lower()
        if "length" in words:
            return "incorrect length check"
        return "incorrect data check" if "checksum" in words else "invalid stored block lengths"
    is_followed = compression.trailing is not None and not compression.trailing_zeros
    return "incorrect header check" if is_followed else None
