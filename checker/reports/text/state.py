"""How an archive, and a whole run, came out: one word, and what keeps it from being shipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from checker.checks.finding import Finding, Severity
from checker.reports.layout import Style, safe
from checker.reports.wording import count_words
from checker.results import CheckedArchive, Run
from checker.verdicts import Classification, Loadable, VerdictOutcome

_MOST_RULES = 3


class State(StrEnum):
    """How an archive came out, in a word that fits into the column of labels.

    Of ``check``: ``OK``, ``FAILED``, and ``ERRORS`` (which do not fail the run). Of ``classify``:
    ``LOADS``, ``DEPENDS`` (on the engine), ``IMPORTS``, ``RESTORE`` (in several steps), and
    ``CONVERT`` (to a form that can be loaded). Of both: ``REFUSED`` (nothing loads or imports it),
    ``PARTIAL`` (something crashed), ``UNREAD``.
    """

    OK = "ok"
    LOADS = "loads"
    DEPENDS = "depends"
    IMPORTS = "imports"
    RESTORE = "restore"
    CONVERT = "convert"
    REFUSED = "refused"
    ERRORS = "errors"
    FAILED = "failed"
    PARTIAL = "partial"
    UNREAD = "unread"

    @property
    def is_good(self) -> bool:
        """Whether there is a way to use the archive, and nothing against it."""
        return self in _GOOD

    @property
    def style(self) -> Style:
        """How it is shown."""
        if self in _WITH_EFFORT:
            return Style.WARNING
        return Style.GOOD if self.is_good else Style.ERROR


_WITH_EFFORT = frozenset({State.DEPENDS, State.RESTORE, State.CONVERT})
_GOOD = frozenset({State.OK, State.LOADS, State.IMPORTS}) | _WITH_EFFORT


def state_of(run: Run, checked: CheckedArchive) -> State:
    """How an archive came out.

    Args:
        run: The run, of which the command and what fails it are needed.
        checked: The archive.
    """
    if checked.error is not None:
        return State.UNREAD
    if not checked.is_whole:
        return State.PARTIAL
    if run.command != "check":
        return _restored(checked.classification)
    if checked.failures(run.fail_on_of(checked.path)):
        return State.FAILED
    if checked.failures(Severity.ERROR):
        return State.ERRORS
    found = checked.classification
    is_refused = found is not None and _is_refused(found) and required_way(checked) is None
    return State.REFUSED if is_refused else State.OK


def _restored(found: Classification | None) -> State:
    if found is None:
        return State.REFUSED
    if _is_refused(found):
        return State.REFUSED if found.conversion is None else State.CONVERT
    if found.loadable is Loadable.NO:
        return State.IMPORTS if found.importable else State.RESTORE
    return State.DEPENDS if found.loadable is Loadable.DEPENDS else State.LOADS


def _is_refused(found: Classification) -> bool:
    is_taken = found.importable or found.loadable is not Loadable.NO
    return found.restore is None and not is_taken


def verb_of(found: Classification) -> str:
    """What is done with an archive that can be used: load, import, or restore in several steps."""
    if found.loadable is not Loadable.NO:
        return "load"
    return "import" if found.importable else "restore"


def way_of(found: Classification) -> tuple[str, str] | None:
    """What to do with an archive, and the command for it; None if none is known."""
    if found.restore is not None:
        return verb_of(found), found.restore
    return None if found.conversion is None else ("convert", found.conversion)


def required_way(checked: CheckedArchive) -> tuple[str, str] | None:
    """What to do with an archive that all engines accept that the user requires, and no others.

    None if none are required, one does not accept it, or others load or import it.
    """
    found, required = checked.classification, checked.required_verdicts
    if found is None or not _is_refused(found):
        return None
    if any(verdict.outcome is not VerdictOutcome.ACCEPTS for verdict in required):
        return None
    commands = (verdict.command for verdict in required if verdict.command is not None)
    return next((("use", command) for command in commands), None)


def state_of_run(run: Run) -> State:
    """How a run came out: as its only archive did, or all of them that are not good did."""
    states = {state_of(run, checked) for checked in run.archives}
    bad = {state for state in states if not state.is_good}
    if bad:
        several = State.FAILED if run.exit_code else State.ERRORS
        return bad.pop() if len(bad) == 1 else several
    if run.problems:
        return State.PARTIAL
    if any(map(run.fails, run.waiver_findings)):
        return State.FAILED
    return states.pop() if len(states) == 1 else State.OK


def counts(run: Run) -> Iterator[str]:
    """The number of findings of each severity, of those that are accepted, and of crashes."""
    found = run.findings
    for severity in Severity:
        number = sum(one.severity is severity and not one.is_accepted for one in found)
        if number:
            yield count_words(number, severity)
    waived = sum(finding.waived is not None for finding in found)
    known = sum(finding.in_baseline for finding in found)
    if waived:
        yield f"{waived:,} waived"
    if known:
        yield f"{known:,} in the baseline"
    if run.crashes:
        yield count_words(run.crashes, "crash", "crashes")


def alone(run: Run, checked: CheckedArchive) -> Run:
    """A run of one archive, without what concerns the others."""
    return run._replace(
        archives=(checked,),
        problems=checked.problems,
        waiver_findings=(),
        fail_on=run.fail_on_of(checked.path),
        own_fail_on={},
    )


def obstacles(run: Run) -> Iterator[str]:
    """What keeps the archives of a run from being shipped, as counts; nothing if all are good."""
    failing = [finding for finding in run.findings if _is_obstacle(run, finding)]
    states = [state_of(run, checked) for checked in run.archives]
    yield from _findings(failing, are_named=len(states) == 1)
    numbers = (
        (run.crashes, count_words(run.crashes, "crash", "crashes")),
        (len(run.problems), count_words(len(run.problems), "plugin problem")),
        *_unusable(states),
    )
    yield from (words for number, words in numbers if number)


def _is_obstacle(run: Run, finding: Finding) -> bool:
    if run.command != "check":
        return False
    is_error = finding.severity is Severity.ERROR and not finding.is_accepted
    return is_error or run.fails(finding)


def _findings(failing: Sequence[Finding], *, are_named: bool) -> Iterator[str]:
    """The number of each severity, and of which rules the findings are."""
    for severity in Severity:
        found = [finding for finding in failing if finding.severity is severity]
        if found:
            names = f" ({_rules(found)})" if are_named else ""
            yield f"{count_words(len(found), severity)}{names}"


def _rules(found: Iterable[Finding]) -> str:
    rules = tuple(dict.fromkeys(safe(finding.rule) for finding in found))
    return ", ".join((*rules[:_MOST_RULES], *(["..."] if len(rules) > _MOST_RULES else ())))


def _unusable(states: Sequence[State]) -> Iterator[tuple[int, str]]:
    unread, refused = states.count(State.UNREAD), states.count(State.REFUSED)
    if len(states) == 1:
        yield unread, "it could not be read"
        yield refused, "no engine loads or imports it"
    else:
        yield unread, f"{unread:,} not read"
        yield refused, f"{refused:,} that no engine loads or imports"
