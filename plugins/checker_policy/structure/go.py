"""What container-structure-test takes from Go: modes as text, and variables in texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checker import Entry
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE, DIRECTORY, FIFO, SYMLINK

_RWX = "rwxrwxrwx"
_SETUID, _SETGID, _STICKY = 0o4000, 0o2000, 0o1000
_SPECIAL = frozenset("*#$@!?-0123456789")


def file_mode(entry: Entry | None) -> str:
    """The mode of a file as text, as Go's ``fs.FileMode`` prints it.

    Args:
        entry: The entry; None for a directory without one, which engines create with mode 0755.
    """
    kind, mode = (DIRECTORY, 0o755) if entry is None else (entry.kind, entry.mode)
    if kind == SYMLINK:
        mode = 0o777
    marks = {
        "d": kind == DIRECTORY,
        "L": kind == SYMLINK,
        "D": kind in (BLOCK_DEVICE, CHARACTER_DEVICE),
        "p": kind == FIFO,
        "u": bool(mode & _SETUID),
        "g": bool(mode & _SETGID),
        "c": kind == CHARACTER_DEVICE,
        "t": bool(mode & _STICKY),
    }
    start = "".join(mark for mark, is_set in marks.items() if is_set) or "-"
    bits = (_RWX[i] if mode & (1 << (8 - i)) else "-" for i in range(9))
    return start + "".join(bits)


def expand(text: str, values: Mapping[str, str]) -> str:
    """A text with ``$NAME`` and ``${NAME}`` replaced, as Go's ``os.Expand`` does.

    Args:
        text: The text.
        values: The values by name; of other names it is empty.
    """
    return _expand(text, lambda name: values.get(name, ""))


def _expand(text: str, value: Callable[[str], str]) -> str:
    parts: list[str] = []
    position = 0
    while (dollar := text.find("$", position)) >= 0 and dollar + 1 < len(text):
        parts.append(text[position:dollar])
        name, width = _name(text[dollar + 1 :])
        if name:
            parts.append(value(name))
        elif not width:
            parts.append("$")  # a dollar sign before what is no name stays
        position = dollar + 1 + width
    return "".join((*parts, text[position:]))


def _name(text: str) -> tuple[str, int]:
    """The name at the beginning of a text, and how many characters it takes with its braces."""
    if text[0] == "{":
        if len(text) > 2 and text[1] in _SPECIAL and text[2] == "}":
            return text[1], 3
        end = text.find("}", 1)
        if end > 1:
            return text[1:end], end + 1
        # Braces without a name, or without an end, are dropped.
        return "", 2 if end == 1 else 1
    if text[0] in _SPECIAL:
        return text[0], 1
    length = 0
    while length < len(text) and _is_of_name(text[length]):
        length += 1
    return text[:length], length


def _is_of_name(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())
