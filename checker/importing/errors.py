"""What importing raises."""

from __future__ import annotations


class ImportRefusedError(ValueError):
    """An engine refuses what it is given; the text is its error."""
