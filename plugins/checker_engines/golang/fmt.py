"""Text as Go's fmt prints it."""

from __future__ import annotations

_SHORT = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}
_FIRST_ESCAPED_BYTE = 0xDC00
_SHORT_LIMIT = 0x10000


def quote(text: str) -> str:
    """A string as the verb ``%q`` prints it (Go 1.24, strconv.Quote)."""
    return '"' + "".join(map(_escape, text)) + '"'


def is_utf8(name: str) -> bool:
    """Whether a name from an archive is UTF-8; other bytes are kept as lone surrogates."""
    return not any("\udc80" <= character <= "\udcff" for character in name)


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    code = ord(character)
    if not is_utf8(character):
        return f"\\x{code - _FIRST_ESCAPED_BYTE:02x}"
    if code < ord(" ") or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _SHORT_LIMIT else f"\\U{code:08x}"
