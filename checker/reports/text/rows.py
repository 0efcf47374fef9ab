"""Rows of the text report: a column of labels, and paragraphs beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.reports.layout import EMPTY, Line, Style, paragraph, wrap
from checker.reports.printable import cells

LABEL = 8
"""Columns of the labels. After them, a sha256 digest and a comma fit into 80 columns."""


def label(text: str, style: Style = Style.LABEL) -> Line:
    """The label of a row."""
    return ((style, text.ljust(LABEL)),)


def labelled(
    word: str, style: Style, text: str, width: int, body: Style = Style.PLAIN
) -> Iterator[Line]:
    """A paragraph with a label in the column before it."""
    return wrapped(label(word, style), text, width, body)


def wrapped(start: Line, text: str, width: int, style: Style) -> Iterator[Line]:
    """A paragraph whose first line begins with ``start``, and the others with as many spaces."""
    indent = sum(cells(part) for _, part in start)
    return paragraph(start, wrap(text, width - indent), style)


def beneath(text: str, width: int, style: Style = Style.PLAIN) -> Iterator[Line]:
    """A paragraph below a labelled one."""
    return labelled("", Style.PLAIN, text, width, style)


def apart(blocks: Iterable[Iterable[Line]]) -> Iterator[Line]:
    """The blocks that are not empty, with an empty line between them."""
    for number, block in enumerate(filter(None, map(tuple, blocks))):
        if number:
            yield EMPTY
        yield from block
