"""What is wrong with a document, in words for a person and a pointer for a machine."""

from collections.abc import Iterable
from typing import NamedTuple

SHOWN = 60
"""The most characters of a value that are shown."""

_SHOWN_OF_POINTER = 200


class SchemaError(NamedTuple):
    """One departure of a document from its schema.

    Attributes:
        pointer: JSON pointer (RFC 6901) of the offending value; of the place where it should be
            if it is missing; of the member if the member's name offends. The document itself has
            the empty pointer. Names in it are exact, so escape them before they reach a terminal.
        found: What is there, short and printable, such as ``the number 5`` or ``nothing``.
        expected: What should be there, such as ``a string``.
    """

    pointer: str
    found: str
    expected: str

    @property
    def message(self) -> str:
        """The whole error on one printable line."""
        place = printable(self.pointer, _SHOWN_OF_POINTER) or "the document"
        return f"{place}: found {self.found}, expected {self.expected}"


def pointer_to(path: Iterable[str | int]) -> str:
    """Write a path of member names and array indexes as a JSON pointer (RFC 6901, section 3)."""
    tokens = (str(token).replace("~", "~0").replace("/", "~1") for token in path)
    return "".join(f"/{token}" for token in tokens)


def printable(text: str, limit: int) -> str:
    """Make text safe for a terminal and short.

    Args:
        text: Any text, lone surrogates and control characters included.
        limit: The most characters to return, not counting the ellipsis that marks a cut.

    Returns:
        The text with everything unprintable written as an escape.
    """
    pieces: list[str] = []
    room = limit
    for character in text[: limit + 1]:
        piece = character if character.isprintable() else _escape(character)
        room -= len(piece)
        if room < 0:
            return "".join(pieces) + "…"
        pieces.append(piece)
    return "".join(pieces)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def describe(value: object) -> str:
    """Say what a JSON value is, short and printable."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _describe_string(value)
        case list():
            return f"an array of {_count(len(value), 'item')}" if value else "an empty array"
        case dict():
            return f"an object of {_count(len(value), 'member')}" if value else "an empty object"
        case _:
            return f"the number {printable(str(value), SHOWN)}"


def describe_name(name: str) -> str:
    """Say what the name of a member is, short and printable."""
    return f'the name "{printable(name, SHOWN)}"'


def _describe_string(text: str) -> str:
    shown = printable(text, SHOWN)
    size = f" of {_count(len(text), 'character')}" if shown.endswith("…") else ""
    return f'the string "{shown}"{size}'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
