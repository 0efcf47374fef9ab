"""The uncompressed bytes of blobs, each of which can be read in any order."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack

from checker.model.blob import Blob
from checker.model.entries import Span
from checker.reading.opened import OpenArchive, TarBytes


class InflatedBlobs:
    """The blobs of an open archive, uncompressed.

    A compressed blob is decompressed to a temporary file without a name when it is first asked
    for.

    Args:
        opened: The archive.
    """

    def __init__(self, opened: OpenArchive) -> None:
        self._opened = opened
        self._bytes: dict[int, TarBytes] = {}
        self._stack = ExitStack()

    def of(self, blob: Blob) -> TarBytes:
        """The bytes of a blob.

        Raises:
            UnreadableError: A limit is reached, or the data is corrupt.
            OSError: There is not enough space for the copy.
        """
        if blob.position not in self._bytes:
            place = self._opened.span(blob) if blob.inflated_size == blob.size else None
            self._bytes[blob.position] = self._copy(blob) if place is None else TarBytes(*place)
        return self._bytes[blob.position]

    def _copy(self, blob: Blob) -> TarBytes:
        file = tempfile.TemporaryFile(prefix="checker-")  # noqa: SIM115 - closed by close()
        self._stack.callback(file.close)
        for chunk in self._opened.inflated(blob):
            file.write(chunk)
        file.flush()
        return TarBytes(file.fileno(), Span(0, file.tell()))

    def close(self) -> None:
        """Remove the copies."""
        self._stack.close()
