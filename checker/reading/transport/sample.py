"""The part of a file that is examined, and what the reader found in it."""

from __future__ import annotations

from checker.model.compression import Compression, CompressionKind
from checker.model.tar import AnomalyKind, Tar
from checker.reading.tar.header import BLOCK, parse_octal
from checker.records import NamedTuple

SAMPLE_SIZE = 1 << 20
TAIL_SIZE = 1024
WINDOW_BEFORE = WINDOW_AFTER = 1 << 20

_CUT = frozenset(
    {
        AnomalyKind.TRUNCATED_HEADER,
        AnomalyKind.TRUNCATED_CONTENT,
        AnomalyKind.TRUNCATED_PADDING,
    },
)

# Mode and checksum are never zero.
_NUMBERS = (slice(100, 108), slice(148, 156))


class Sample(NamedTuple):
    """The bytes that are examined.

    Attributes:
        head: The first bytes, at most 1 MiB: of the file, or of what a sound compressed stream
            contains.
        tail: The last bytes, at most 1024; empty if they are not known.
        size: Bytes of all of it.
        file_size: Bytes of the file.
        name: File name; empty if the archive does not have one.
        compression: How the file is compressed.
        tar: The walked tar.
        window: Bytes around the fault of the tar, if it is not in ``head``.
        window_offset: Their byte offset.
    """

    head: bytes
    tail: bytes
    size: int
    file_size: int
    name: str
    compression: Compression
    tar: Tar
    window: bytes = b""
    window_offset: int = 0

    @property
    def within(self) -> CompressionKind:
        """The compression that contains the bytes; none if they are those of the file."""
        return self.compression.kind if self.compression.error is None else CompressionKind.NONE

    @property
    def is_cut(self) -> bool:
        """Whether the only fault is that the file ends too early."""
        fatal = self.tar.fatal
        if self.compression.error is not None:
            return self.compression.truncated
        return fatal is not None and fatal.kind in _CUT

    @property
    def has_first_header(self) -> bool:
        """Whether the bytes begin as an archive does."""
        if self.compression.error is not None or len(self.tar.entries):
            return True
        fatal = self.tar.fatal
        if fatal is None or fatal.kind is AnomalyKind.LONE_ZERO_BLOCK:
            return False
        return fatal.offset > 0 or _is_damaged_header(self.head[:BLOCK])

    @property
    def is_readable(self) -> bool:
        """Whether readers come to an end of the archive without an error."""
        return self.tar.fatal is None and self.compression.error is None


def _is_damaged_header(block: bytes) -> bool:
    """Whether the numbers of a header are in their places, though its sum or magic is wrong.

    Text can have the magic in that place by chance, but not the zeros around the numbers.
    """
    return b"\0" in block and (
        block[257:262] == b"ustar" or all(parse_octal(block[field]) for field in _NUMBERS)
    )
