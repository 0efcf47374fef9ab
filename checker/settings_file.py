"""Reads a settings file, and remembers where its keys are for messages."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from checker.errors import SettingsError

_HEADER = re.compile(r"\s*\[(?P<array>\[?)(?P<name>[^\]]+)\]")
_KEY = re.compile(r"""\s*(?P<name>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w"'-]+)*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_MOST_BYTES = 4 << 20

KeyPath = tuple[str | int, ...]


class Origin(NamedTuple):
    """A settings file that was read.

    Attributes:
        file: Its path, as the user specified it.
        table: Its content.
        lines: The line of each key, counted from 1, as far as it is known.
    """

    file: str
    table: Mapping[str, object]
    lines: Mapping[KeyPath, int] = MappingProxyType({})

    def place(self, *path: str | int) -> str:
        """The file, with the line of a key or of what it is in."""
        for length in range(len(path), 0, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return f"{self.file}:{line}"
        return self.file

    def names(self, key: str) -> frozenset[str]:
        """The texts in a list, or the keys of a table."""
        value = self.table.get(key)
        return frozenset(map(str, value)) if isinstance(value, list | Mapping) else frozenset()


def read_file(path: str | os.PathLike[str]) -> Origin:
    """Read a settings file.

    Raises:
        SettingsError: It cannot be read, or is not TOML.
    """
    import tomllib

    place = os.fspath(path)
    try:
        with open(place, "rb") as file:
            text = file.read(_MOST_BYTES + 1).decode()
        if len(text) > _MOST_BYTES:
            raise SettingsError(f"{place}: has more than {_MOST_BYTES} bytes")
        return Origin(place, tomllib.loads(text), _lines_of(text))
    except OSError as error:
        raise SettingsError(f"{place}: cannot be read: {error.strerror or error}") from error
    except RecursionError as error:
        raise SettingsError(f"{place}: nested too deeply") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{place}:{line}: not valid UTF-8") from error
    except ValueError as error:  # that of tomllib, or a number that Python does not convert
        raise SettingsError(f"{place}: {_in_words(error)}") from error


def _in_words(error: ValueError) -> str:
    text = " ".join(str(error).split())
    return "a number has too many digits" if "integer string conversion" in text else text


def _lines_of(text: str) -> dict[KeyPath, int]:
    """The line of each key; an element of an array of tables has its number in the path."""
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    numbers: dict[KeyPath, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.match(line)
        if header is not None:
            table = _parts(header["name"])
            if header["array"]:
                position = numbers[table] = numbers.get(table, -1) + 1
                found.setdefault(table, number)
                table = (*table, position)
            found.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key is not None:
            found.setdefault((*table, *_parts(key["name"])), number)
    return found


def _parts(name: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(name))
