"""The bytes of a tar from which programs read other entries than Go, and so than the engines."""

from __future__ import annotations

from bisect import bisect_right

from checker.records import NamedTuple


class NotKeptError(LookupError):
    """Bytes that are wanted were not kept."""


class RawTar(NamedTuple):
    """Headers of an (uncompressed) tar as they are, with the first bytes of what follows them.

    Attributes:
        size: Bytes of the tar.
        offsets: Byte offsets of the pieces that were kept, in order.
        pieces: These pieces.
    """

    size: int
    offsets: tuple[int, ...]
    pieces: tuple[bytes, ...]

    def read(self, offset: int, length: int) -> bytes:
        """The bytes at an offset; fewer at the end of the tar.

        Raises:
            NotKeptError: They were not kept.
        """
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        number = bisect_right(self.offsets, offset) - 1
        if number < 0:
            raise NotKeptError(offset)
        start = offset - self.offsets[number]
        found = self.pieces[number][start : start + length]
        if len(found) < length:
            raise NotKeptError(offset)
        return found
