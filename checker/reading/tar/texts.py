"""Text files that are searched for secrets while a tar is walked, within limits."""

from __future__ import annotations

from checker.model.limits import LimitReached, Limits
from checker.model.text_files import LARGEST, SMALLEST, is_searched
from checker.model.text_secrets import secrets_in, token_runs

# What looks like a token is compared with all forms, which takes so many times as long.
_WEIGHT = 16
_LEFT_OUT = "further text files were not searched for secrets"


class TextSearch:
    """Decides which text files of a tar are searched, and searches them.

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

    def takes(self, path: str, size: int, offset: int) -> bool:
        """Whether a file is searched; it counts from now on.

        Args:
            path: Its cleaned path.
            size: Its size in bytes.
            offset: Byte offset of its header, for the limit.
        """
        if self.reached is not None or not SMALLEST <= size <= LARGEST or not is_searched(path):
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

    def finds(self, content: bytes) -> bool:
        """Whether there are secrets in a file that is searched."""
        runs = token_runs(content)
        self._bytes_left -= _WEIGHT * len(runs)
        return bool(secrets_in(content, runs))

    def _end(self, limit: str, value: int, offset: int) -> None:
        place = offset if offset >= 0 else None
        self.reached = LimitReached(limit, value, _LEFT_OUT, offset=place)
