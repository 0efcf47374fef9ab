"""Verdicts of engines, as tests ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from checker.reports.printable import printable
from checker.suggestion import nearest
from checker.verdicts import Verdict, VerdictOutcome


class UnknownEngineError(KeyError):
    """There is no such engine or action; the message names the nearest one that is there."""

    def __str__(self) -> str:
        return str(self.args[0])


class VerdictView:
    """What one engine does with the archive.

    Attributes:
        facts: The verdict.
    """

    def __init__(self, facts: Verdict) -> None:
        self.facts = facts

    @property
    def accepts(self) -> bool:
        """Whether the engine takes the archive, and what it makes of it is usable."""
        return self.facts.outcome is VerdictOutcome.ACCEPTS

    @property
    def rejects(self) -> bool:
        """Whether the engine refuses the archive."""
        return self.facts.outcome is VerdictOutcome.REJECTS

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self.facts.reason

    @property
    def message(self) -> str | None:
        """The text that the engine prints, if it refuses."""
        return self.facts.message

    @property
    def command(self) -> str | None:
        """The command."""
        return self.facts.command

    def __repr__(self) -> str:
        facts = self.facts
        title = f"{facts.engine}:{facts.action} {facts.outcome}"
        return f"<{printable(title)}: {printable(facts.reason)}>"


class VerdictsView:
    """The verdicts on an archive: ``verdicts["docker-28:load"]``.

    Args:
        engines: The verdicts of the engines.
        ask_readers: Gives those of other tools that read archives, which are asked if a test does.
    """

    def __init__(
        self, engines: Iterable[Verdict], ask_readers: Callable[[], Iterable[Verdict]]
    ) -> None:
        self._known = {_key(verdict): verdict for verdict in engines}
        self._ask_readers = ask_readers
        self._has_asked = False

    def __getitem__(self, engine: str) -> VerdictView:
        __tracebackhide__ = True
        if engine not in self._known and not self._has_asked:
            self._has_asked = True
            self._known.update({_key(verdict): verdict for verdict in self._ask_readers()})
        if engine not in self._known:
            hint = nearest(engine, self._known)
            raise UnknownEngineError(f"no verdict of {engine!r}: write ENGINE:ACTION{hint}")
        return VerdictView(self._known[engine])

    def __iter__(self) -> Iterator[VerdictView]:
        return map(VerdictView, tuple(self._known.values()))

    def __repr__(self) -> str:
        return f"<verdicts of {len(self._known)} engines>"


def _key(verdict: Verdict) -> str:
    return f"{verdict.engine}:{verdict.action}"
