"""The checks of a run: gathered from the plugins, each rule id and name claimed once."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

from checker.checks.check import Check
from checker.checks.finding import Severity
from checker.checks.option import Option

_ID = re.compile(r"[A-Z]{3,5}[0-9]{3}")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Rule(NamedTuple):
    """A check and the plugin that it came with.

    Attributes:
        check: The class.
        bundle: Name of the plugin.
    """

    check: type[Check]
    bundle: str

    @property
    def id(self) -> str:
        """The rule id."""
        return self.check.id

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.check.name

    @property
    def severity(self) -> Severity:
        """The rule's default severity."""
        return self.check.severity

    @property
    def summary(self) -> str:
        """The first line of the rule's documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def documentation(self) -> str:
        """The rule's documentation: the docstring of its class, without indentation."""
        return inspect.cleandoc(self.check.__doc__ or "")


class RuleConflictError(ValueError):
    """A rule that cannot be added; the text says why."""


class Registry:
    """All rules, by id."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}
        self._names: dict[str, Rule] = {}

    def add(self, check: object, bundle: str) -> None:
        """Add a rule.

        Raises:
            RuleConflictError: It is not a check, its metadata is malformed, or its ID is taken.
        """
        if not (isinstance(check, type) and issubclass(check, Check)):
            raise RuleConflictError(f"{check!r} is not a subclass of checker.Check")
        for attribute, grammar in (("id", _ID), ("name", _NAME)):
            value = getattr(check, attribute, None)
            if not isinstance(value, str) or grammar.fullmatch(value) is None:
                raise RuleConflictError(
                    f"{check.__module__}.{check.__qualname__}: {attribute} is {value!r}, but must "
                    f"match {grammar.pattern}",
                )
        if not isinstance(getattr(check, "severity", None), Severity):
            raise RuleConflictError(f"{check.__module__}.{check.__qualname__} has no severity")
        if not all(isinstance(option, Option) for option in check.options):
            raise RuleConflictError(
                f"{check.__module__}.{check.__qualname__}: options must contain only checker.Option"
            )
        for key, taken in ((check.id, self._rules), (check.name, self._names)):
            if key in taken:
                raise RuleConflictError(
                    f"rule {key} of {bundle} is already registered by {taken[key].bundle}",
                )
        rule = Rule(check, bundle)
        self._rules[check.id] = rule
        self._names[check.name] = rule

    def __iter__(self) -> Iterator[Rule]:
        return iter(sorted(self._rules.values(), key=lambda rule: rule.id))

    def __len__(self) -> int:
        return len(self._rules)

    def find(self, key: str) -> Rule | None:
        """The rule of an id or a name."""
        return self._rules.get(key.upper()) or self._names.get(key)

    def keys(self) -> tuple[str, ...]:
        """All ids and names, for suggestions."""
        return (*self._rules, *self._names)
