r"""Text that came from an archive, made safe to show.

Names, annotations and messages may hold whatever their author wanted: escape codes that drive a
terminal, bytes that are no UTF-8, marks that turn the reading direction around, line ends that fake
a line of the report. Here such characters are spelled out (``\x1b``, ``\u202e``), never passed on.
"""

from __future__ import annotations

import re
import unicodedata

# Line ends and tabs are spelled as programmers know them.
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_BYTE_ESCAPES = range(0xDC80, 0xDD00)
# What Unicode says is letter, mark or symbol, yet shows nothing (Default_Ignorable_Code_Point of
# Unicode 15, minus the format characters, which isprintable() knows; and the blank Braille cell).
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]",
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_WIDE = frozenset("WF")


def printable(text: str) -> str:
    r"""The text with everything spelled out that is not plainly visible.

    Controls (C0, DEL, C1), bytes that were no UTF-8, format characters such as those for reading
    direction, line and paragraph separators, spaces other than the common one, and code points
    that mean nothing. The result is one line, and may be sent to a terminal or into XML.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def without_surrogates(text: str) -> str:
    r"""The text with bytes that were no UTF-8 spelled out (``\xff``), so that it can be encoded."""
    if text.isascii():
        return text
    return _SURROGATE.sub(lambda match: _spelled(match[0]), text)


def cells(text: str) -> int:
    """Columns of a terminal that printable text takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _shown(character: str) -> str:
    if character.isprintable() and not _BLANK.match(character):
        return character
    return _spelled(character)


def _spelled(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if code in _BYTE_ESCAPES:
        # What surrogateescape made of a byte: show the byte.
        code -= 0xDC00
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
