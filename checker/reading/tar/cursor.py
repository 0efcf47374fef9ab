"""What comes next in the stream of a tar: bytes to skip, or bytes to collect."""

from __future__ import annotations

from collections.abc import Callable

from checker.reading.tar.header import BLOCK

Collector = Callable[[bytes], None]
"""Takes the bytes that it asked for."""


class Cursor:
    """What the walker does with the next bytes, and which content they belong to.

    Attributes:
        skip: Bytes to skip first.
        collector: Takes the bytes after those; None where a header comes next.
        collect_size: How many bytes it takes.
        content_name: The name in the last header whose content was begun.
        content_start: Byte offset of that content in the tar.
        content_end: Byte offset of its end, padding left out.
    """

    __slots__ = (
        "collect_size",
        "collector",
        "content_end",
        "content_name",
        "content_start",
        "skip",
    )

    def __init__(self) -> None:
        self.skip = 0
        self.collector: Collector | None = None
        self.collect_size = 0
        self.content_name = b""
        self.content_start = 0
        self.content_end = 0

    def begin_content(self, name: bytes, offset: int, size: int) -> None:
        """Skip the content of an entry.

        Args:
            name: The name in its header.
            offset: Byte offset of the header.
            size: Bytes that are stored, padding left out.
        """
        self.content_name = name
        self.content_start = offset + BLOCK
        self.content_end = offset + BLOCK + size
        self.skip = padded(size)

    def collect(self, size: int, collector: Collector, after: int = 0) -> None:
        """Hand the next ``size`` bytes over as soon as all are there, after ``after`` others."""
        self.skip = after
        self.collect_size = size
        self.collector = collector

    def pass_by(self, content: bytes, position: int) -> None:
        """Hand over all that is asked for of a content that is there, from a position in it on."""
        while self.collector is not None:
            position += self.skip
            collector, self.collector = self.collector, None
            end = position + self.collect_size
            collector(content[position:end])
            position = end


def padded(size: int) -> int:
    """The bytes of the whole blocks that some bytes fill."""
    return size + -size % BLOCK
