"""Fields of structure tests, read as the YAML library of container-structure-test reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checker.records import NamedTuple
from checker.settings_file import KeyPath
from checker_policy.patterns import Pattern, PatternError, pattern
from checker_policy.values import Value


class Fields(NamedTuple):
    """The fields of one table.

    Attributes:
        table: The table.
        found: Its values, by key.
        texts: How scalars are written in the file, by their place: a number is valid as a text.
    """

    table: Value
    found: Mapping[str, Value]
    texts: Mapping[KeyPath, str]

    @classmethod
    def of(cls, value: Value, known: Sequence[str], texts: Mapping[KeyPath, str]) -> Fields:
        """The fields of a table.

        Raises:
            SettingsError: It is not a table, or has another key.
        """
        return cls(value, value.table(known), texts)

    def value(self, key: str) -> Value | None:
        """The value of a field; None if it is not there, or null."""
        value = self.found.get(key)
        return None if value is None or value.raw is None else value

    def required(self, key: str) -> str:
        """A text that must be there and not be empty.

        Raises:
            SettingsError: It is not.
        """
        text = self.text(key)
        if not text:
            self.table.fail(f"must have a {key}")
        return text

    def text(self, key: str) -> str:
        """A text; empty if it is not there.

        Raises:
            SettingsError: It is a list or a table.
        """
        value = self.value(key)
        return "" if value is None else self._text_of(value)

    def _text_of(self, value: Value) -> str:
        if isinstance(value.raw, str):
            return value.raw
        text = self.texts.get(value.path)
        if text is None or isinstance(value.raw, list | dict):
            value.fail_type("a string")
        return text

    def optional_list(self, key: str) -> tuple[str, ...] | None:
        """A list of texts; None if it is not there.

        Raises:
            SettingsError: It is not a list of texts.
        """
        value = self.value(key)
        return None if value is None else tuple(map(self._text_of, value.items()))

    def texts_of(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty if it is not there.

        Raises:
            SettingsError: It is not a list of texts.
        """
        return self.optional_list(key) or ()

    def names(self, key: str) -> tuple[str, ...]:
        """A list of texts of which none is empty.

        Raises:
            SettingsError: It is not, or one is.
        """
        found = self.texts_of(key)
        if not all(found):
            self.found[key].fail("must not contain an empty string")
        return found

    def patterns(self, key: str) -> tuple[Pattern, ...]:
        """A list of regular expressions; empty if it is not there.

        Raises:
            SettingsError: One is not valid.
        """
        return tuple(self.pattern(key, text) for text in self.texts_of(key))

    def pattern(self, key: str, text: str) -> Pattern:
        """A regular expression.

        Raises:
            SettingsError: It is not valid.
        """
        try:
            return pattern(text)
        except PatternError as error:
            self.found[key].fail(str(error))

    def truth(self, key: str, *, default: bool = False) -> bool:
        """A boolean.

        Raises:
            SettingsError: It is something else.
        """
        value = self.value(key)
        return default if value is None else value.truth()

    def number(self, key: str, default: int) -> int:
        """A whole number.

        Raises:
            SettingsError: It is something else.
        """
        value = self.value(key)
        return default if value is None else value.number(default)

    def choice(self, key: str, known: Sequence[str]) -> str:
        """One of some texts; empty if it is not there.

        Raises:
            SettingsError: It is another one.
        """
        value = self.value(key)
        return "" if value is None or value.raw == "" else value.choice(known)

    def tables(self, key: str, known: Sequence[str]) -> tuple[Fields, ...]:
        """The fields of a list of tables; none if it is not there.

        Raises:
            SettingsError: It is not a list of tables, or one has another key.
        """
        value = self.value(key)
        items = () if value is None else value.items()
        return tuple(Fields.of(item, known, self.texts) for item in items)
