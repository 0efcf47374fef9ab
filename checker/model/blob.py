"""Facts about the content of one member of an archive."""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.compression import NOT_COMPRESSED, Compression
from checker.model.document import Document
from checker.model.limits import LimitReached
from checker.model.location import Location
from checker.model.names import Digest
from checker.model.tar import Tar
from checker.records import NamedTuple


class Blob(NamedTuple):
    """What one reading of a member's content showed; shared by everything that refers to it.

    Attributes:
        location: The member.
        position: Position of the member among the archive's entries; -1 for the archive itself.
        path: Cleaned path of the member.
        size: Size of the content in bytes.
        digests: Encoded hash of the content, by algorithm; ``sha256`` is always there. To ask for
            one can mean to wait for another thread that hashes.
        document: The content as JSON, if it looks like it.
        compression: How the content is compressed.
        inflated_size: Bytes after decompression.
        inflated_digests: The same of the bytes after decompression, all of them; those of the
            content itself if it is not compressed; None of a document.
        tar: The content as a tar, if it is not a document.
        entry_count: Entries of ``tar``, also once it was dropped; None if it is not a tar.
        limits: Limits that cut the reading short; digests are then not to be trusted.
        cuts: Limits that left out a part of the document; all bytes were read all the same.
        error: Why the content could not be read, in the words of the operating system.
        unparsed: The bytes of a document that is nested too deeply to be parsed here.
        cose: The bytes of a COSE signature, if the content looks like one and is small enough.
    """

    location: Location
    position: int
    path: str
    size: int
    digests: Mapping[str, str]
    document: Document | None = None
    compression: Compression = NOT_COMPRESSED
    inflated_size: int = 0
    inflated_digests: Mapping[str, str] | None = None
    tar: Tar | None = None
    entry_count: int | None = None
    limits: tuple[LimitReached, ...] = ()
    cuts: tuple[LimitReached, ...] = ()
    error: str | None = None
    unparsed: bytes = b""
    cose: bytes = b""

    @property
    def digest(self) -> str:
        """The content's sha256 digest."""
        return f"sha256:{self.digests['sha256']}"

    @property
    def diff_id(self) -> str | None:
        """Digest of the bytes after decompression (OCI image-spec 1.1, config.md, Layer DiffID)."""
        return (
            None if self.inflated_digests is None else f"sha256:{self.inflated_digests['sha256']}"
        )

    @property
    def whole(self) -> bool:
        """Whether the content was read to its end, so that digests and sizes mean something."""
        return self.error is None and not self.limits

    def hashes_to(self, digest: Digest) -> bool | None:
        """Whether the content has this digest; None if that was not computed."""
        encoded = self.digests.get(digest.algorithm)
        return None if encoded is None else encoded == digest.encoded
