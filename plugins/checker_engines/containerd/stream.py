"""Decompression of a whole stream, as containerd and Docker's containerd store see it.

Both detect the compression by the first bytes and decompress gzip with ``unpigz`` if it is
installed. Data after the end of the tar is not read, so damage there goes unnoticed.
"""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.compression import Compression, CompressionKind, Part
from checker.model.limits import LimitReached
from checker.model.tar import Tar
from checker_engines.answers.conditions import UNPIGZ, XZ, reading_conditions
from checker_engines.answers.undecided import cut_of
from checker_engines.golang.decompression import (
    decompression_error,
    refused_header,
    trailing_error,
)
from checker_engines.golang.tar import INVALID_HEADER, not_a_tar_error, tar_error

CONTAINERD_READS = frozenset({CompressionKind.NONE, CompressionKind.GZIP, CompressionKind.ZSTD})
"""What containerd decompresses (containerd 2.3, pkg/archive/compression)."""
MOBY_READS = frozenset(CompressionKind)
"""What Docker decompresses (Docker 25 and later, go-archive/compression)."""


def stream_error(
    compression: Compression,
    tar: Tar,
    stored_size: int,
    reads: frozenset[CompressionKind],
) -> str | None:
    """The error of reading the stream up to the end of its tar.

    Args:
        compression: How the stream is compressed.
        tar: The tar in it.
        stored_size: Bytes of the stream as stored.
        reads: What the engine decompresses.

    Returns:
        The error; None if the end of the tar is reached.
    """
    if compression.kind not in reads:
        return not_a_tar_error(stored_size)
    refused = refused_header(compression)
    if refused is not None:
        return refused
    stop = tar_error(tar)
    if compression.error is not None and (stop is not None or tar.end is None):
        # All data comes before an error of its checksum or length.
        is_before = stop == INVALID_HEADER and compression.part is Part.TRAILER
        return stop if is_before else decompression_error(compression)
    if stop is None and tar.end is None:
        return trailing_error(compression, stored_size)
    return stop


def drain_error(compression: Compression, stored_size: int) -> str | None:
    """The error of reading the stream to its very end, after a tar that ended correctly."""
    return decompression_error(compression) or trailing_error(compression, stored_size)


def cut_in(archive: Archive, reads: frozenset[CompressionKind]) -> LimitReached | None:
    """The limit that ended the reading of the archive where an engine would have read on.

    Args:
        archive: The facts.
        reads: What the engine decompresses.
    """
    compression = archive.compression
    is_read = compression.kind in reads and refused_header(compression) is None
    return cut_of(archive) if is_read else None


def conditions_of(archive: Archive) -> tuple[str, ...]:
    """What the archive alone does not determine."""
    return (*_stream_conditions(archive.compression), *reading_conditions(archive))


def _stream_conditions(compression: Compression) -> tuple[str, ...]:
    if compression.kind is CompressionKind.XZ:
        return (XZ,)
    if compression.kind is CompressionKind.GZIP and compression.error is not None:
        return (UNPIGZ,)
    return ()
