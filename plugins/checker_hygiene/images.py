"""What rules about images as a whole have in common."""

from __future__ import annotations

from checker import Archive, Check
from checker.checks.scopes import IMAGES


class ImageCheck(Check):
    """A check of images as a whole; it is skipped for archives without images."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive has no image."""
        return IMAGES.skip_reason(archive)
