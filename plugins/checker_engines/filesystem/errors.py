"""The error of an extraction."""

from __future__ import annotations


class ExtractionError(Exception):
    """An entry cannot be extracted; the message is that of the engine.

    Attributes:
        position: Position of the entry.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position

    def copy(self) -> ExtractionError:
        """The same error without traceback, which would keep whole trees in memory."""
        return ExtractionError(str(self), self.position)
