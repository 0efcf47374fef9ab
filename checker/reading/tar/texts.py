"""Text files that are searched for secrets while a tar is walked, within limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.model.limits import LimitReached, Limits
from checker.model.text_files import LARGEST, SMALLEST, is_searched
from checker.model.text_secrets import clues_in, secrets_in, token_runs

# What looks like a token is compared with all forms, which takes so many times as long.
_WEIGHT = 16
# Files that are looked at together first.
_AT_ONCE = 64
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

    def has_secrets(self, content: bytes) -> bool:
        """Whether there are secrets in a file that is within the limits."""
        runs = token_runs(content)
        self._bytes_left -= _WEIGHT * len(runs)
        return bool(secrets_in(content, runs))

    def search(
        self, contents: Sequence[bytes], positions: Sequence[int], offsets: Sequence[int]
    ) -> Iterator[int]:
        """Search files that may be searched.

        Args:
            contents: What is in them.
            positions: The positions of their entries.
            offsets: The byte offsets of the headers of all entries.

        Yields:
            The numbers of those with secrets, counted from 0.
        """
        for start in range(0, len(contents), _AT_ONCE):
            some = contents[start : start + _AT_ONCE]
            clues = clues_in(some)
            if not clues and self._takes_all(some):
                continue
            for number, content in enumerate(some, start):
                is_within = self.takes(len(content), offsets[positions[number]])
                is_worth_it = is_within and any(clue in content for clue in clues)
                if is_worth_it and self.has_secrets(content):
                    yield number

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
