"""ENG004: an engine that takes archives of this kind refuses this one."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.verdicts import Verdict, VerdictOutcome
from checker_engines.answers.refusal import LAYER_DAMAGED, LAYER_NOT_EXTRACTED, NOT_EXTRACTED
from checker_engines.causes import is_explained
from checker_engines.suits import is_made_for

_CONTENT = frozenset({*LAYER_DAMAGED, *LAYER_NOT_EXTRACTED, *NOT_EXTRACTED})
"""The rules about content that engines cannot extract."""
_READ_BY_ALL = frozenset({CompressionKind.NONE, CompressionKind.GZIP})


class UsualEngineRefuses(Check):
    """An engine that accepts valid archives of this kind refuses this one.

    What it means:
        The archive is of a kind that the engine reads, but a step of the engine ends in an error
        whose cause no other finding names. The finding names the engines, the cause, and the text
        that the first of them prints.

    Why it matters:
        The archive works where it was made and fails on another engine or version.

    How to fix it:
        Remove the cause that the finding names, or state the engines that the archive is for with
        ``--engine`` and ignore this rule.

    References:
        - docs/engines.md of this project: what decides in each engine
    """

    id = "ENG004"
    name = "usual-engine-refuses"
    severity = Severity.WARNING
    since = "0.1.0"
    follows_findings = True

    def skip_reason(self, archive: Archive) -> str | None:
        """Not applicable if no engine was asked."""
        del archive
        return None if self.context.verdicts else "no engine was asked"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report each cause once, with the engines that it stops."""
        if archive.known_kind is not None or archive.damage is not None:
            return
        by_reason: dict[str, list[Verdict]] = {}
        for verdict in self.context.verdicts:
            if self._is_unexpected(archive, verdict):
                by_reason.setdefault(verdict.reason, []).append(verdict)
        for reason, verdicts in by_reason.items():
            # Other refusals are about the host, the compression, or which image is meant.
            is_about_content = archive.compression.kind in _READ_BY_ALL and any(
                map(_CONTENT.intersection, (one.rules for one in verdicts))
            )
            severity = None if is_about_content else Severity.NOTE
            names = ", ".join(f"{one.engine} {one.action}" for one in verdicts)
            refuse = "refuses" if len(verdicts) == 1 else "refuse"
            said = f' ("{verdicts[0].message}")' if verdicts[0].message else ""
            message = f"{names} {refuse} it: {reason}{said}"
            yield self.finding(archive, message, severity=severity)

    def _is_unexpected(self, archive: Archive, verdict: Verdict) -> bool:
        return (
            verdict.outcome is VerdictOutcome.REJECTS
            and is_made_for(verdict, archive)
            and not is_explained(verdict, self.context.findings)
        )
