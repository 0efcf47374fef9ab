"""Text before the archive: prompts, warnings and output of a shell in the same stream."""

from __future__ import annotations

from checker.model.damage import LeadingData
from checker.reading.transport.plain_text import is_text, quoted
from checker.reading.transport.sample import Sample
from checker.reading.transport.soundness import Start, find_start
from checker.records import NamedTuple

_LOOKED_AT = 1 << 16


class Located(NamedTuple):
    """Where the archive begins in a sample.

    Attributes:
        start: The place; None if the sample has none.
        leading: The text before it, if that is what precedes it.
    """

    start: Start | None
    leading: LeadingData | None


def locate(sample: Sample) -> Located:
    """Find where the archive begins, and what precedes it."""
    start = find_start(sample.head)
    if start is None or not start.offset:
        return Located(start, None)
    before = sample.head[: start.offset]
    # Of long text the beginning and the end show whether it is text.
    if not is_text(before[:_LOOKED_AT]) or not is_text(before[-_LOOKED_AT:]):
        return Located(start, None)
    leading = LeadingData(
        size=start.offset, text=quoted(before), follows=start.what, within=sample.within
    )
    return Located(start, leading)
