"""SHA-256 of the content of every file in a tar, for comparisons."""

from __future__ import annotations

import hashlib


class ContentDigests:
    """Hashes the content of files as the walker passes it; that of sparse files is left out.

    Attributes:
        found: The digest of the content, by position of the entry; of complete content only.
        left: Bytes of the current file that are still to come; 0 between files.
    """

    def __init__(self) -> None:
        self.found: dict[int, bytes] = {}
        self.left = 0
        self._position = 0
        self._sha256 = hashlib.sha256()

    def begin(self, position: int, size: int) -> None:
        """The content of the entry at a position comes next, so many bytes of it."""
        self.left = size
        self._position = position
        self._sha256 = hashlib.sha256()

    def take(self, data: bytes, start: int, count: int) -> None:
        """Take ``count`` bytes of the tar; the padding after the content is left out."""
        count = min(count, self.left)
        self._sha256.update(memoryview(data)[start : start + count])
        self.left -= count
        if not self.left:
            self.found[self._position] = self._sha256.digest()
