"""Rules that a bundle lists, so that they are loaded only for archives that they look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.checks.check import Check
    from checker.model.archive import Archive


class Scope(NamedTuple):
    """The archives that rules look at.

    Attributes:
        includes: Whether an archive is one of them. It is asked of every archive, also of hostile
            ones, so it must not look at entries one by one.
        reason: Why the rules are skipped for others; None if they pass, as there is nothing that
            they could find.
    """

    includes: Callable[[Archive], bool]
    reason: str | None

    def skip_reason(self, archive: Archive) -> str | None:
        """Why the rules are skipped for an archive; None if they are not."""
        return None if self.includes(archive) else self.reason


class ListedRule(NamedTuple):
    """What a run needs to know of a rule before it is loaded.

    A listed rule cannot read files, run after other rules, or be a requirement of a policy.

    Attributes:
        id: Its id.
        name: Its name.
        place: Where its class is: ``module:Class``.
        scopes: It is loaded for archives that all of them include; of others the first that does
            not include the archive says what comes of the rule.
        aliases: Its former names and ids.
        needs_digests: What ``Check.needs_digests`` says, for its scopes as well.
    """

    id: str
    name: str
    place: str
    scopes: tuple[Scope, ...]
    aliases: tuple[str, ...] = ()
    needs_digests: bool = False

    def load(self) -> type[Check]:
        """Import the rule.

        Raises:
            Exception: Whatever the import raises.
        """
        module, _, name = self.place.partition(":")
        check: type[Check] = getattr(import_module(module), name)
        return check


def listed(package: str, *tables: tuple[tuple[Scope, ...], str]) -> tuple[ListedRule, ...]:
    """The rules of tables with a line for each: its id, its name and its former names.

    A rule named ``size-mismatch`` is the class ``SizeMismatch`` in the module ``size_mismatch``.

    Args:
        package: The package with the modules.
        tables: The scopes of some rules, and their lines. The rules look at the archives that all
            of their scopes include.
    """
    return tuple(
        _listed(package, scopes, *line.split())
        for scopes, lines in tables
        for line in lines.split("\n")
        if line
    )


def needing_digests(rules: Iterable[ListedRule]) -> tuple[ListedRule, ...]:
    """Rules that are asked, or whose scopes are, when digests and verdicts are known."""
    return tuple(rule._replace(needs_digests=True) for rule in rules)


def _listed(
    package: str, scopes: tuple[Scope, ...], number: str, name: str, *aliases: str
) -> ListedRule:
    module = name.replace("-", "_")
    title = "".join(part.capitalize() for part in name.split("-"))
    return ListedRule(number, name, f"{package}.{module}:{title}", scopes, aliases)
