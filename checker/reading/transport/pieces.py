"""Pieces of a file that was split for a transport with a limit on the size of files."""

from __future__ import annotations

import math
import re
from collections import Counter

from checker.model.damage import Piece, PiecePosition
from checker.reading.tar.header import BLOCK
from checker.reading.transport.sample import TAIL_SIZE, Sample
from checker.reading.transport.soundness import Start

_WORD = r"(?:^|.*?[._-])(?:part|split|chunk|piece)[._-]?"
_ARCHIVE = r".*?\.(?:tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|zip|oci)\."
# Stems and numbers. Without a word or the extension of an archive before them, letters are most
# likely an extension themselves.
_NUMBERED = tuple(
    re.compile(rf"(?P<stem>{stem})(?P<number>{number})", re.IGNORECASE | re.DOTALL)
    for stem, number in (
        (_WORD, r"[0-9]{1,5}|[a-z]{2}|a[a-z]{2}"),
        (_ARCHIVE, r"[a-z]{2}|a[a-z]{2}"),
        (r".*\.z?", r"[0-9]{2,5}"),
        (r".*\.", r"a[a-z]"),
        (r"x", r"[a-z]{2}"),
    )
)
_FIRST_NUMBERS = frozenset({"a", "aa", "aaa", "0", "1", "00", "01", "000", "001", "0000", "0001"})
# What ends other names: extensions that are not numbers of pieces.
_EXTENSIONS = frozenset({"gz", "xz", "br", "lz", "sh", "bz", "ar", "age", "asc", "aes"})
_SMALLEST = 10_000
_MIB = 1 << 20
_KIB = 1 << 10
_BZIP2_BLOCK = 0x314159265359
_EXAMINED = 1 << 16
# Bits for each byte; compressed and encrypted data has close to 8.
_DENSE = 7.8
_ENOUGH = 4096
_XZ_END = b"YZ"


class _Name:
    """What a file name says of pieces.

    Attributes:
        stem: The name up to the number; None without a number.
        is_first: Whether it is the number of a first piece.
    """

    def __init__(self, name: str) -> None:
        matches = (pattern.fullmatch(name) for pattern in _NUMBERED)
        match = next((match for match in matches if match is not None), None)
        self.stem: str | None = None
        self.is_first = False
        if match is None or match["number"].lower() in _EXTENSIONS:
            return
        self.stem = match["stem"]
        self.is_first = match["number"].lower() in _FIRST_NUMBERS


def find_piece(sample: Sample, start: Start | None) -> Piece | None:
    """Find whether the file is a piece of another.

    Args:
        sample: What is examined.
        start: The first place in it where an archive seems to begin.
    """
    name = _Name(sample.name)
    if sample.has_first_header:
        return _first(sample, name)
    evidence = _evidence(sample, name, start)
    if evidence is None:
        return None
    position = PiecePosition.LAST if _is_end(sample) else PiecePosition.MIDDLE
    return Piece(position, evidence, name.stem)


def _first(sample: Sample, name: _Name) -> Piece | None:
    if not sample.is_cut:
        return None
    if name.is_first:
        return Piece(PiecePosition.FIRST, "its name has the number of a first piece", name.stem)
    round_size = _round_size(sample.file_size)
    if round_size is None:
        return None
    return Piece(PiecePosition.FIRST, f"its size is exactly {round_size}", name.stem)


def _evidence(sample: Sample, name: _Name, start: Start | None) -> str | None:
    if start is not None and start.offset:
        return f"it begins within an archive: {start.what} follows at byte {start.offset}"
    if _has_bzip2_block(sample.head):
        return "it begins within bzip2 data: a block follows, the header of the stream is missing"
    is_dense = _is_dense(sample.head)
    content = "compressed or encrypted data" if is_dense else "data"
    if name.stem is not None:
        return f"its name has the number of a piece, and it begins with {content} without a header"
    if not is_dense:
        return None
    round_size = _round_size(sample.file_size)
    if round_size is not None:
        return f"its size is exactly {round_size}, and it begins with {content} without a header"
    if _is_end(sample):
        return f"it begins with {content} without a header, and ends as an archive does"
    return None


def _round_size(size: int) -> str | None:
    """A size that people choose for pieces, in words: two digits and zeros, or whole MiB."""
    if size < _SMALLEST:
        return None
    if size % _MIB == 0:
        return f"{size // _MIB} MiB"
    if len(str(size).rstrip("0")) <= 2:
        return f"{size} bytes"
    kib, rest = divmod(size, _KIB)
    return f"{kib} KiB" if not rest and len(str(kib).rstrip("0")) <= 1 and kib >= 100 else None


def _is_end(sample: Sample) -> bool:
    """Whether the last bytes are those of a tar, or of an xz or gzip stream that contains one."""
    if len(sample.tail) == TAIL_SIZE and not sample.tail.strip(b"\0"):
        return True
    # A gzip member ends with the size of its content (RFC 1952, section 2.3.1), here of a tar.
    content_size = int.from_bytes(sample.tail[-4:], "little")
    is_stream = sample.tail.endswith(_XZ_END) or content_size % BLOCK == 0
    return is_stream and _is_dense(sample.head)


def _is_dense(data: bytes) -> bool:
    """Whether bytes are as evenly distributed as those of compressed data."""
    data = data[:_EXAMINED]
    if len(data) < _ENOUGH:
        return False
    total = len(data)
    entropy = -sum(n / total * math.log2(n / total) for n in Counter(data).values())
    return entropy > _DENSE


def _has_bzip2_block(data: bytes) -> bool:
    """Whether the signature of a block is at any bit."""
    return any(_block_at(shift) in data for shift in range(8))


def _block_at(shift: int) -> bytes:
    """The bytes of the signature that are whole if it begins so many bits into a byte."""
    spread = _BZIP2_BLOCK << (8 - shift) & ((1 << 48) - 1) if shift else _BZIP2_BLOCK
    return spread.to_bytes(6, "big")[: 5 if shift else 6]
