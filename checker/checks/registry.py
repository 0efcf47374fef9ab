"""The checks of a run: gathered from the plugins, each rule id and name claimed once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from checker.checks.check import Check
from checker.checks.finding import Severity
from checker.checks.listed import ListedRule, Scope
from checker.checks.option import Option
from checker.isolation import misfit
from checker.model.content import ContentRequest
from checker.records import NamedTuple

_METHODS = tuple(name for name in vars(Check) if name.startswith("check_"))
_NOT_OWN = (Check, object)
_LETTERS_OF_ID, _DIGITS_OF_ID = (3, 4, 5), (3, 6)
_LOWEST_SCORE, _HIGHEST_SCORE = 0.1, 10.0


class Rule(NamedTuple):
    """A check and the plugin that it came with.

    Attributes:
        given: The class, or what a bundle lists of it.
        bundle: Name of the plugin.
    """

    given: type[Check] | ListedRule
    bundle: str

    @property
    def check(self) -> type[Check]:
        """The class, which is loaded if it was only listed."""
        return _load(self.given) if isinstance(self.given, ListedRule) else self.given

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What includes the archives that it looks at; nothing if these are all."""
        return self.given.scopes if isinstance(self.given, ListedRule) else ()

    @property
    def id(self) -> str:
        """The rule id."""
        return self.given.id

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.given.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """Former names and ids of the rule."""
        return self.given.aliases

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """What it needs to see of files."""
        return () if isinstance(self.given, ListedRule) else self.given.reads

    @property
    def follows_findings(self) -> bool:
        """Whether it runs after the other rules."""
        return not isinstance(self.given, ListedRule) and self.given.follows_findings

    @property
    def needs_digests(self) -> bool:
        """Whether it runs when all bytes are hashed, and the engines were asked."""
        return self.given.needs_digests

    @property
    def is_required(self) -> bool:
        """Whether it is a requirement of the user."""
        return not isinstance(self.given, ListedRule) and self.given.is_required

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
        from inspect import cleandoc  # here, as few runs need it and it takes long to import

        return cleandoc(self.check.__doc__ or "")


class RuleConflictError(ValueError):
    """A rule that cannot be added; the text says why."""


