"""Names as programs in C print them, in a locale with UTF-8."""

from __future__ import annotations

import re

from checker.model.untrusted import utf8

_NUL = re.compile(r"\\000(?!\d)")
_ESCAPES = {"\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f"}


def escaped(name: str) -> str:
    """A name with its control characters, and bytes that are not UTF-8, as escapes.

    Args:
        name: The name; undecodable bytes are surrogates.
    """
    shown = "".join(map(_escaped, name))
    return _NUL.sub(r"\\0", shown) if "\\000" in shown else shown


def before_colon(name: str) -> str:
    """A name that a colon follows, so that its own colons are escaped (quotearg_colon)."""
    return escaped(name).replace(":", "\\:")


def quoted(text: str) -> str:
    """A text between the quotation marks of the locale."""
    return f"\u2018{escaped(text)}\u2019"


def _escaped(character: str) -> str:
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in utf8(character))
