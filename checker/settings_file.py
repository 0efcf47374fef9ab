"""Finds and reads a settings file, and remembers where its keys are for messages.

It is ``checker.toml``, or the table ``[tool.checker]`` of ``pyproject.toml``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from checker.errors import SettingsError
from checker.patterns import pattern
from checker.records import NamedTuple
from checker.typing_names import Any

CONFIG_FILE = "checker.toml"
PROJECT_FILE = "pyproject.toml"
_TABLE = ("tool", "checker")
# What a file that contains the table must contain, however it is written.
_TABLE_NAME = b"checker"
_HEADER = pattern(r"\s*\[(?P<array>\[?)(?P<name>[^\]]+)\]")
_KEY = pattern(r"""\s*(?P<name>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w"'-]+)*)\s*=""")
_PART = pattern(r"""[\w-]+|"[^"]*"|'[^']*'""")
_MOST_BYTES = 4 << 20

KeyPath = tuple[str | int, ...]


class Origin(NamedTuple):
    """A settings file that was read.

    Attributes:
        file: Its path, as the user specified it.
        table: Its content.
        lines: The line of each key, counted from 1, as far as it is known.
        directory: The directory of the file; None if the settings come from elsewhere.
    """

    file: str
    table: Mapping[str, object]
    lines: Mapping[KeyPath, int] = MappingProxyType({})
    directory: str | None = None

    def place(self, *path: str | int) -> str:
        """The file, with the line of a key or of what it is in."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return f"{self.file}:{line}"
        return self.file

    def path(self, path: str) -> str:
        """A path in the settings, which is relative to the directory of the file."""
        if not self.directory:
            return path
        return os.path.normpath(os.path.join(self.directory, path))

    def may_write(self, path: str) -> bool:
        """Whether the settings may have a file written, by its path as they give it.

        A settings file can come from others, with a repository. It has files written in its
        directory and below, where those of others are already; not to ``.git``.
        """
        if self.directory is None:
            return True
        top = os.path.realpath(self.directory or os.curdir)
        target = os.path.realpath(self.path(path))
        inside = os.path.relpath(target, top).split(os.sep)
        return inside[0] not in (os.pardir, os.curdir) and ".git" not in inside

    def without(self, key: str) -> Origin:
        """The settings without one of them."""
        return self._replace(table={name: self.table[name] for name in self.table if name != key})

    def part(self, *path: str | int) -> Origin:
        """A table in the file, as if it were all of it.

        Args:
            path: Its keys, and its number if it is one of an array of tables.
        """
        table: Any = self.table
        for step in path:
            table = table[step]
        lines = {
            key[len(path) :]: line for key, line in self.lines.items() if key[: len(path)] == path
        }
        return self._replace(table=table, lines=lines)

    def names(self, key: str) -> frozenset[str]:
        """The texts in a list, or the keys of a table."""
        value = self.table.get(key)
        return frozenset(map(str, value)) if isinstance(value, list | Mapping) else frozenset()


def find_file() -> str | None:
    """The settings file that is in force in the working directory; None without one.

    ``checker.toml`` and ``pyproject.toml`` with a table ``[tool.checker]`` are looked for in the
    working directory, then in those above it up to the root of the repository (a directory that
    contains ``.git``). The home directory, the root of the filesystem and directories in which
    every user can create files end the search, and are not looked into.
    """
    for directory in _directories(os.getcwd()):
        place = os.path.relpath(directory)
        for name in (CONFIG_FILE, PROJECT_FILE):
            path = name if place == os.curdir else os.path.join(place, name)
            if os.path.isfile(path) and (name == CONFIG_FILE or _has_table(path)):
                return path
    return None


def _directories(start: str) -> Iterator[str]:
    """A directory and those above it, as far as settings are looked for."""
    home = os.path.realpath(os.path.expanduser("~"))
    yield start
    above = start
    while not os.path.lexists(os.path.join(above, ".git")):
        above = os.path.dirname(above)
        if _ends_search(above, home):
            return
        yield above


def _ends_search(directory: str, home: str) -> bool:
    if directory in {home, os.path.dirname(directory)}:
        return True
    try:
        return bool(os.stat(directory).st_mode & stat.S_IWOTH)
    except OSError:
        return True


def _has_table(path: str) -> bool:
    """Whether ``pyproject.toml`` has settings; one that nothing can be read of has none."""
    try:
        with open(path, "rb") as file:
            if _TABLE_NAME not in file.read(_MOST_BYTES):
                return False
    except OSError:
        return False
    return _table_of(_read(path)) is not None


def read_file(path: str | os.PathLike[str]) -> Origin:
    """Read a settings file; of ``pyproject.toml``, its table ``[tool.checker]``.

    Raises:
        SettingsError: It cannot be read, is not TOML, or has no such table.
    """
    whole = _read(os.fspath(path))
    if os.path.basename(whole.file) != PROJECT_FILE:
        return whole
    table = _table_of(whole)
    if table is None:
        raise SettingsError(f"{whole.file}: has no table [tool.checker]")
    if not isinstance(table, Mapping):
        raise SettingsError(f"{whole.place(*_TABLE)}: tool.checker: must be a table")
    return whole.part(*_TABLE)


def _table_of(whole: Origin) -> object:
    """The value of ``tool.checker``; None if there is none."""
    tools = whole.table.get(_TABLE[0])
    return tools.get(_TABLE[1]) if isinstance(tools, Mapping) else None


def _read(place: str) -> Origin:
    import tomllib

    try:
        with open(place, "rb") as file:
            text = file.read(_MOST_BYTES + 1).decode("utf-8-sig")  # Windows marks it
        if len(text) > _MOST_BYTES:
            raise SettingsError(f"{place}: has more than {_MOST_BYTES} bytes")
        return Origin(place, tomllib.loads(text), _lines_of(text), os.path.dirname(place))
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
            table = _numbered(_parts(header["name"]), numbers)
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


def _numbered(path: KeyPath, numbers: Mapping[KeyPath, int]) -> KeyPath:
    """A path with the number of the last element after each array of tables that it leads into.

    Args:
        path: The keys.
        numbers: The number of the last element of each array.
    """
    found: KeyPath = ()
    for step in path[:-1]:
        found = (*found, step)
        if found in numbers:
            found = (*found, numbers[found])
    return (*found, *path[-1:])


def _parts(name: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(name))
