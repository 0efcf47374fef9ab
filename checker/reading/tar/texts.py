"""Text files that are searched for secrets while a tar is walked, within limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from checker.model.limits import LimitReached, Limits
from checker.model.text_files import LARGEST, SMALLEST, is_searched
from checker.model.text_secrets import clues_in, secrets_in, token_runs

# What looks like a token is compared with all forms, which takes many times as long as to find it.
# So much is compared of any tar, as a part of the limit, and so much of its text files.
_SHARE_OF_LIMIT = 256
_SHARE_OF_TEXT = 64
# Files that are looked at together first.
_AT_ONCE = 64
_BYTES_AT_ONCE = 1 << 17
_LEFT_OUT = "further text files were not searched for secrets"


def is_text_file(path: str, size: int) -> bool:
    """Whether a file may be searched, by its cleaned path and its size in bytes."""
    return SMALLEST <= size <= LARGEST and is_searched(path)


class TextSearch:
    """Searches the text files of a tar, in their order.

    Args:
        limits: Bounds on the number of files and their bytes.

    Attributes:
        reached: The limit that ended the search.
    """

    def __init__(self, limits: Limits) -> None:
        self.reached: LimitReached | None = None
        self._limits = limits
        self._files_left = limits.text_files
        self._bytes_left = limits.text_bytes
        self._compared = 0

    def takes(self, size: int, offset: int) -> bool:
        """Whether a file is within the limits; it counts from now on.

        Args:
            size: Its size in bytes.
            offset: Byte offset of its header.
        """
        if self.reached is not None:
            return False
        if not self._files_left:
            self._end("text_files", self._limits.text_files, offset)
        elif self._bytes_left < size:
            self._end("text_bytes", self._limits.text_bytes, offset)
        else:
            self._files_left -= 1
            self._bytes_left -= size
            return True
        return False

    def has_secrets(self, content: bytes, offset: int) -> bool:
        """Whether there are secrets in a file that is within the limits.

        Args:
            content: The whole file.
            offset: Byte offset of its header.
        """
        runs = token_runs(content)
        most = self._most_compared()
        if len(runs) > most:
            runs = runs[: max(0, runs.rfind(b" ", 0, most + 1))]
            self._end("text_bytes", self._limits.text_bytes, offset)
        self._compared += len(runs)
        return bool(secrets_in(content, runs))

    def _most_compared(self) -> int:
        """How many more bytes of what looks like tokens may be compared."""
        most = self._limits.text_bytes
        return (
            most // _SHARE_OF_LIMIT + (most - self._bytes_left) // _SHARE_OF_TEXT - self._compared
        )

    def search(
        self, numbers: Sequence[int], offsets: Sequence[int], content_of: Callable[[int], bytes]
    ) -> Iterator[tuple[int, bytes]]:
        """Search files that may be searched.

        Args:
            numbers: The numbers of their rows.
            offsets: The byte offsets of the headers of all rows.
            content_of: Gives what is in the file of a row.

        Yields:
            The number and the content of each with secrets.
        """
        for some, contents in _together(numbers, content_of):
            clues = clues_in(contents)
            if not clues and self._takes_all(contents):
                continue
            for number, content in zip(some, contents, strict=True):
                is_within = self.takes(len(content), offsets[number])
                is_worth_it = is_within and any(clue in content for clue in clues)
                if is_worth_it and self.has_secrets(content, offsets[number]):
                    yield number, content
            if self.reached is not None:
                return

    def _takes_all(self, contents: Sequence[bytes]) -> bool:
        """Count some files, if all of them are within the limits; whether they are."""
        size = sum(map(len, contents))
        if self.reached or self._files_left < len(contents) or self._bytes_left < size:
            return False
        self._files_left -= len(contents)
        self._bytes_left -= size
        return True

    def _end(self, limit: str, value: int, offset: int) -> None:
        place = offset if offset >= 0 else None
        self.reached = LimitReached(limit, value, _LEFT_OUT, offset=place)


def _together(
    numbers: Sequence[int], content_of: Callable[[int], bytes]
) -> Iterator[tuple[list[int], list[bytes]]]:
    """Some files at a time, with what is in them.

    They are few if they are large: what looks like tokens in all of them is compared before it is
    known that this exceeds a limit.
    """
    some: list[int] = []
    contents: list[bytes] = []
    size = 0
    for number in numbers:
        some.append(number)
        contents.append(content_of(number))
        size += len(contents[-1])
        if len(some) == _AT_ONCE or size >= _BYTES_AT_ONCE:
            yield some, contents
            some, contents, size = [], [], 0
    if some:
        yield some, contents
