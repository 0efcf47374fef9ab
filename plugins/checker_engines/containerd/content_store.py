"""The content that an import writes to containerd's content store, addressed by its digest."""

from __future__ import annotations

import hashlib

from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.limits import LimitReached
from checker.model.untrusted import utf8
from checker.records import NamedTuple
from checker_engines.answers.undecided import Undecided, partly_hashed

_MAGIC = {
    CompressionKind.GZIP: b"\x1f\x8b",
    CompressionKind.BZIP2: b"BZh",
    CompressionKind.XZ: b"\xfd7zXZ\0",
    CompressionKind.ZSTD: b"\x28\xb5\x2f\xfd",
}


class Content(NamedTuple):
    """One piece of content.

    Attributes:
        digest: Its sha256 digest.
        size: Bytes.
        blob: Its facts; None if the import itself created it.
        made: The bytes, if the import itself created it.
    """

    digest: str
    size: int
    blob: Blob | None = None
    made: bytes = b""

    @property
    def raw(self) -> bytes:
        """The bytes, as far as they matter to a JSON decoder.

        Only the first bytes of what does not look like JSON: a decoder stops at the first one.

        Raises:
            Undecided: They were not read.
        """
        blob = self.blob
        if blob is None:
            return self.made
        if blob.document is not None:
            return blob.document.raw
        if blob.unparsed:
            return blob.unparsed
        if blob.limits:
            raise Undecided(blob.limits[0])
        if blob.compression.kind in _MAGIC:
            return _MAGIC[blob.compression.kind]
        if blob.tar is None or blob.tar.head or not blob.tar.entries:
            return b"" if blob.tar is None else blob.tar.head
        return utf8(blob.tar.entries.name(0)) or b"\0"


class ContentStore:
    """Content by its actual digest; a digest in a member's path is ignored."""

    def __init__(self) -> None:
        self._by_digest: dict[str, Content] = {}
        self._unread: LimitReached | None = None

    def get(self, digest: str) -> Content | None:
        """The content with this digest.

        Raises:
            Undecided: It may be that of a member that was not read.
        """
        content = self._by_digest.get(digest)
        if content is None and self._unread is not None:
            raise Undecided(self._unread)
        return content

    def note_unread(self, reached: LimitReached) -> None:
        """Note that a member was not read to its end, so that its digest is not known."""
        self._unread = self._unread or reached

    def ingest(self, blob: Blob) -> Content:
        """Add the content of a member."""
        reached = partly_hashed(blob)
        if reached is not None:
            self.note_unread(reached)
        return self._add(Content(blob.digest, blob.size, blob))

    def make(self, data: bytes) -> Content:
        """Add bytes that the import itself created."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        return self._add(Content(digest, len(data), made=data))

    def _add(self, content: Content) -> Content:
        self._by_digest[content.digest] = content
        return content
