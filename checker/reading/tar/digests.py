"""SHA-256 of the content of every file in a tar, for comparisons."""

from __future__ import annotations

import hashlib
from collections import deque

from checker.records import NamedTuple


class PendingContent(NamedTuple):
    """The content of a file that is still to be hashed, or the rest of it.

    Attributes:
        position: Position of the entry.
        offset: Byte offset in the tar.
        size: Bytes.
    """

    position: int
    offset: int
    size: int


class ContentDigests:
    """Hashes the content of files as the walker passes it; that of sparse files is left out.

    Attributes:
        found: The digest of the content, by position of the entry; of complete content only.
        pending: Content to hash, in the order of the tar; the walker appends to it.
    """

    def __init__(self) -> None:
        self.found: dict[int, bytes] = {}
        self.pending: deque[PendingContent] = deque()
        self._sha256 = hashlib.sha256()

    def take(self, data: memoryview, offset: int) -> None:
        """Take the next bytes of the tar, which are at an offset in it."""
        end = offset + len(data)
        while self.pending and self.pending[0].offset < end:
            content = self.pending.popleft()
            start = content.offset - offset
            count = min(content.size, end - content.offset)
            self._sha256.update(data[start : start + count])
            if count < content.size:
                rest = content._replace(offset=end, size=content.size - count)
                self.pending.appendleft(rest)
                return
            self.found[content.position] = self._sha256.digest()
            self._sha256 = hashlib.sha256()
