"""Maps of sparse files, as libarchive reads them (3.6.2, gnu_sparse_01_parse and its like)."""

from __future__ import annotations

from checker.model.raw_tar import RawTar
from checker_engines.unpackers.libarchive_numbers import INT64_MAX, decimal

_BLOCK = 512
_LINE = 100
_SEEK_FAILED = "Seek failed: Invalid argument"
_LARGEST_FILE = 1 << 44
"""Of ext4, beyond which a file cannot be sought."""


class WrongMap(Exception):  # noqa: N818 - what the library reports
    """Nothing can be read any more: the message; empty where the library has none."""


class SparseMap:
    """Where the content of a file is."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def stored(self, size: int) -> int:
        """Bytes of the content that are read, of so many that are stored."""
        return min(size, sum(length for _, length in self._spans)) if self._spans else size

    def can_skip(self, used: int) -> bool:
        """Whether the rest can be skipped, after so many bytes are read: its sum is a number."""
        total = 0
        for _, length in self._spans:
            taken = min(used, length)
            used -= taken
            total += length - taken
            if length - taken and total >= INT64_MAX:
                return False
        return True

    def write_error(self, stored: int, size: int) -> str | None:
        """What is said of the first part that cannot be written (write_data_block).

        Args:
            stored: Bytes of the content that are stored.
            size: Bytes of the file.
        """
        place = 0
        for offset, length in self._spans or [(0, stored)]:
            taken = min(length, stored)
            stored -= taken
            if taken and offset > _LARGEST_FILE and offset != place:
                return _SEEK_FAILED
            if taken and offset > size:
                return "Write failed: Bad address"
            if taken and offset + taken > size:
                return f"Too much data: Truncating file at {size} bytes: Success"
            place = offset + taken if taken else place
        return _SEEK_FAILED if size > _LARGEST_FILE else None

    def add(self, offset: int, length: int) -> None:
        """Add a span.

        Raises:
            WrongMap: There is no such span.
        """
        if length < 0 or offset < 0 or offset > INT64_MAX - length:
            # It counts as an empty one if the file is unpacked nevertheless.
            self._spans.append((0, 0))
            raise WrongMap("Malformed sparse map data")
        self._spans.append((offset, length))

    def add_list(self, text: bytes) -> bool:
        """Add the spans of a list of numbers; whether it is one.

        Raises:
            WrongMap: There is no such span.
        """
        offset = -1
        for part in text.split(b","):
            if not all(48 <= digit <= 57 for digit in part):
                return False
            number = decimal(part)
            if offset < 0:
                offset = number
            else:
                self.add(offset, number)
                offset = -1
        return True

    def add_holes(self, text: bytes) -> bool:
        """Add where data and holes end in turn, in the form of Solaris; whether it is so.

        Both are stored.

        Raises:
            WrongMap: There is no such span.
        """
        if not text.startswith(b" "):
            return False
        end = 0
        for part in text[1:].split(b" "):
            if not all(48 <= digit <= 57 for digit in part):
                return False
            start, end = end, decimal(part)
            if start < end:
                self.add(start, end - start)
        return True

    def read(self, raw: RawTar, start: int, stored: int) -> int:
        """Read a map that is before the content; the bytes that it takes.

        Raises:
            WrongMap: It is not one.
            NotKeptError: The bytes that decide were not kept.
        """
        lines = _Lines(raw, start, stored)
        count = (lines.number() + 2**31) % 2**32 - 2**31
        if count < 0:
            raise WrongMap("")
        for _ in range(count):
            offset = lines.number()
            self.add(offset, lines.number())
        used = lines.at - start
        padding = -used % _BLOCK
        if padding > stored - used:
            raise WrongMap("")
        if lines.at + padding > raw.size:
            raise WrongMap(cut_text(padding, raw.size - lines.at))
        return used + padding


def cut_text(needed: int, there: int) -> str:
    """What is said where fewer bytes can be skipped than have to be."""
    return f"Truncated input file (needed {needed} bytes, only {there} available)"


class _Lines:
    """Lines of a file, with a number each."""

    def __init__(self, raw: RawTar, start: int, stored: int) -> None:
        self._raw = raw
        self.at = start
        self._end = start + stored

    def number(self) -> int:
        """The number of the next line that is not a comment."""
        line = self._line()
        while line.startswith(b"#"):
            line = self._line()
        digits = line[:-1]
        if not all(48 <= digit <= 57 for digit in digits):
            raise WrongMap("")
        return min(decimal(digits), INT64_MAX)

    def _line(self) -> bytes:
        most = min(self._end - self.at, _LINE)
        # The library looks for the end of the line in all that it has read.
        found = self._raw.read(self.at, most + 1)
        if not found:
            raise WrongMap("")
        line, newline, _ = found.partition(b"\n")
        if not newline and len(found) <= most:
            raise WrongMap("")
        if not newline or len(line) + 1 > most:
            raise WrongMap("Line too long")
        self.at += len(line) + 1
        return line + newline
