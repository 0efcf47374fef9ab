"""Whether an archive can be loaded and imported, according to the verdicts of Docker's profiles."""

from __future__ import annotations

from collections.abc import Sequence

from checker.verdicts import Classification, Loadable, Verdict, VerdictOutcome

_LOAD, _IMPORT = "load", "import"
_DOCKER = "docker-"


def with_verdicts(found: Classification, verdicts: Sequence[Verdict]) -> Classification:
    """Correct the classification by kind according to the verdicts of the engines.

    Args:
        found: The classification by kind.
        verdicts: The verdicts of the engines; empty if none was asked.
    """
    found = _loadable(found, _of_docker(verdicts, _LOAD))
    return _importable(found, _of_docker(verdicts, _IMPORT))


def _of_docker(verdicts: Sequence[Verdict], action: str) -> list[Verdict]:
    return [
        verdict
        for verdict in verdicts
        if verdict.engine.startswith(_DOCKER) and verdict.action == action
    ]


def _loadable(found: Classification, verdicts: list[Verdict]) -> Classification:
    refusals = [verdict for verdict in verdicts if not _is_fine(verdict)]
    if not verdicts or (not refusals and found.loadable is Loadable.YES):
        return found
    if not refusals:
        return found._replace(
            loadable=Loadable.YES, loadable_reason="every Docker profile loads it"
        )
    if len(refusals) == len(verdicts):
        if found.loadable is Loadable.NO:
            return found
        return found._replace(loadable=Loadable.NO, loadable_reason=refusals[0].reason)
    names = ", ".join(verdict.engine for verdict in refusals)
    if found.loadable is Loadable.DEPENDS:
        return found
    return found._replace(
        loadable=Loadable.DEPENDS, loadable_reason=f"refused by {names}: {refusals[0].reason}"
    )


def _importable(found: Classification, verdicts: list[Verdict]) -> Classification:
    """An import that gives an unusable image stays so; an import that fails is not possible."""
    if not found.importable or not verdicts or any(map(_is_fine, verdicts)):
        return found
    return found._replace(importable=False, importable_reason=verdicts[0].reason, restore=None)


def _is_fine(verdict: Verdict) -> bool:
    return verdict.outcome is VerdictOutcome.ACCEPTS
