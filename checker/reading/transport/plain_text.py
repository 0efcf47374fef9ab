"""Whether bytes are text, and how a piece of it is quoted."""

from __future__ import annotations

from checker.model.untrusted import is_utf8_start

_WHITE_SPACE = frozenset(b"\t\n\r\f\v")
# What terminals are sent: bell, backspace, shifts, escape.
_TERMINAL = frozenset(b"\x07\x08\x0e\x0f\x1b")
_FIRST_PRINTED = 0x20
_DELETE = 0x7F
_MOST_CONTROLS = 20
"""Of that many characters, one may be a control character."""
_QUOTED = 200


def is_text(data: bytes) -> bool:
    """Whether bytes are text: UTF-8 or a one-byte encoding, without NUL, hardly any controls.

    A character may be cut at either end.
    """
    if not data or b"\0" in data:
        return False
    controls = sum(
        byte < _FIRST_PRINTED and byte not in _WHITE_SPACE and byte not in _TERMINAL
        for byte in data
    )
    high = sum(byte > _DELETE for byte in data)
    if controls * _MOST_CONTROLS > len(data):
        return False
    return not high or is_utf8_start(data) or high * 3 < len(data)


def quoted(data: bytes) -> str:
    """Bytes of text for a message: at most 200 characters, without white space around."""
    text = data[: 4 * _QUOTED].decode("utf-8", "surrogateescape").strip("\ufeff \t\r\n")
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
