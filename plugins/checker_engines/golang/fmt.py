"""Text as Go's fmt prints it."""

from __future__ import annotations

from checker.importing.go_text import is_utf8, quote

__all__ = ["is_utf8", "quote"]
