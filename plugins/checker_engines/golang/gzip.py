"""What Go's compress/gzip returns for data that is damaged (gunzip.go)."""

from __future__ import annotations

from checker.model.compression import Compression, CompressionKind
from checker_engines.golang.tar import UNEXPECTED_EOF

GZIP_HEADER_BYTES = 10
"""Bytes of a header without its optional fields."""
INVALID_GZIP_HEADER = "gzip: invalid header"


def inflating_error(compression: Compression, size: int) -> str | None:
    """The error of reading gzip to its end; None if it is sound, or not gzip.

    Args:
        compression: What is known of the data.
        size: Bytes of it as stored.
    """
    if compression.kind is not CompressionKind.GZIP:
        return None
    if compression.truncated:
        return UNEXPECTED_EOF
    if compression.error is not None:
        words = compression.error.lower()
        is_sum = "checksum" in words or "length" in words
        return "gzip: invalid checksum" if is_sum else "flate: corrupt input before offset 0"
    if compression.trailing is None:
        return None
    return (
        UNEXPECTED_EOF if size - compression.trailing < GZIP_HEADER_BYTES else INVALID_GZIP_HEADER
    )
