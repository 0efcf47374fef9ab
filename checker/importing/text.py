"""A plan as text for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from checker.importing.command_line import Origin
from checker.importing.masked import MASK, MaskedPlan
from checker.importing.plan import EngineResult, ImportPlan, Refusal
from checker.reports.layout import EMPTY, Line, Style, guarded, paragraph, safe, wrap
from checker.reports.wording import count_words
from checker.starting.obstacle import Answer

_LABEL = 9
_INDENT = 2
_MOST_LOST = 20
_ANSWER_STYLES = {
    Answer.YES: Style.GOOD,
    Answer.NO: Style.ERROR,
    Answer.UNKNOWN: Style.WARNING,
}
_ANSWER_WORDS = {Answer.YES: "yes", Answer.NO: "no", Answer.UNKNOWN: "unknown"}


def plan_lines(shown: MaskedPlan, width: int) -> list[Line]:
    """The plan as lines of styled text.

    Args:
        shown: The plan.
        width: Columns to wrap at; commands are not broken.
    """
    return [guarded(line) for line in _lines(shown, width)]


def _lines(shown: MaskedPlan, width: int) -> Iterator[Line]:
    plan = shown.plan
    yield ((Style.TITLE, safe(plan.path)),)
    yield from _reference(plan, width)
    yield from _platform(plan, width)
    for at in range(len(plan.changes)):
        yield from _change(plan, at, width)
    yield from _lost(plan, width)
    yield from _result(plan, width)
    yield from _starts(plan, width)
    yield from _command(shown, width)


def _row(label: str, text: str, style: Style, width: int, indent: int = 0) -> Iterator[Line]:
    column = _LABEL + indent
    start: Line = ((Style.LABEL, label.ljust(column)),)
    yield from paragraph(start, wrap(safe(text), width - column), style)


def _reference(plan: ImportPlan, width: int) -> Iterator[Line]:
    names = dict.fromkeys(each.name for each in plan.results if each.name is not None)
    if plan.reference and names and not plan.reference_refusals:
        yield from _row("name", ", ".join(names), Style.PLAIN, width)
    if plan.reference_refusals:
        yield from _row("name", plan.reference, Style.ERROR, width)
    for refusal in plan.reference_refusals:
        yield from _refusal(refusal, width)
    if plan.suggested_reference is not None:
        text = f"{plan.suggested_reference} is accepted"
        yield from _row("", text, Style.NOTE, width, _INDENT)


def _platform(plan: ImportPlan, width: int) -> Iterator[Line]:
    found = plan.platform
    yield from _row("platform", f"{found.platform}: {found.reason}", Style.PLAIN, width)
    if found.problem is not None:
        yield from _row("", found.problem, Style.ERROR, width)
    for refusal in found.refusals:
        yield from _refusal(refusal, width)
    others = {
        each.platform: each.engine
        for each in plan.results
        if each.platform not in (None, found.platform)
    }
    for platform, engine in others.items():
        yield from _row("", f"{engine} makes it {platform}", Style.WARNING, width)


def _change(plan: ImportPlan, at: int, width: int) -> Iterator[Line]:
    change = plan.changes[at]
    refused = {name for refusal in change.refusals for name in refusal.engines}
    is_refused = len(refused) == len(plan.results)
    style = Style.ERROR if is_refused else Style.COMMAND
    yield from _row("" if at else "changes", change.change, style, width)
    for refusal in change.refusals:
        yield from _refusal(refusal, width)
    following = plan.changes[at + 1].reason if at + 1 < len(plan.changes) else ""
    # What several options have in common follows the last of them.
    if change.reason and following != change.reason:
        yield from _row("", f"{change.origin}: {change.reason}", Style.FAINT, width, _INDENT)


def _refusal(refusal: Refusal, width: int) -> Iterator[Line]:
    text = f"refused by {', '.join(refusal.engines)}: {refusal.message}"
    return _row("", text, Style.ERROR, width, _INDENT)


def _lost(plan: ImportPlan, width: int) -> Iterator[Line]:
    for at, lost in enumerate(plan.lost[:_MOST_LOST]):
        text = f"{lost.setting}: {lost.reason}"
        yield from _row("" if at else "loses", text, Style.WARNING, width)
    more = len(plan.lost) - _MOST_LOST
    if more > 0:
        yield from _row("", f"and {count_words(more, 'setting')} more", Style.WARNING, width)


def _result(plan: ImportPlan, width: int) -> Iterator[Line]:
    result = plan.result
    if result is None or result.config is None:
        return
    for at, (key, value) in enumerate(result.config.settings().items()):
        text = f"{key} {json.dumps(value, ensure_ascii=False)}"
        yield from _row("" if at else "result", text, Style.PLAIN, width)


def _starts(plan: ImportPlan, width: int) -> Iterator[Line]:
    if plan.start is None:
        return
    word = _ANSWER_WORDS[plan.start.answer]
    yield from _row(
        "starts", f"{word}: {plan.start.text}", _ANSWER_STYLES[plan.start.answer], width
    )


def _command(shown: MaskedPlan, width: int) -> Iterator[Line]:
    plan = shown.plan
    refusing = [each for each in plan.results if each.refusals]
    for engine in refusing:
        for message in _unexplained(plan, engine):
            yield from _refusal(Refusal((engine.engine,), message), width)
    yield EMPTY
    if plan.command is None:
        text = f"no command: every version of {plan.family} refuses this plan"
        yield from paragraph(EMPTY, wrap(text, width), Style.ERROR)
        return
    # The command is on one line, so that it can be copied.
    yield ((Style.COMMAND, _printable(str(plan.command))),)
    yield from _notes(shown, refusing, width)


def _printable(command: str) -> str:
    return command if command.isprintable() else safe(command)


def _notes(shown: MaskedPlan, refusing: list[EngineResult], width: int) -> Iterator[Line]:
    plan = shown.plan
    if plan.origin is Origin.STANDARD_INPUT:
        text = "It reads the archive from standard input."
        yield from paragraph(EMPTY, wrap(text, width), Style.NOTE)
    if shown.masked:
        options = count_words(shown.masked, "option has a secret", "options have secrets")
        text = f"{options}, shown as {MASK}: --show-secrets prints the command that can be run."
        yield from paragraph(EMPTY, wrap(text, width), Style.WARNING)
    if refusing:
        names = ", ".join(each.engine for each in refusing)
        yield from paragraph(EMPTY, wrap(f"Not for {names}.", width), Style.WARNING)


def _unexplained(plan: ImportPlan, result: EngineResult) -> Iterable[str]:
    """The refusals of a version that are not shown with a name, a platform or an option."""
    known = {refusal.message for refusal in (*plan.reference_refusals, *plan.platform.refusals)}
    known |= {refusal.message for change in plan.changes for refusal in change.refusals}
    return [message for message in result.refusals if message not in known]
