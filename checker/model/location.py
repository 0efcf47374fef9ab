"""Where in an archive something is: the place that a finding points at."""

from __future__ import annotations

from checker.records import NamedTuple
from checker.typing_names import Protocol


class Location(NamedTuple):
    """A place in an archive, as exact as the facts allow.

    Attributes:
        archive: The path of the archive, as the user gave it.
        member: Name of the archive member, as written in the tar header or the directory.
        offset: Byte offset: of the member's header in the archive, or, with a layer, of the entry's
            header in the uncompressed layer; for a document, of the byte in the document.
        digest: Digest of the blob, ``algorithm:encoded``.
        image: How the image is called: its first name, else its digest.
        layer: Position of the layer in its image, counted from 0 (the base layer).
        path: Path inside the root filesystem or layer, without a leading slash.
        pointer: JSON pointer (RFC 6901) into the document.
    """

    archive: str
    member: str | None = None
    offset: int | None = None
    digest: str | None = None
    image: str | None = None
    layer: int | None = None
    path: str | None = None
    pointer: str | None = None


class Located(Protocol):
    """Anything that knows where it is; every subject of a check does."""

    @property
    def location(self) -> Location:
        """Where the subject is."""
        ...
