"""What reading raises when there is nothing to check."""

from __future__ import annotations


class UnreadableError(Exception):
    """The input cannot be read at all; the text says why and what to do.

    Args:
        path: The path as the user gave it.
        reason: Why, in words.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
