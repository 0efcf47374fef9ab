"""Which engines accept an archive, for what is said of it and for the commands that are printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.verdicts import Host, Verdict, VerdictOutcome

IMPORT = "import"


class Takers:
    """The verdicts of all engines, asked by family: ``docker`` is every profile of Docker.

    No command is printed unless a profile of its engine accepts the archive. Where no engine was
    asked, nothing is known, and every engine counts as one that accepts it.

    Args:
        verdicts: The verdicts.
        host: The host of the engines.
    """

    def __init__(self, verdicts: Sequence[Verdict], host: Host) -> None:
        self._verdicts = verdicts
        self.host = host

    @property
    def are_known(self) -> bool:
        """Whether any engine was asked."""
        return bool(self._verdicts)

    def loads(self, family: str = "") -> list[Verdict]:
        """The verdicts of a family on everything but an import."""
        return [one for one in self._of(family) if one.action != IMPORT]

    def imports(self, family: str = "") -> list[Verdict]:
        """The verdicts of a family on an import."""
        return [one for one in self._of(family) if one.action == IMPORT]

    def take(self, family: str, action: str) -> bool:
        """Whether a profile of a family accepts the archive for an action."""
        asked = [one for one in self._of(family) if one.action == action]
        return any(map(accepts, asked)) if asked else not self._verdicts

    def all_take(self, family: str, action: str) -> bool:
        """Whether every profile of a family accepts the archive for an action."""
        asked = [one for one in self._of(family) if one.action == action]
        return bool(asked) and all(map(accepts, asked))

    def _of(self, family: str) -> Iterator[Verdict]:
        return (one for one in self._verdicts if one.engine.startswith(family))


def accepts(verdict: Verdict) -> bool:
    """Whether an engine makes of the archive what it should."""
    return verdict.outcome is VerdictOutcome.ACCEPTS


def refuses(verdict: Verdict) -> bool:
    """Whether an engine ends with an error."""
    return verdict.outcome is VerdictOutcome.REJECTS
