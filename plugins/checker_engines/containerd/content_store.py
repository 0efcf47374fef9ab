"""The content that an import puts into containerd's store, found again by its own hash."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from checker.model.blob import Blob
from checker.model.compression import CompressionKind

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
        blob: What reading it showed; None if the import itself made it.
        made: The bytes, if the import itself made it.
    """

    digest: str
    size: int
    blob: Blob | None = None
    made: bytes = b""

    @property
    def raw(self) -> bytes:
        """The bytes, as far as they matter to a JSON decoder.

        Of what does not look like JSON, the first bytes: a decoder stops at the first one.
        """
        blob = self.blob
        if blob is None:
            return self.made
        if blob.document is not None:
            return blob.document.raw
        if blob.compression.kind in _MAGIC:
            return _MAGIC[blob.compression.kind]
        if blob.tar is None or blob.tar.head or not blob.tar.entries:
            return b"" if blob.tar is None else blob.tar.head
        return blob.tar.entries.name(0).encode("utf-8", "surrogateescape") or b"\0"


class ContentStore:
    """Content by digest. What a path in the archive says of the digest does not matter."""

    def __init__(self) -> None:
        self._by_digest: dict[str, Content] = {}

    def get(self, digest: str) -> Content | None:
        """The content that hashes to this digest."""
        return self._by_digest.get(digest)

    def ingest(self, blob: Blob) -> Content:
        """Take the content of a member."""
        return self._add(Content(blob.digest, blob.size, blob))

    def make(self, data: bytes) -> Content:
        """Take bytes that the import itself made."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        return self._add(Content(digest, len(data), made=data))

    def _add(self, content: Content) -> Content:
        self._by_digest[content.digest] = content
        return content
