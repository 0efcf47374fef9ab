"""The report as Markdown, for a comment on a pull request or the summary of a job.

A comment on GitHub has at most 65,536 characters, so the details are cut before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from checker.checks.finding import Finding, Severity
from checker.checks.fix import Command, DockerfileEdit, DocumentEdit
from checker.reports.folding import by_rule, fold
from checker.reports.incomplete import Incomplete, incomplete
from checker.reports.markdown_text import (
    cell_code,
    code,
    fenced,
    markdown,
    paragraph_start,
    with_commands,
)
from checker.reports.printable import without_commands
from checker.reports.wording import count_words, kind_words, short_place_words
from checker.results import CheckedArchive, Run
from checker.verdicts import Classification, Loadable

MARK = "<!-- archive-checker -->"
"""The first line, by which a later run finds its comment and replaces it."""

LONGEST = 60_000
"""Characters of a report, about."""

_REPEATS = 3
_MOST_ROWS = 100
_NOTHING = "-"
_LINE_BREAK = "\\"


def render_markdown(run: Run) -> str:
    """The report as Markdown, of at most about 60,000 characters."""
    lines = [MARK, f"## archive-checker: {_headline(run)}", "", *_table(run), *_problems(run)]
    used = sum(map(len, lines))
    blocks = [*_waivers(run)]
    blocks += (block for checked in run.archives for block in _archive(run, checked))
    for number, block in enumerate(blocks):
        used += sum(len(line) + 1 for line in block)
        if used > LONGEST:
            hidden = count_words(len(blocks) - number, "more section")
            lines += ["", f"*{hidden} left out; see the other reports of this run.*"]
            break
        lines += ["", *block]
    return "".join(f"{without_commands(line)}\n" for line in lines)


def _headline(run: Run) -> str:
    counts = [(run.number_of(severity), str(severity)) for severity in Severity]
    parts = [count_words(count, noun) for count, noun in counts if count]
    unread = sum(checked.error is not None for checked in run.archives)
    parts += [f"{unread:,} not read"] if unread else []
    words = ", ".join(parts) or "no findings"
    return f"{words} in {count_words(len(run.archives), 'archive')}"


def _table(run: Run) -> Iterator[str]:
    yield "| archive | result | kind | load | import | errors | warnings | notes |"
    yield "|---|---|---|---|---|--:|--:|--:|"
    for checked in run.archives[:_MOST_ROWS]:
        yield f"| {' | '.join(_row(run, checked))} |"
    if len(run.archives) > _MOST_ROWS:
        more = count_words(len(run.archives) - _MOST_ROWS, "more archive")
        yield f"| {more} | | | | | | | |"


def _row(run: Run, checked: CheckedArchive) -> Iterator[str]:
    counts = Counter(finding.severity for finding in checked.findings if not finding.is_accepted)
    yield cell_code(checked.path)
    yield _result(run, checked)
    yield _NOTHING if checked.archive is None else markdown(kind_words(checked.archive))
    yield from _answers(checked.classification)
    yield from (str(counts[severity]) for severity in Severity)


def _result(run: Run, checked: CheckedArchive) -> str:
    if checked.error is not None:
        return "**not read**"
    if not checked.is_whole:
        return "**incomplete**"
    return "**failed**" if any(map(run.fails, checked.findings)) else "passed"


def _answers(found: Classification | None) -> tuple[str, str]:
    if found is None:
        return _NOTHING, _NOTHING
    return str(found.loadable), str(Loadable.YES if found.importable else Loadable.NO)


def _problems(run: Run) -> Iterator[str]:
    """What kept the check from being complete."""
    problems = tuple(incomplete(run))
    if problems:
        yield ""
        yield "The check is incomplete:"
        yield ""
        yield from map(_problem, problems[:_MOST_ROWS])
    if len(problems) > _MOST_ROWS:
        yield f"- {len(problems) - _MOST_ROWS:,} more"


def _problem(problem: Incomplete) -> str:
    where = "" if problem.path is None else f" {code(problem.path)}"
    return f"- **{problem.kind}**{where}: {markdown(problem.text)}"


def _archive(run: Run, checked: CheckedArchive) -> Iterator[list[str]]:
    """The blocks of one archive: its heading and restore command, then its findings."""
    if checked.error is not None:
        return
    yield list(_about(checked))
    shown = [finding for finding in checked.findings if not finding.is_accepted]
    grave = [finding for finding in shown if run.fails(finding) or not _is_note(finding)]
    notes = [finding for finding in shown if _is_note(finding) and not run.fails(finding)]
    yield from _items(grave)
    if notes:
        items = [line for item in _items(notes) for line in item]
        summary = f"<summary>{count_words(len(notes), 'note')}</summary>"
        yield ["<details>", summary, "", *items, "", "</details>"]


def _is_note(finding: Finding) -> bool:
    return finding.severity is Severity.NOTE


def _about(checked: CheckedArchive) -> Iterator[str]:
    yield f"### {code(checked.path)}"
    found = checked.classification
    if found is not None:
        yield ""
        restore = found.restore
        yield "Nothing restores it." if restore is None else f"Restore it with {code(restore)}."
        for advice in found.advice:
            yield ""
            yield f"Advice: {with_commands(advice)}"
    waived = sum(finding.waived is not None for finding in checked.findings)
    if waived:
        yield ""
        yield f"{count_words(waived, 'finding')} waived."
    known = sum(finding.in_baseline for finding in checked.findings)
    if known:
        yield ""
        yield f"{count_words(known, 'finding')} in the baseline."


def _waivers(run: Run) -> Iterator[list[str]]:
    """What is wrong with waivers of the settings."""
    if run.waiver_findings:
        yield ["### Waivers"]
    yield from _items(run.waiver_findings)


def _items(findings: Iterable[Finding]) -> Iterator[list[str]]:
    """An item for each group of findings that differ only in the place."""
    for group in by_rule(findings):
        folds = fold(group)
        yield from (list(_item(alike)) for alike in folds[:_REPEATS])
        hidden = sum(map(len, folds[_REPEATS:]))
        if hidden:
            yield [f"- {hidden:,} more of {code(group[0].rule)}"]


def _item(alike: Sequence[Finding]) -> Iterator[str]:
    first = alike[0]
    times = f", {len(alike):,} times" if len(alike) > 1 else ""
    lines = [f"- **{first.severity}** {code(first.rule)} {markdown(first.name)}{times}"]
    lines += (f"  {paragraph_start(line)}" for line in _told(alike))
    yield from (f"{line}{_LINE_BREAK}" for line in lines[:-1])
    yield lines[-1]
    change = None if first.fix is None else first.fix.change
    if isinstance(change, Command | DockerfileEdit):
        text = change.line if isinstance(change, Command) else change.instructions
        yield ""
        yield from (f"  {line}" for line in fenced(text))


def _told(alike: Sequence[Finding]) -> Iterator[str]:
    first = alike[0]
    yield first.message or "no message"
    place = ", ".join(short_place_words(first.location))
    if place:
        more = len(alike) - 1
        yield f"at {place}" + (f" and {count_words(more, 'more place')}" if more else "")
    if first.fix is not None:
        change = first.fix.change
        is_text = isinstance(change, DocumentEdit)
        yield f"Fix: {first.fix.text if is_text else first.fix.title}"
