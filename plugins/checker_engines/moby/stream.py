"""A stream that Docker unpacks: the whole archive, or a layer."""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind
from checker.model.entries import Entries
from checker.model.tar import Tar
from checker.records import NamedTuple
from checker_engines.golang.decompression import decompression_error, trailing_error
from checker_engines.golang.tar import not_a_tar_error, tar_error


class Stream(NamedTuple):
    """A stream.

    Attributes:
        name: Its name in messages.
        size: Bytes as stored.
        compression: How it is compressed.
        tar: Its entries; None for a JSON document.
        diff_id: Digest of the uncompressed bytes; None if they were not all read.
    """

    name: str
    size: int
    compression: Compression
    tar: Tar | None
    diff_id: str | None

    @property
    def entries(self) -> Entries:
        """Its entries, as far as it is a tar."""
        return Entries() if self.tar is None else self.tar.entries

    @property
    def stop(self) -> str | None:
        """Go's error that ends its reading as a tar, if any."""
        return not_a_tar_error(self.size) if self.tar is None else tar_error(self.tar)

    @property
    def is_ended(self) -> bool:
        """Whether it has an end marker, after which no extractor needs to read."""
        return self.tar is not None and self.tar.end is not None

    @property
    def damage(self) -> str | None:
        """The error of Docker's decompressor, if it is damaged or does not end correctly."""
        error = decompression_error(self.compression)
        return error or trailing_error(self.compression, self.size)


def stream_of_archive(archive: Archive) -> Stream:
    """The whole archive."""
    return Stream("the archive", archive.size, archive.compression, archive.tar, None)


def stream_of_blob(blob: Blob) -> Stream:
    """A member."""
    diff_id = (blob.diff_id or blob.digest) if blob.whole else None
    return Stream(blob.path, blob.size, blob.compression, blob.tar, diff_id)


def as_stored(content: Stream) -> Stream:
    """The stream for an engine that does not know its compression and reads it as a tar."""
    return Stream(content.name, content.size, Compression(CompressionKind.NONE), None, None)


def without_content(content: Stream) -> Stream:
    """The stream for an engine that decompresses nothing of it."""
    return content._replace(size=0, tar=None, diff_id=None)
