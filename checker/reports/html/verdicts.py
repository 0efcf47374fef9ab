"""What engines and other readers do with an archive: which give the same answers, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.records import NamedTuple
from checker.reports.alike import assumptions, verdicts_alike
from checker.reports.layout import safe
from checker.reports.wording import OUTCOME_WORDS
from checker.results import CheckedArchive
from checker.verdicts import Verdict, VerdictOutcome

_IMPORT = "import"
_ORDER = tuple(VerdictOutcome)


class Answer(NamedTuple):
    """An answer of engines in a cell of the matrix.

    Attributes:
        outcome: The outcome, by which it is coloured; empty if the engines have no such action.
        words: The outcome in words.
    """

    outcome: str
    words: str


class MatrixRow(NamedTuple):
    """Engines that answer alike.

    Attributes:
        engines: Their names, with the command where it is not ``load``.
        answers: What they do with the archive, for each column.
    """

    engines: tuple[str, ...]
    answers: tuple[Answer, ...]


class Reason(NamedTuple):
    """An outcome and a reason that several engines share.

    Attributes:
        answer: The outcome.
        text: The reason.
        engines: The engines and their actions.
        messages: What they print.
    """

    answer: Answer
    text: str
    engines: tuple[str, ...]
    messages: tuple[str, ...]


class VerdictView(NamedTuple):
    """What engines do with an archive.

    Attributes:
        name: What they are called.
        columns: The titles of the columns with answers.
        rows: The matrix.
        reasons: The reasons, by outcome.
        assumptions: What the outcomes depend on besides the archive.
        required: The engines that must accept it.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    reasons: tuple[Reason, ...]
    assumptions: tuple[str, ...]
    required: tuple[str, ...]


_NONE = Answer("", "no such command")


def verdict_view(checked: CheckedArchive) -> VerdictView:
    """What engines do with an archive."""
    verdicts = checked.verdicts or checked.required_verdicts
    return VerdictView(
        name="Engines",
        columns=("As an image", "As a root filesystem (import)"),
        rows=_rows(verdicts),
        reasons=_reasons(verdicts),
        assumptions=assumptions(verdicts),
        required=tuple(_asked(verdict) for verdict in checked.required_verdicts),
    )


def reader_view(checked: CheckedArchive) -> VerdictView:
    """What other tools that read archives do with an archive, where they were asked."""
    verdicts = checked.reader_verdicts
    return VerdictView(
        name="Readers",
        columns=("Answer",),
        rows=_grouped((_asked(verdict), (_answer(verdict),)) for verdict in verdicts),
        reasons=_reasons(verdicts),
        assumptions=assumptions(verdicts),
        required=(),
    )


def _rows(verdicts: Sequence[Verdict]) -> tuple[MatrixRow, ...]:
    imports = {verdict.engine: verdict for verdict in verdicts if verdict.action == _IMPORT}
    images = [verdict for verdict in verdicts if verdict.action != _IMPORT]
    engines = {verdict.engine for verdict in images}
    pairs: list[tuple[str, Verdict | None, Verdict | None]] = [
        (_label(verdict), verdict, imports.get(verdict.engine)) for verdict in images
    ]
    pairs += [
        (_asked(verdict), None, verdict)
        for engine, verdict in imports.items()
        if engine not in engines
    ]
    return _grouped((label, (_answer(image), _answer(root))) for label, image, root in pairs)


def _grouped(rows: Iterable[tuple[str, tuple[Answer, ...]]]) -> tuple[MatrixRow, ...]:
    """Those with the same answers in one row, the good ones first."""
    groups: dict[tuple[Answer, ...], list[str]] = {}
    for label, answers in rows:
        groups.setdefault(answers, []).append(label)
    ordered = sorted(groups.items(), key=lambda group: tuple(map(_rank, group[0])))
    return tuple(MatrixRow(tuple(labels), answers) for answers, labels in ordered)


def _label(verdict: Verdict) -> str:
    return _named(verdict.engine) if verdict.action == "load" else _asked(verdict)


def _asked(verdict: Verdict) -> str:
    return _named(f"{verdict.engine} {verdict.action}")


def _named(words: str) -> str:
    """A name of an engine of a plugin, which can be anything."""
    return safe(words).strip() or "(no name)"


def _answer(verdict: Verdict | None) -> Answer:
    if verdict is None:
        return _NONE
    return Answer(str(verdict.outcome), OUTCOME_WORDS[verdict.outcome])


def _rank(answer: Answer) -> int:
    outcomes = [str(outcome) for outcome in _ORDER]
    return outcomes.index(answer.outcome) if answer.outcome in outcomes else len(outcomes)


def _reasons(verdicts: Sequence[Verdict]) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            answer=_answer(alike[0]),
            text=reason,
            engines=tuple(map(_asked, alike)),
            messages=tuple(dict.fromkeys(safe(each.message) for each in alike if each.message)),
        )
        for (_, reason), alike in verdicts_alike(verdicts)
    )
