"""How storage drivers keep the layers of an image, each in a module: ``vfs`` and ``overlay``."""

from __future__ import annotations

from checker.model.entries import Entries
from checker.typing_names import Protocol


class Layers(Protocol):
    """The layers of one image, to which layers are added, base first.

    Attributes:
        has_lower: Whether layers are extracted onto those below them, which must be added first.
    """

    has_lower: bool

    def extract_layer(self, entries: Entries, count: int, *, is_whole: bool = True) -> None:
        """Extract the first entries of a layer.

        Args:
            entries: The entries.
            count: The number of entries to extract.
            is_whole: Whether they are followed by the end of the layer, not by an error.

        Raises:
            ExtractionError: One of them cannot be extracted.
            OutOfWork: It is not known whether they can be extracted.
        """

    def measure_layer(self) -> str | None:
        """Measure the size of the layer extracted last.

        Returns:
            The error, if it cannot be done.
        """
