"""Values of policies with their places, so that what is wrong with one names file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from checker import SettingsError
from checker.isolation import described
from checker.records import NamedTuple
from checker.settings_file import KeyPath, Origin
from checker.suggestion import nearest
from checker.typing_names import NoReturn

KIB = 1024
_UNITS: Mapping[str, int] = {
    "": 1,
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": KIB,
    "MiB": KIB**2,
    "GiB": KIB**3,
}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([A-Za-z]*)")
_MOST = 2**63 - 1
_LONGEST = 4096
_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a number"),
    (str, "a string"),
    ((list, tuple), "a list"),
    (Mapping, "a table"),
    (type(None), "nothing"),
)


class Value(NamedTuple):
    """A value in a policy.

    Attributes:
        raw: The value, as the parser of the file gave it.
        origin: The file.
        path: The keys that lead to it in the file.
        shown: The keys as messages name them.
    """

    raw: object
    origin: Origin
    path: KeyPath = ()
    shown: str = ""

    def fail(self, text: str) -> NoReturn:
        """Refuse the value.

        Raises:
            SettingsError: Always; the text begins with file, line and key.
        """
        keys = f"{self.shown}: " if self.shown else ""
        raise SettingsError(f"{self.origin.place(*self.path)}: {keys}{text}")

    def fail_type(self, wanted: str) -> NoReturn:
        """Refuse the value because of its type.

        Raises:
            SettingsError: Always.
        """
        self.fail(f"must be {wanted}, found {type_words(self.raw)}")

    def at(self, step: str | int, raw: object) -> Value:
        """A value inside of this one."""
        name = str(step) if isinstance(step, str) else ""
        shown = ".".join(filter(None, (self.shown, name)))
        return Value(raw, self.origin, (*self.path, step), shown)

    def table(self, known: Iterable[str] | None = None) -> dict[str, Value]:
        """The values of a table, by key.

        Args:
            known: The keys that it may have; any if None.

        Raises:
            SettingsError: It is not a table, or has another key.
        """
        if not isinstance(self.raw, Mapping):
            self.fail_type("a table")
        names = None if known is None else tuple(known)
        found: dict[str, Value] = {}
        for key, item in self.raw.items():
            if not isinstance(key, str):
                self.fail(f"the key {described(key)} must be a string")
            if names is not None and key not in names:
                hint = nearest(key, names) or f" (choose from: {', '.join(names)})"
                place = self.origin.place(*self.path, key)
                keys = f"{self.shown}: " if self.shown else ""
                raise SettingsError(f"{place}: {keys}unknown key {described(key)}{hint}")
            found[key] = self.at(key, item)
        return found

    def items(self) -> tuple[Value, ...]:
        """The values of a list.

        Raises:
            SettingsError: It is not a list.
        """
        if not isinstance(self.raw, list | tuple):
            self.fail_type("a list")
        return tuple(self.at(number, item) for number, item in enumerate(self.raw))

    def one_or_more(self) -> tuple[Value, ...]:
        """The values of a list, or a value alone.

        Raises:
            SettingsError: The list is empty.
        """
        if not isinstance(self.raw, list | tuple):
            return (self,)
        if not self.raw:
            self.fail("must not be an empty list")
        return self.items()

    def text(self) -> str:
        """A string that is not empty.

        Raises:
            SettingsError: It is not.
        """
        if not isinstance(self.raw, str):
            self.fail_type("a string")
        if not self.raw.strip():
            self.fail("must not be empty")
        if len(self.raw) > _LONGEST:
            self.fail(f"must not have more than {_LONGEST:,} characters")
        return self.raw

    def words(self) -> tuple[str, ...]:
        """A list of strings, which may be empty.

        Raises:
            SettingsError: It is not.
        """
        return tuple(
            item.raw if isinstance(item.raw, str) else item.fail_type("a string")
            for item in self.items()
        )

    def file(self) -> str:
        """The path of a file, which is relative to the directory of the one that names it.

        Raises:
            SettingsError: It is not the name of a file.
        """
        path = self.text()
        if "\0" in path:
            self.fail("must be the name of a file")
        return self.origin.path(path)

    def texts(self) -> tuple[str, ...]:
        """A string or a list of strings, none of them empty.

        Raises:
            SettingsError: It is neither.
        """
        return tuple(item.text() for item in self.one_or_more())

    def truth(self) -> bool:
        """A boolean.

        Raises:
            SettingsError: It is not.
        """
        if not isinstance(self.raw, bool):
            self.fail_type("a boolean")
        return self.raw

    def number(self, least: int = 0) -> int:
        """A whole number.

        Args:
            least: The smallest valid one.

        Raises:
            SettingsError: It is not one, or too small or large.
        """
        if isinstance(self.raw, bool) or not isinstance(self.raw, int):
            self.fail_type("a whole number")
        if not least <= self.raw <= _MOST:
            self.fail(f"must be at least {least}, found {described(self.raw)[:40]}")
        return self.raw

    def size(self) -> int:
        """A size in bytes: a number, or a text such as ``20MiB``.

        Raises:
            SettingsError: It is neither.
        """
        if not isinstance(self.raw, str):
            return self.number()
        found = _SIZE.fullmatch(self.raw.strip())
        if found is None or found[2] not in _UNITS:
            self.fail(f"invalid size {described(self.raw)} (expected such as 20MiB or 1.5GB)")
        return round(float(found[1]) * _UNITS[found[2]])

    def choice(self, known: Sequence[str]) -> str:
        """One of some texts.

        Raises:
            SettingsError: It is none of them.
        """
        if not isinstance(self.raw, str) or self.raw not in known:
            hint = nearest(self.raw, known) if isinstance(self.raw, str) else ""
            self.fail(
                f"invalid value {described(self.raw)} (choose from: {', '.join(known)}){hint}"
            )
        return self.raw


def type_words(value: object) -> str:
    """The type of a value, in words."""
    for kind, words in _TYPES:
        if isinstance(value, kind):
            return words
    return f"a {type(value).__name__}"


def size_words(size: int) -> str:
    """A size for messages: ``20.0 MiB (20,971,520 bytes)``."""
    for unit in ("GiB", "MiB", "KiB"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:.1f} {unit}"
    return f"{size} bytes"


def listed(texts: Iterable[str], most: int = 8) -> str:
    """Texts for messages, quoted, with the number of those that are left out."""
    found = [f'"{text}"' for text in texts]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more if found else "none"


def iterate(value: Value) -> Iterator[tuple[str, Value]]:
    """The keys and values of a table with any keys."""
    return iter(value.table().items())
