"""An object that a sweep has found: an archive in a store, or a file."""

from __future__ import annotations

import hashlib

from checker.records import NamedTuple
from checker.reports.printable import without_surrogates


class Found(NamedTuple):
    """An object.

    Attributes:
        url: Its URL; the path of a local file.
        source: The SOURCE that it was found by.
        size: Its bytes.
        etag: Its ETag; None if the store has none.
        modified: When it was modified, as the store says; None if it does not say.
    """

    url: str
    source: str
    size: int
    etag: str | None
    modified: str | None

    @property
    def name(self) -> str:
        """The URL as results have it: bytes that are not UTF-8 are spelled out."""
        return without_surrogates(self.url)

    @property
    def key(self) -> bytes:
        """What the object is recognized by in the next sweep."""
        return key_of(self.name)

    @property
    def identity(self) -> bytes:
        """What changes when the object does: its ETag, else its size and time."""
        if self.etag is not None:
            return _digest(f"etag {self.size} {self.etag}")
        return _digest(f"time {self.size} {self.modified}")


def key_of(name: str) -> bytes:
    """What an object is recognized by, from its name in results."""
    return _digest(name)


def _digest(text: str) -> bytes:
    """Short enough to keep millions of them."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
