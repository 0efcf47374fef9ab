"""Lines of styled text as a stream takes them: in colour and as wide as a terminal, or plain."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from checker.reports.layout import Line, Style, plain
from checker.typing_names import TextIO

WIDTH = 80
"""Columns of text that is not written to a terminal."""

_NARROWEST, _WIDEST = 60, 100
_DUMB = "dumb"
# Parameters of "select graphic rendition" (ECMA-48, 8.3.117); the eight colours are those of the
# user's theme.
_RENDITIONS: Mapping[Style, str] = {
    Style.TITLE: "1",
    Style.LABEL: "2",
    Style.COMMAND: "1;36",
    Style.ERROR: "1;31",
    Style.WARNING: "1;33",
    Style.NOTE: "1;34",
    Style.GOOD: "32",
    Style.BAD: "31",
    Style.FAINT: "2",
}


class Color(StrEnum):
    """When text is in colour, for ``--color``."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def joined(lines: Iterable[Line]) -> str:
    """The lines as plain text."""
    return "".join(f"{plain(line)}\n" for line in lines)


def rendered(
    make: Callable[[int], Iterable[Line]], stream: TextIO, color: Color = Color.AUTO
) -> str:
    """Lines as a stream takes them, with characters spelled out that it cannot encode.

    Args:
        make: Makes the lines for a width in columns.
        stream: Where they are written.
        color: When they are in colour.
    """
    shown = coloured if is_coloured(color, stream, os.environ) else joined
    return _encodable(shown(make(width_of(stream))), stream)


def width_of(stream: TextIO) -> int:
    """The columns for text on a stream: those of the terminal, within reason."""
    if not stream.isatty():
        return WIDTH
    import shutil

    columns = shutil.get_terminal_size((WIDTH, 0)).columns
    return max(_NARROWEST, min(columns, _WIDEST))


def is_coloured(color: Color, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether text on a stream is in colour.

    By default on a terminal, unless ``TERM`` is ``dumb``. ``NO_COLOR`` (https://no-color.org)
    prevents colours, and ``FORCE_COLOR`` (https://force-color.org) demands them; both have an
    effect if they are not empty, and the first has precedence.

    Args:
        color: What the user decided, which has precedence over the environment.
        stream: Where the text is written.
        environment: The variables of the environment.
    """
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return environment.get("TERM") != _DUMB and stream.isatty()


def coloured(lines: Iterable[Line]) -> str:
    """The lines with escape sequences for colours, each of which ends on its line."""
    return "".join(f"{''.join(_rendition(*span) for span in line)}\n" for line in lines)


def _rendition(style: Style, text: str) -> str:
    code = _RENDITIONS.get(style)
    return text if code is None or not text.strip() else f"\x1b[{code}m{text}\x1b[0m"


def _encodable(text: str, stream: TextIO) -> str:
    """The text, with all that is not ASCII spelled out if the stream is not UTF-8."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    name = codecs.lookup(encoding).name
    return text if name == "utf-8" else text.encode("ascii", "backslashreplace").decode("ascii")
