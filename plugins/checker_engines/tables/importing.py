"""What nothing decides in an import, in whatever engine."""

from __future__ import annotations

from checker.verdicts import Decision

WHAT_IT_IS = Decision(
    "what it is",
    "nobody asks: an image archive becomes a root full of blobs, which counts as broken here",
)
