"""Maps of sparse files, as GNU tar reads them (1.34, sparse.c)."""

from __future__ import annotations

from checker.model.raw_tar import RawTar
from checker.model.untrusted import whole_number
from checker.records import NamedTuple
from checker.typing_names import Protocol
from checker_engines.unpackers.gnu_numbers import INT64_MAX, UINT64_MAX, Numbers

EOF = "Unexpected EOF in archive"
_NO_MEMORY = "memory exhausted"
_BLOCK = 512
_ROW = 24
_LONGEST_NUMBER = 20
_MOST_SPANS = 2**31


class WrongMap(Exception):  # noqa: N818 - what the program reports
    """A map that is refused: the message.

    Attributes:
        used: Bytes of the tar that were passed.
        is_fatal: Whether the program ends at once.
    """

    def __init__(self, message: str, used: int, *, is_fatal: bool = False) -> None:
        super().__init__(message)
        self.used = used
        self.is_fatal = is_fatal


class Map(NamedTuple):
    """A map.

    Attributes:
        lengths: Bytes of each part.
        used: Bytes of the tar that it takes, after the header.
        counts: Whether these belong to the content.
    """

    lengths: tuple[int, ...]
    used: int
    counts: bool = False


class Sizes(Protocol):
    """The header of a sparse file, its size, and its name."""

    @property
    def block(self) -> bytes:
        """Its header."""

    @property
    def size(self) -> int:
        """Bytes of the file."""

    @property
    def name(self) -> str:
        """Its name."""


def pax_map(raw: RawTar, start: int, end: int, name: str) -> Map:
    """Read a map of version 1.0, which is before the content.

    Args:
        raw: The tar.
        start: Where it begins.
        end: Where the last whole block of the tar ends.
        name: The name of the entry.

    Raises:
        WrongMap: It is refused.
        NotKeptError: The bytes that decide were not kept.
    """
    lines = _Lines(raw, start, end, name)
    count = lines.number(UINT64_MAX)
    if count > _MOST_SPANS:
        raise WrongMap(_NO_MEMORY, 0, is_fatal=True)
    lengths = []
    for _ in range(count):
        lines.number(INT64_MAX)
        lengths.append(lines.number(INT64_MAX))
    return Map(tuple(lengths), lines.block + _BLOCK - start, counts=True)


class _Lines:
    """Lines of a number each.

    Attributes:
        block: Where the block is that was read last.
    """

    def __init__(self, raw: RawTar, start: int, end: int, name: str) -> None:
        self._raw = raw
        self._start = start
        self._end = end
        self._name = name
        self.block = start
        self._at = start
        self._check_end()

    def number(self, most: int) -> int:
        text = self._line()
        digits = text.partition(b"\0")[0]
        number = whole_number(digits)
        if number is None or number > most:
            raise WrongMap(f"{self._name}: malformed sparse archive member", self._used)
        return number

    @property
    def _used(self) -> int:
        return self.block - self._start

    def _line(self) -> bytes:
        text = b""
        while True:
            if len(text) == _LONGEST_NUMBER:
                words = "numeric overflow in sparse archive member"
                raise WrongMap(f"{self._name}: {words}", self._used)
            if self._at == self.block + _BLOCK:
                self.block += _BLOCK
                self._check_end()
            character = self._raw.read(self._at, 1)
            self._at += 1
            if character == b"\n":
                return text
            text += character

    def _check_end(self) -> None:
        if self.block >= self._end:
            raise WrongMap(EOF, self._used, is_fatal=True)


def table_map(raw: RawTar, start: int, sizes: Sizes, numbers: Numbers, *, is_star: bool) -> Map:
    """Read a map that is in the header and in blocks after it.

    Args:
        raw: The tar.
        start: Where the block after the header is.
        sizes: The header of the file, and its size.
        numbers: Reads its numbers.
        is_star: Whether it has the form of star.

    Raises:
        WrongMap: It is refused.
        NotKeptError: The bytes that decide were not kept.
    """
    lengths: list[int] = []
    block = sizes.block
    rows, extended = _star_rows(block) if is_star else (block[386:482], block[482])
    status = _add(rows, sizes, numbers, lengths)
    used = 0
    while status == _Status.GOES_ON and extended:
        rows = raw.read(start + used, _BLOCK)
        if len(rows) < _BLOCK:
            raise WrongMap(EOF, used)
        used += _BLOCK
        status = _add(rows[:504], sizes, numbers, lengths)
        extended = rows[504]
    if status == _Status.WRONG:
        raise WrongMap(f"{sizes.name}: invalid sparse archive member", used)
    return Map(tuple(lengths), used, counts=is_star)


def _star_rows(block: bytes) -> tuple[bytes, int]:
    """The rows in a header of star, and whether more follow it."""
    if block[345] == 0 and block[366]:
        return block[356:452], block[355]
    return b"", 1


class _Status:
    GOES_ON, ENDS, WRONG = range(3)


def _add(rows: bytes, sizes: Sizes, numbers: Numbers, lengths: list[int]) -> int:
    for at in range(0, len(rows), _ROW):
        if not rows[at + 12]:
            return _Status.ENDS
        offset = numbers.read(rows[at : at + 12], "off_t")
        length = numbers.read(rows[at + 12 : at + 24], "off_t")
        if offset is None or length is None or offset + length > sizes.size:
            return _Status.WRONG
        lengths.append(length)
    return _Status.GOES_ON
