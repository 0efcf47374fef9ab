"""What several images, engines or parts have in common, so that reports say it once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from checker.reports.layout import safe
from checker.starting.obstacle import Answer, Start
from checker.verdicts import Classification, Verdict, VerdictOutcome

_METADATA = "CMD, ENTRYPOINT, ENV, USER and the rest of the config"
_OUTCOMES = tuple(VerdictOutcome)


def starts_alike(
    labels: Sequence[str], starts: Sequence[Start]
) -> Mapping[tuple[Answer, str], list[str]]:
    """The images with the same answer to whether a container starts, and the same reason.

    Args:
        labels: What the images are called; empty for a root filesystem.
        starts: Whether containers of them start, in the same order.
    """
    groups: dict[tuple[Answer, str], list[str]] = {}
    for label, start in zip(labels or [""], starts, strict=False):
        groups.setdefault((start.answer, safe(start.text)), []).append(safe(label))
    return groups


def verdicts_alike(
    verdicts: Iterable[Verdict],
) -> list[tuple[tuple[VerdictOutcome, str], list[Verdict]]]:
    """The verdicts with the same outcome and reason, by outcome."""
    groups: dict[tuple[VerdictOutcome, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.outcome, safe(verdict.reason)), []).append(verdict)
    return sorted(groups.items(), key=lambda group: _OUTCOMES.index(group[0][0]))


def assumptions(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """What the outcomes depend on besides the archive."""
    conditions = dict.fromkeys(each for verdict in verdicts for each in verdict.conditions)
    return tuple(map(safe, conditions))


def kept_and_lost(found: Classification) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parts of an image that remain when the archive is restored, and those that do not."""
    parts = {"the layers": found.keeps_layers, _METADATA: found.keeps_metadata}
    kept = tuple(name for name, is_kept in parts.items() if is_kept)
    return kept, tuple(name for name, is_kept in parts.items() if not is_kept)
