"""What is known of layers that were read before, by the digest of their bytes."""

from __future__ import annotations

from checker.model.blob import Blob
from checker.model.compression import Compression
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.model.tar import Tar
from checker.records import NamedTuple
from checker.typing_names import Protocol


class Question(NamedTuple):
    """What the facts of a layer depend on, its bytes aside.

    Attributes:
        plan: Which files' first bytes are kept.
        limits: The limits.
        is_sought: Whether any part of the tar can be read at once. Of a stream, less is known of
            ELF files.
    """

    plan: ContentPlan
    limits: Limits
    is_sought: bool


class LayerFacts(NamedTuple):
    """What one reading of a layer showed, whatever it is called and wherever it is.

    Attributes:
        compression: How it is compressed.
        inflated_size: Bytes after decompression.
        diff_id: Digest of the bytes after decompression.
        tar: The content as a tar.
        records: Records of extension headers that it took of those for all layers.
    """

    compression: Compression
    inflated_size: int
    diff_id: str
    tar: Tar
    records: int


class LayerCache(Protocol):
    """Keeps the facts of layers. No method raises because of what happens to the store."""

    def is_worth(self, size: int, *, is_compressed: bool) -> bool:
        """Whether a layer of so many bytes is looked up and kept."""
        ...

    def may_have(self, question: Question, size: int, head: bytes) -> bool:
        """Whether a layer of this size that begins with these bytes may be known."""
        ...

    def find(self, question: Question, digest: str) -> LayerFacts | None:
        """What is known of a layer.

        Args:
            question: What the facts depend on.
            digest: SHA-256 of its bytes, in hex, which was computed from these bytes in this run.
        """
        ...

    def store(
        self, question: Question, digest: str, head: bytes, size: int, facts: LayerFacts
    ) -> None:
        """Keep what a reading showed.

        Args:
            question: What the facts depend on.
            digest: SHA-256 of the bytes, in hex.
            head: The first bytes.
            size: How many bytes the archive says it has.
            facts: The facts.
        """
        ...


def facts_of(blob: Blob, records: int) -> LayerFacts | None:
    """The facts of a layer that was read; None if it was not read whole, or not without trouble.

    Args:
        blob: What was read.
        records: Records of extension headers that it took of those for all layers.
    """
    tar = blob.tar
    # Bytes of a signature are no facts of a layer.
    if tar is None or not blob.whole or blob.cuts or blob.cose:
        return None
    if tar.limits or tar.crashes or blob.compression.error is not None:
        return None
    diff_id = blob.diff_id
    if diff_id is None:
        return None
    return LayerFacts(blob.compression, blob.inflated_size, diff_id, tar, records)
