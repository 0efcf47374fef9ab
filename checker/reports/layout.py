"""Lines of styled text: wrapped at a width, without breaking words and commands."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from checker.patterns import pattern
from checker.reports.printable import cells, command_starts, printable


class Style(StrEnum):
    """The role of a piece of text, which a terminal shows in a colour and plain text does not."""

    PLAIN = "plain"
    TITLE = "title"
    LABEL = "label"
    COMMAND = "command"
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    GOOD = "good"
    BAD = "bad"
    FAINT = "faint"


Span = tuple[Style, str]
Line = tuple[Span, ...]

EMPTY: Line = ()
# A command in backticks is one word, so that it can be copied.
_WORD = pattern(r"((?:`[^`]*`|[^ ])+)( *)")
_COMMAND = pattern(r"(`[^`]+`)")
_LONE_COMMAND = pattern(r"`([^`]+)`[.,;:]*")
_LONG_TEXT = 4000
_LONG_WORD = 300
_TAIL = 40


def plain(line: Line) -> str:
    """The text of a line."""
    return "".join(text for _, text in line).rstrip()


def guarded(line: Line) -> Line:
    """A line that no CI system takes for a command, see ``without_commands``."""
    starts = command_starts("".join(text for _, text in line))
    for start in reversed(starts):
        line = tuple(_spell_at(line, start))
    return line


def _spell_at(line: Line, place: int) -> Iterator[Span]:
    at = 0
    for style, text in line:
        inner = place - at
        if 0 <= inner < len(text):
            yield style, f"{text[:inner]}\\x{ord(text[inner]):02x}{text[inner + 1 :]}"
        else:
            yield style, text
        at += len(text)


def safe(text: str) -> str:
    """The text as one printable line of bounded length, very long words cut in the middle."""
    return _cut_off(_with_short_words(printable(text)))


def _with_short_words(text: str) -> str:
    if len(text) <= _LONG_WORD:
        return text
    return " ".join(map(_shortened, text.split(" ")))


def _cut_off(text: str) -> str:
    if len(text) <= _LONG_TEXT:
        return text
    return f"{text[:_LONG_TEXT]} ... ({len(text) - _LONG_TEXT:,} more characters)"


def safe_advice(text: str) -> str:
    """Advice as one printable line of bounded length; no command in it is cut, as it is pasted."""
    parts = _COMMAND.split(printable(text))
    shown = (part if number % 2 else _with_short_words(part) for number, part in enumerate(parts))
    return _cut_off("".join(shown))


def _shortened(word: str) -> str:
    if len(word) <= _LONG_WORD:
        return word
    head = _LONG_WORD - _TAIL
    return f"{word[:head]}...({len(word) - _LONG_WORD:,} more)...{word[-_TAIL:]}"


def wrap(text: str, width: int) -> list[str]:
    """Break printable text between words, to lines of a width in columns where words allow."""
    rows: list[str] = []
    row, gap, used = "", "", 0
    for word, space in _words(text):
        size = cells(word)
        if row and used + len(gap) + size > width:
            rows.append(row)
            row, used = word, size
        else:
            row += gap + word
            used += len(gap) + size
        gap = space
    return [*rows, row]


def _words(text: str) -> list[tuple[str, str]]:
    """The words and the blanks after each; what is between backticks is one word."""
    if "`" in text or "  " in text:
        return _WORD.findall(text)
    return [(word, " ") for word in text.split(" ") if word]


def paragraph(start: Line, spans: list[str], style: Style) -> Iterator[Line]:
    """Lines of text of one style; the first begins with ``start``, the others are indented."""
    indent = sum(cells(text) for _, text in start)
    for number, text in enumerate(spans):
        yield (*(start if not number else ((Style.PLAIN, " " * indent),)), (style, text))


def prose(start: Line, text: str, width: int, style: Style) -> Iterator[Line]:
    """Printable text as a paragraph, with the commands in backticks in their own style.

    A command that is longer than a line is alone on one, without its backticks, so that it can be
    copied.

    Args:
        start: What the first line begins with; the others are indented by as much.
        text: The text.
        width: Columns of the whole line.
        style: The style of what is not a command.
    """
    indent = sum(cells(part) for _, part in start)
    for number, row in enumerate(wrap(text, width - indent)):
        beginning = start if not number else ((Style.PLAIN, " " * indent),)
        yield (*beginning, *_spans(row, width - indent, style))


def _spans(row: str, width: int, style: Style) -> Iterator[Span]:
    lone = _LONE_COMMAND.fullmatch(row)
    if lone is not None and cells(row) > width:
        yield Style.COMMAND, lone[1]
        return
    for number, part in enumerate(_COMMAND.split(row)):
        if part:
            yield (Style.COMMAND if number % 2 else style), part


def pieces(parts: tuple[str, ...], width: int) -> list[str]:
    """Join parts with commas, to lines of a width in columns; no part is broken."""
    rows: list[str] = []
    for number, part in enumerate(parts):
        text = part if number == len(parts) - 1 else f"{part},"
        if rows and cells(rows[-1]) + 1 + cells(text) <= width:
            rows[-1] += f" {text}"
        else:
            rows.append(text)
    return rows
