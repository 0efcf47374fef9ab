r"""Makes text from an archive safe to show.

Names, annotations and messages may contain anything: escape codes for a terminal, bytes that are
not UTF-8, marks that reverse the reading direction, line ends that fake a line of the report. Such
characters are spelled out (``\x1b``, ``\u202e``) and never printed.
"""

from __future__ import annotations

import re
import unicodedata

from checker.model.untrusted import is_visible
from checker.patterns import pattern

# Line ends and tabs have their usual escapes.
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_BYTE_ESCAPES = range(0xDC80, 0xDD00)
_SURROGATE = pattern("[\ud800-\udfff]")
_COMMAND = pattern(
    r"^\s*:(?=:)|^[-+~^](?=[-+~^]{2}(?: |$))|^\s*t(?=ravis_)|#(?=#+(?:\w*)\[)", re.IGNORECASE
)
_COMMAND_STARTS = (":", "-", "+", "~", "^", "tr", "tR", "Tr", "TR")
_WIDE = frozenset("WF")


def printable(text: str) -> str:
    r"""The text with everything spelled out that is not visible.

    Controls (C0, DEL, C1), bytes that are not UTF-8, format characters such as those for reading
    direction, line and paragraph separators, spaces other than U+0020, and unassigned code points.
    The result is one line that is safe for a terminal and for XML.
    """
    if is_visible(text):
        return text
    return "".join(map(_shown, text))


def without_commands(line: str) -> str:
    r"""A line with the first character of what a CI system takes for a command spelled out.

    GitHub Actions takes ``::name::`` after leading blanks, and ``##[name]`` anywhere in a line;
    Azure Pipelines ``##vso[`` and TeamCity ``##teamcity[`` anywhere. Buildkite groups what follows
    a line that begins with ``---``, ``+++``, ``~~~`` or ``^^^``, and Travis ``travis_fold:``.
    """
    starts = command_starts(line)
    for start in reversed(starts):
        line = f"{line[:start]}{_spelled(line[start])}{line[start + 1 :]}"
    return line


def command_starts(line: str) -> list[int]:
    """The places of the characters that ``without_commands`` spells out."""
    if "##" not in line and not line.lstrip().startswith(_COMMAND_STARTS):
        return []
    return [found.end() - 1 for found in _COMMAND.finditer(line)]


def without_surrogates(text: str) -> str:
    r"""The text with bytes that are not UTF-8 spelled out (``\xff``), so that it can be encoded."""
    if text.isascii():
        return text
    return _SURROGATE.sub(lambda match: _spelled(match[0]), text)


def cells(text: str) -> int:
    """The number of terminal columns of printable text."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _shown(character: str) -> str:
    return character if is_visible(character) else _spelled(character)


def _spelled(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if code in _BYTE_ESCAPES:
        # A byte that surrogateescape decoded: show the byte.
        code -= 0xDC00
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
