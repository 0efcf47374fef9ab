"""The verdict of a tool whose steps are one function that refuses or returns what it found."""

from __future__ import annotations

from collections.abc import Callable

from checker.model.work import OutOfWork
from checker.records import NamedTuple
from checker.verdicts import Question, Verdict, VerdictOutcome
from checker_engines.answers.advice import why_not_loaded
from checker_engines.answers.conditions import reading_conditions
from checker_engines.answers.refusal import Refusal
from checker_engines.answers.undecided import undecided


class Command(NamedTuple):
    """What is run.

    Attributes:
        engine: Name of the profile.
        action: The action.
        typed: The command to run.
        prefix: What the tool prints before an error.
        takes_roots: Whether it is for root filesystems, so that none is refused for being one.
    """

    engine: str
    action: str
    typed: str
    prefix: str = ""
    takes_roots: bool = False


class Answer(NamedTuple):
    """What a tool that exits 0 has done.

    Attributes:
        reason: The result, for a person, with what it does not have of the archive.
        is_broken: Whether what was asked for is not in the result.
        rules: IDs of the rules that can explain why it is broken.
        conditions: What the answer depends on besides the file.
    """

    reason: str
    is_broken: bool = False
    rules: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


def verdict_of(
    command: Command, question: Question, steps: Callable[[Question], Answer]
) -> Verdict:
    """The verdict of a tool.

    Args:
        command: What is run.
        question: What is asked.
        steps: What the tool does; raises Refusal where it returns an error.
    """
    conditions = reading_conditions(question.archive)
    verdict = Verdict(
        engine=command.engine,
        action=command.action,
        outcome=VerdictOutcome.ACCEPTS,
        reason="",
        conditions=conditions,
        command=command.typed,
    )
    try:
        answer = steps(question)
    except OutOfWork as stop:
        return undecided(verdict, stop.reached)
    except Refusal as refusal:
        is_own = command.takes_roots
        return verdict._replace(
            outcome=VerdictOutcome.REJECTS,
            reason=refusal.reason if is_own else why_not_loaded(question, refusal),
            message=f"{command.prefix}{refusal.message}",
            rules=refusal.rules,
        )
    return verdict._replace(
        outcome=VerdictOutcome.ACCEPTS_BROKEN if answer.is_broken else VerdictOutcome.ACCEPTS,
        reason=answer.reason,
        rules=answer.rules,
        conditions=(*conditions, *answer.conditions),
    )
