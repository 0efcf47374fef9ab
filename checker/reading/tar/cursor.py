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
        cut: Takes those of them that are there, if the tar ends before the last; None if nothing
            can be told by them.
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
        "cut",
        "skip",
    )

    def __init__(self) -> None:
        self.skip = 0
        self.collector: Collector | None = None
        self.collect_size = 0
        self.cut: Collector | None = None
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

    def collect(
        self, size: int, collector: Collector, after: int = 0, cut: Collector | None = None
    ) -> None:
        """Hand the next bytes over as soon as all of them are there.

        Args:
            size: How many.
            collector: Takes them.
            after: How many others come before them.
            cut: Takes those that are there, if the tar ends before the last of them.
        """
        self.skip = after
        self.collect_size = size
        self.collector = collector
        self.cut = cut

    def end(self, content: bytes) -> None:
        """The tar has ended.

        Args:
            content: Its last bytes, of which it is not known what they are.
        """
        if self.collector is not None and self.cut is not None:
            self.cut(content)

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
