"""What an archive is, what takes it, and how it is restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from checker.checks.finding import Outcome
from checker.model.archive import Archive, Source
from checker.records import NamedTuple
from checker.reports.alike import kept_and_lost, starts_alike
from checker.reports.layout import safe, safe_advice
from checker.reports.printable import printable
from checker.reports.wording import compression_words, count_words, kind_words, size_words
from checker.results import CheckedArchive
from checker.starting.obstacle import Answer, Start
from checker.verdicts import Classification, Loadable

_MOST_STARTS = 10
_MOST_NAMED = 10
_STATES = {"yes": "good", "no": "bad"}


class AnswerView(NamedTuple):
    """An answer with its reason.

    Attributes:
        question: What is asked.
        answer: ``yes``, ``no``, ``depends`` or ``unknown``.
        state: ``good``, ``bad``, ``mixed`` or ``plain``, by which it is coloured.
        reason: Why.
    """

    question: str
    answer: str
    state: str
    reason: str


class RestoreView(NamedTuple):
    """How an archive is restored.

    Attributes:
        command: The command.
        keeps: What remains.
        loses: What does not.
    """

    command: str
    keeps: str
    loses: str


class AboutView(NamedTuple):
    """What an archive is.

    Attributes:
        facts: Names and values.
        answers: What takes it, and whether containers start.
        restore: How it is restored; None if nothing does.
        advice: What to know before.
        rules: The results of the rules in words; empty if none ran.
        crashes: What crashed.
    """

    facts: tuple[tuple[str, str], ...]
    answers: tuple[AnswerView, ...]
    restore: RestoreView | None
    advice: tuple[str, ...]
    rules: str
    crashes: tuple[str, ...]


def about_view(checked: CheckedArchive) -> AboutView:
    """What an archive is."""
    archive, found = checked.archive, checked.classification
    labels = () if archive is None else tuple(image.label for image in archive.images)
    return AboutView(
        facts=() if archive is None else tuple(_facts(archive, found)),
        answers=(
            *(() if found is None else _answers(found, checked.starts)),
            *_starts(labels, checked.starts),
        ),
        restore=None if found is None else _restore(found),
        advice=() if found is None else tuple(map(safe_advice, found.advice)),
        rules=", ".join(_rules(checked)),
        crashes=tuple(map(safe, checked.crashes)),
    )


def _facts(archive: Archive, found: Classification | None) -> Iterator[tuple[str, str]]:
    yield "Kind", safe(kind_words(archive))
    yield "Size", size_words(archive.size)
    if archive.source is not Source.DIRECTORY:
        yield "Compression", compression_words(archive.compression.kind)
    yield "Entries", f"{archive.stats.entries:,}"
    if found is not None and found.producer is not None:
        yield "Written by", safe(found.producer)
    if archive.sha256 is not None:
        yield "SHA-256", archive.sha256


def _answers(found: Classification, starts: Sequence[Start]) -> Iterator[AnswerView]:
    """Whether it can be loaded and imported; neither is good if what results is of no use."""
    is_useless = any(start.answer is Answer.NO for start in starts)
    good = "mixed" if is_useless else "good"
    states = {Loadable.YES: good, Loadable.DEPENDS: "mixed", Loadable.NO: "plain"}
    importable = Loadable.YES if found.importable else Loadable.NO
    yield AnswerView(
        "Can it be loaded?",
        str(found.loadable),
        states[found.loadable],
        safe(found.loadable_reason),
    )
    yield AnswerView(
        "Can it be imported?", str(importable), states[importable], safe(found.importable_reason)
    )


def _starts(labels: Sequence[str], starts: Sequence[Start]) -> Iterator[AnswerView]:
    """Whether containers start; images with the same answer and reason share one."""
    groups = starts_alike(labels, starts)
    for (answer, text), names in islice(groups.items(), _MOST_STARTS):
        of = f" of {', '.join(names[:_MOST_NAMED])}" if len(groups) > 1 else ""
        state = _STATES.get(str(answer), "mixed")
        yield AnswerView(f"Does a container{of} start?", str(answer), state, text)
    if len(groups) > _MOST_STARTS:
        more = count_words(len(groups) - _MOST_STARTS, "more answer")
        yield AnswerView("Do containers of other images start?", "unknown", "mixed", more)


def _restore(found: Classification) -> RestoreView | None:
    if found.restore is None:
        return None
    kept, lost = kept_and_lost(found)
    return RestoreView(printable(found.restore), " and ".join(kept), " and ".join(lost))


_OUTCOMES = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "with findings",
    Outcome.SKIPPED: "not applicable",
    Outcome.ERROR: "crashed",
}


def _rules(checked: CheckedArchive) -> Iterator[str]:
    outcomes = [result.outcome for result in checked.results]
    if not outcomes:
        return
    yield count_words(len(outcomes), "rule")
    for outcome, words in _OUTCOMES.items():
        many = outcomes.count(outcome)
        if many:
            yield f"{many:,} {words}"
