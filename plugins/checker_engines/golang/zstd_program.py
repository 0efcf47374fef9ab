"""The errors of ``zstd``, which containers-storage runs if it is installed (zstd 1.5, fileio.c)."""

from __future__ import annotations

from checker.model.compression import Compression

_LARGEST_WINDOW = 128 << 20
_MAGIC = 4
_OTHERS = (b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x04\x22\x4d\x18")
"""Signatures of gzip, xz and lz4, which the program of Debian decompresses as well."""
_INPUT = "/*stdin*\\ : "
_MIB = 1 << 20


def zstd_error(compression: Compression, size: int) -> str | None:
    """What ``zstd`` prints for data of a size in bytes; None if it is valid."""
    window = compression.window
    if window > _LARGEST_WINDOW:
        lines = (
            "Decoding error (36) : Frame requires too much memory for decoding ",
            f"Window size larger than maximum : {window} > {_LARGEST_WINDOW} ",
            f"Use --long={window.bit_length() - 1} or --memory={window // _MIB}MB ",
        )
        return "\n".join(_INPUT + line for line in lines)
    if compression.truncated:
        return f"{_INPUT}Read error (39) : premature end "
    if compression.error is not None:
        return f"{_INPUT}Decoding error (36) : {_words(compression.error)} "
    if compression.trailing is None or compression.trailing_head.startswith(_OTHERS):
        return None
    is_short = size - compression.trailing < _MAGIC
    found = "unknown header" if is_short else "unsupported format"
    return f"zstd: /*stdin*\\: {found} "


def _words(error: str) -> str:
    if "checksum" in error:
        return "Restored data doesn't match checksum"
    return error.rpartition(": ")[2]