class Registry:
    """All rules, by id."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}
        self._by_key: dict[str, Rule] = {}

    def add(self, check: object, bundle: str) -> None:
        """Add a rule: a class, or one that a bundle lists.

        Raises:
            RuleConflictError: It is not a check, its metadata is malformed, or its id, name or an
                alias is taken.
        """
        rule = Rule(check if isinstance(check, ListedRule) else _sound(check), bundle)
        keys = (rule.id, rule.name, *rule.aliases)
        for key in keys:
            taken = self._by_key.get(key)
            if taken is not None:
                raise RuleConflictError(
                    f"rule {key} of {bundle} is already registered by {taken.bundle}"
                )
        self._rules[rule.id] = rule
        self._by_key.update(dict.fromkeys(keys, rule))

    def copy(self) -> Registry:
        """The same rules, to which others can be added."""
        made = Registry()
        made._rules = dict(self._rules)
        made._by_key = dict(self._by_key)
        return made

    def __iter__(self) -> Iterator[Rule]:
        return iter(sorted(self._rules.values(), key=lambda rule: rule.id))

    def __len__(self) -> int:
        return len(self._rules)

    def find(self, key: str) -> Rule | None:
        """The rule of an id, a name, or a former one."""
        return self._by_key.get(key.upper()) or self._by_key.get(key)

    def keys(self) -> tuple[str, ...]:
        """All ids and names that are not former ones, for suggestions."""
        return (*self._rules, *(rule.name for rule in self._rules.values()))


@cache
def _load(listed: ListedRule) -> type[Check]:
    """The class of a rule that a bundle lists.

    Raises:
        RuleConflictError: It is not the rule that is listed.
    """
    check = _sound(listed.load())
    if (check.id, check.name, check.aliases) != (listed.id, listed.name, listed.aliases):
        raise RuleConflictError(f"{listed.place} is not {listed.name} ({listed.id})")
    return check


def _sound(check: object) -> type[Check]:
    """A class of rules.

    Raises:
        RuleConflictError: It is not a check, or its metadata is malformed.
    """
    if not (isinstance(check, type) and issubclass(check, Check)):
        raise RuleConflictError(f"{check!r} is not a subclass of checker.Check")
    _check_metadata(check)
    _check_methods(check)
    return check


def _check_metadata(check: type[Check]) -> None:
    """Refuse a rule whose metadata is malformed.

    Raises:
        RuleConflictError: It is.
    """
    place = f"{check.__module__}.{check.__qualname__}"
    for attribute, is_formed, grammar in (("id", _is_id, _ID), ("name", _is_name, _NAME)):
        value = getattr(check, attribute, None)
        if not isinstance(value, str) or not is_formed(value):
            raise RuleConflictError(f"{place}: {attribute} is {value!r}, but must match {grammar}")
    if not isinstance(getattr(check, "severity", None), Severity):
        raise RuleConflictError(f"{place} has no severity")
    if not all(isinstance(option, Option) for option in check.options):
        raise RuleConflictError(f"{place}: every option must be a checker.Option")
    if not _is_score(check.security):
        raise RuleConflictError(
            f"{place}: security is {check.security!r}, but must be a number from 0.1 to 10, or None"
        )
    if not _are_requests(check.reads):
        raise RuleConflictError(f"{place}: reads must be a tuple of checker.ContentRequest")
    if not _are_aliases(check.aliases):
        raise RuleConflictError(
            f"{place}: aliases is {check.aliases!r}, but must be a tuple of rule names or ids"
        )


# As regular expressions, which take longer to compile than a run looks at them.
_ID = r"[A-Z]{3,5}[0-9]{3}(?:[0-9]{3})?"
_NAME = r"[a-z0-9]+(-[a-z0-9]+)*"
_DIGITS = "0123456789"


def _is_id(text: str) -> bool:
    letters = text.rstrip(_DIGITS)
    # Ids that are made of names have six digits, so that two names hardly get the same.
    return (
        letters.isascii()
        and letters.isalpha()
        and letters.isupper()
        and len(letters) in _LETTERS_OF_ID
        and len(text) - len(letters) in _DIGITS_OF_ID
    )


def _is_name(text: str) -> bool:
    is_lower = text.isascii() and text == text.lower()
    return is_lower and all(part.isalnum() for part in text.split("-"))


def _is_score(score: object) -> bool:
    if not isinstance(score, int | float) or isinstance(score, bool):
        return score is None
    return _LOWEST_SCORE <= score <= _HIGHEST_SCORE


def _are_requests(reads: object) -> bool:
    return isinstance(reads, tuple) and not any(misfit(each, ContentRequest) for each in reads)


def _are_aliases(aliases: object) -> bool:
    return isinstance(aliases, tuple) and all(
        isinstance(alias, str) and (_is_id(alias) or _is_name(alias)) for alias in aliases
    )


def _check_methods(check: type[Check]) -> None:
    """Refuse a rule with a method that is named like one that is called, but never would be.

    Raises:
        RuleConflictError: A method begins with ``check_``, and no subject has that name.
    """
    own = (owner for owner in check.__mro__ if owner not in _NOT_OWN)
    names = (name for owner in own for name in vars(owner) if name.startswith("check_"))
    for name in names:
        if name not in _METHODS:
            from difflib import get_close_matches

            close = get_close_matches(name, _METHODS, 1)
            hint = f"; did you mean {close[0]}?" if close else f"; it can be {', '.join(_METHODS)}"
            raise RuleConflictError(
                f"{check.__module__}.{check.__qualname__}: {name} is never called{hint}"
            )
