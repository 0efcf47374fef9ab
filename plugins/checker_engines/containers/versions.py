"""What differs between the builds of containers/image and containers-storage that tools carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from checker.model.archive import Archive, Source
from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind
from checker.model.entries import Entries
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker_engines.answers.refusal import Refusal
from checker_engines.containers.manifest_types import Shapes

_ZSTD_ERRORS = "invalid input: magic number mismatch"
_TRAILING = {
    CompressionKind.GZIP: "gzip: invalid header",
    CompressionKind.BZIP2: "bzip2 data invalid: bad magic value in continuation file",
    CompressionKind.XZ: "xz: invalid header magic bytes",
    CompressionKind.ZSTD: _ZSTD_ERRORS,
}
# Bytes of a header, in the middle of which what follows a stream may end.
_HEADERS = {CompressionKind.GZIP: 10, CompressionKind.XZ: 12}
_MAGICS = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_CORRUPT = {
    CompressionKind.GZIP: "flate: corrupt input before offset 0",
    CompressionKind.BZIP2: "bzip2 data invalid: checksum mismatch",
    CompressionKind.XZ: "xz: block checksum error",
    CompressionKind.ZSTD: "invalid input: checksum mismatch",
}


class Library(NamedTuple):
    """One build.

    Attributes:
        shapes: The types that documents are decoded into.
        folder: How the folder that an archive is extracted to is shown.
        temporary: How a path in the temporary folder is shown, given the path below it.
        quoted: How a name is shown in messages.
        blob_name: How messages call the blob of a layer, given its digest.
        refuses_wrong_diff_ids: Whether containers-storage compares diffIDs with the config's, as it
            does since podman 5.4.
        uses_pigz: Whether containers-storage leaves gzip to ``unpigz`` where it is installed.
        loses_gzip_start: Whether docker-archive loses the first MiB of a gzip archive but for eight
            bytes: its gzip reader (pgzip before 1.2.6) forgets them when detection has read on.
        announces_signatures: Whether the end of a copy prints "Storing signatures".
    """

    shapes: Shapes
    folder: str
    temporary: Callable[[str], str]
    quoted: Callable[[str], str]
    blob_name: Callable[[str], str]
    refuses_wrong_diff_ids: bool
    uses_pigz: bool
    loses_gzip_start: bool
    announces_signatures: bool


def is_recognised(compression: Compression) -> bool:
    """Whether detection by magic takes it (package compression): no zstd skippable frame first."""
    return compression.kind is not CompressionKind.NONE and not compression.skippable_first


def is_compressed_twice(blob: Blob) -> bool:
    """Whether what comes out of a decompression is compressed again, and so was not read."""
    is_compressed = blob.compression.kind is not CompressionKind.NONE
    return is_compressed and blob.tar is not None and blob.tar.head.startswith(_MAGICS)


def refuse_folder(archive: Archive) -> None:
    """Open the archive as a file.

    Raises:
        Refusal: It is a folder.
    """
    if archive.source is Source.DIRECTORY:
        raise Refusal("read <tmp>: is a directory", "it is a folder, not an archive")


def tar_seen(archive: Archive) -> Tar:
    """The tar as these libraries read it.

    What they cannot decompress is no tar to them.
    """
    compression, tar = archive.compression, archive.tar
    if compression.kind is CompressionKind.NONE:
        return tar
    if not is_recognised(compression):
        fault = Anomaly(AnomalyKind.NOT_A_TAR, 0, "compressed in a way not known", fatal=True)
        return Tar(Entries(), (fault,), archive.size)
    return tar


def has_wrong_checksum(compression: Compression) -> bool:
    """Whether all data came out of a gzip stream, but not as its trailer says."""
    error = compression.error
    return (
        compression.kind is CompressionKind.GZIP
        and not compression.truncated
        and error is not None
        and any(word in error.lower() for word in ("checksum", "length"))
    )


def inflating_error(compression: Compression, size: int) -> str | None:
    """What the Go decompressors say when they read to the end; None if all is well.

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
    """What ``unpigz`` makes of a gzip stream; what follows the stream it passes over."""
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
    """What containers-storage says when it reads compressed data to the end."""
    if compression.kind is CompressionKind.GZIP and library.uses_pigz:
        return pigz_error(compression)
    return inflating_error(compression, size)
