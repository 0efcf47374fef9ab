"""Options of rules, which the configuration file can set."""

from __future__ import annotations

from collections.abc import Mapping

from checker.isolation import described
from checker.patterns import pattern
from checker.records import NamedTuple
from checker.typing_names import Any, Generic, TypeVar, cast

T = TypeVar("T")

_LARGEST = 2**63 - 1
_NAME = pattern(r"[a-z0-9]+(-[a-z0-9]+)*")

_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    tuple: "a list of strings",
}


class OptionError(ValueError):
    """An invalid value for an option; the text states what is valid."""


class Option(NamedTuple, Generic[T]):
    """One option of a rule, which the table ``[rules.ID]`` of the configuration file can set.

    Report formats have options as well, for ``--format-option``, and plugins have settings of their
    own, in the table ``[plugins.NAME]``.

    Attributes:
        name: Name in kebab case: ``lowest-efficiency``.
        kind: ``bool``, ``int``, ``float``, ``str``, or ``tuple`` for a list of strings.
        default: The value if none is set.
        help: What it controls, in one line.
        least: The smallest valid number.
        most: The largest valid number.
        choices: The valid strings; any if empty.
    """

    name: str
    kind: type
    default: T
    help: str
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def takes(self) -> str:
        """The valid values, in words: ``a number from 0 to 1``."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        words = _KINDS[self.kind]
        if self.least is not None and self.most is not None:
            return f"{words} from {self.least:g} to {self.most:g}"
        if self.least is not None:
            return f"{words}, at least {self.least:g}"
        return words if self.most is None else f"{words}, at most {self.most:g}"

    @property
    def flaw(self) -> str | None:
        """Why it cannot be used, in words; None if it can."""
        name: object = self.name  # what a plugin gave, whatever the annotations say
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            return f"an Option whose name is {described(name)}, which is not in kebab case"
        if self.kind not in _KINDS:
            kinds = ", ".join(kind.__name__ for kind in _KINDS)
            return f"an Option whose kind is {described(self.kind)}, not one of {kinds}"
        try:
            if self.default is not None:
                self.read(self.default)
        except OptionError as error:
            return f"an Option whose default is not valid, {error}"
        return None

    def read(self, value: object) -> T:
        """A value of the configuration file, in the type that the rule uses.

        Raises:
            OptionError: The type is wrong, or the number is out of range.
        """
        typed = self._typed(value)
        if typed is None or not self._is_within(typed):
            raise OptionError(f"{self.name}: must be {self.takes}, found {described(value)}")
        return cast("T", typed)

    def of(self, values: Mapping[str, object]) -> T:
        """What is set of it, else its default.

        Args:
            values: What is set, by the names of options; None is not set.

        Raises:
            OptionError: The value is not valid.
        """
        value = values.get(self.name)
        return self.default if value is None else self.read(value)

    def _typed(self, value: object) -> Any:
        """The value in the right type; None if it is of another one."""
        if self.kind is tuple:
            is_list = isinstance(value, list | tuple) and all(isinstance(i, str) for i in value)
            return tuple(value) if is_list and isinstance(value, list | tuple) else None
        if isinstance(value, bool) and self.kind is not bool:
            return None
        if self.kind is float and isinstance(value, int):
            return float(value) if abs(value) <= _LARGEST else None
        return value if isinstance(value, self.kind) else None

    def _is_within(self, value: Any) -> bool:
        if self.choices and value not in self.choices:
            return False
        if self.least is not None and not value >= self.least:
            return False
        return self.most is None or bool(value <= self.most)
