"""The report for people: what each archive is, how to restore it, and the findings."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TextIO

from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.checks.fix import Command, DocumentEdit, Fix
from checker.model.archive import Archive, Source
from checker.model.image import Image
from checker.model.location import Location
from checker.reports.folding import by_rule, fold
from checker.reports.layout import (
    EMPTY,
    Line,
    Style,
    guarded,
    paragraph,
    pieces,
    plain,
    safe,
    wrap,
)
from checker.reports.printable import printable
from checker.reports.wording import (
    OUTCOME_WORDS,
    compression_words,
    count_words,
    kind_words,
    place_words,
    size_words,
)
from checker.results import AppliedBaseline, CheckedArchive, PluginProblem, Run
from checker.starting.obstacle import Answer, Start
from checker.verdicts import Classification, Loadable, Verdict, VerdictOutcome

WIDTH = 80
"""Columns of the report if it is not written to a terminal."""

_NARROWEST, _WIDEST = 60, 100
# Width of the column of labels. After it, a sha256 digest and a comma fit into 80 columns.
_LABEL = 8
_ANSWER = len(Loadable.DEPENDS) + 2
_REPEATS = 3
_IMAGES = 10
_GONE = 10
_METADATA = "CMD, ENTRYPOINT, ENV, USER and the rest of the config"
_SEE_JSON = "see --format json"
# Digests have 64 digits; in places, where they are repeated, the first twelve are enough, as in
# the listings of container tools.
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")

_SEVERITY_STYLES = {
    Severity.ERROR: Style.ERROR,
    Severity.WARNING: Style.WARNING,
    Severity.NOTE: Style.NOTE,
}
_LOADABLE_STYLES = {
    Loadable.YES: Style.GOOD,
    Loadable.DEPENDS: Style.WARNING,
    Loadable.NO: Style.PLAIN,
}
_START_STYLES = {
    Answer.YES: Style.GOOD,
    Answer.NO: Style.ERROR,
    Answer.UNKNOWN: Style.WARNING,
}
_OUTCOMES = tuple(VerdictOutcome)
_VERDICT_STYLES = {
    VerdictOutcome.ACCEPTS: Style.GOOD,
    VerdictOutcome.ACCEPTS_BROKEN: Style.WARNING,
    VerdictOutcome.REJECTS: Style.ERROR,
}
_RICH_STYLES = {
    Style.PLAIN: "",
    Style.TITLE: "bold",
    Style.LABEL: "dim",
    Style.COMMAND: "bold cyan",
    Style.ERROR: "bold red",
    Style.WARNING: "bold yellow",
    Style.NOTE: "bold blue",
    Style.GOOD: "green",
    Style.FAINT: "dim",
}


def render_text(run: Run) -> str:
    """The report as plain text, 80 columns wide."""
    return _joined(lines(run, WIDTH))


def text_for(run: Run, stream: TextIO) -> str:
    """The report: in colour and as wide as the terminal if the stream is one, else plain."""
    return rendered(lambda width: lines(run, width), stream)


def rendered(make: Callable[[int], Iterable[Line]], stream: TextIO) -> str:
    """Lines in colour and as wide as the terminal if the stream is one, else plain.

    ``NO_COLOR`` (https://no-color.org) and ``TERM=dumb`` disable colours.

    Args:
        make: Makes the lines for a width in columns.
        stream: Where they are written.
    """
    if not stream.isatty():
        return _encodable(_joined(make(WIDTH)), stream)
    columns = shutil.get_terminal_size((WIDTH, 0)).columns
    found = make(max(_NARROWEST, min(columns, _WIDEST)))
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return _encodable(_joined(found), stream)
    return _coloured(found, stream)


def _joined(found: Iterable[Line]) -> str:
    return "".join(f"{plain(line)}\n" for line in found)


def _encodable(text: str, stream: TextIO) -> str:
    """The text with characters spelled out that the stream cannot encode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _coloured(found: Iterable[Line], stream: TextIO) -> str:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
    with console.capture() as captured:
        for line in found:
            spans = ((_encodable(text, stream), _RICH_STYLES[style]) for style, text in line)
            console.print(Text.assemble(*spans, no_wrap=True))
    return captured.get()


def lines(run: Run, width: int) -> list[Line]:
    """The report as lines of styled text.

    Args:
        run: What to report.
        width: Columns to wrap at; longer commands and paths are not broken.
    """
    return [guarded(line) for line in _all_lines(run, width)]


def _all_lines(run: Run, width: int) -> Iterator[Line]:
    blocks: list[Iterable[Line]] = [
        [line for problem in run.problems for line in _problem(problem, width)],
    ]
    blocks += (_archive(run, checked, width) for checked in run.archives)
    if run.command == "check" and len(run.archives) > 1:
        blocks.append(_outcome(run, checked) for checked in run.archives)
    blocks += _findings(run, run.waiver_findings, width)
    if run.baseline is not None and run.baseline.gone:
        blocks.append(_gone(run.baseline, width))
    blocks.append(_closing(run, width))
    yield from _apart(blocks)


def _closing(run: Run, width: int) -> Iterator[Line]:
    if run.settings is not None:
        changes = ", ".join(run.settings.changes) or "no changes"
        text = safe(f"settings from {run.settings.file}: {changes}")
        yield from paragraph((), wrap(text, width), Style.FAINT)
    if run.command == "check":
        yield from _summary(run, width)


def _gone(baseline: AppliedBaseline, width: int) -> Iterator[Line]:
    """The findings of the baseline that can be removed from it."""
    many = count_words(len(baseline.gone), "finding")
    text = f"{many} in {baseline.file} not found again; write it again to remove them"
    yield from _labelled("gone", Style.GOOD, safe(text), width)
    for entry in baseline.gone[:_GONE]:
        parts = (f"{entry.rule} {entry.archive}", entry.image, entry.place)
        rows = pieces(tuple(map(safe, filter(None, parts))), width - _LABEL)
        yield from paragraph(_label(""), rows, Style.PLAIN)
    if len(baseline.gone) > _GONE:
        yield from _beneath(
            f"... and {len(baseline.gone) - _GONE:,} more ({_SEE_JSON})", width, Style.FAINT
        )


def _apart(blocks: Iterable[Iterable[Line]]) -> Iterator[Line]:
    """The blocks that are not empty, with an empty line between them."""
    for number, block in enumerate(filter(None, map(tuple, blocks))):
        if number:
            yield EMPTY
        yield from block


def _labelled(
    label: str, style: Style, text: str, width: int, body: Style = Style.PLAIN
) -> Iterator[Line]:
    """A paragraph with a label in the column before it."""
    return paragraph(_label(label, style), wrap(text, width - _LABEL), body)


def _label(label: str, style: Style = Style.LABEL) -> Line:
    return ((style, label.ljust(_LABEL)),)


def _beneath(text: str, width: int, style: Style = Style.PLAIN) -> Iterator[Line]:
    """A paragraph below a labelled one."""
    return _labelled("", Style.PLAIN, text, width, style)


def _problem(problem: PluginProblem, width: int) -> Iterator[Line]:
    text = safe(str(problem).removeprefix("plugin "))
    return _labelled("plugin", Style.ERROR, text, width)


# --- one archive: what it is


def _archive(run: Run, checked: CheckedArchive, width: int) -> Iterator[Line]:
    blocks: list[Iterable[Line]] = [_about(run, checked, width)]
    if run.command == "check":
        blocks += _findings(run, checked.findings, width)
    blocks += _crashes(checked, width)
    if run.command == "check":
        blocks.append(_rules(checked, width))
    yield from _apart(blocks)


def _about(run: Run, checked: CheckedArchive, width: int) -> Iterator[Line]:
    yield ((Style.TITLE, printable(checked.path)),)
    archive, found = checked.archive, checked.classification
    if checked.error is not None:
        reason = safe(checked.error.removeprefix(f"{checked.path}: "))
        yield from _labelled("error", Style.ERROR, reason, width)
    if archive is not None:
        rows = pieces(tuple(_traits(archive, found)), width - _LABEL)
        yield from paragraph(_label("kind"), rows, Style.PLAIN)
    if found is not None:
        yield from _answers(found, checked.starts, width)
    if archive is not None:
        yield from _starts(archive, checked.starts, width)
    if found is not None:
        yield from _way_back(found, width)
    asked = checked.required_verdicts if run.command == "check" else checked.verdicts
    yield from _verdicts(asked, width)
    if archive is not None:
        yield from _images(archive.images, width)


def _traits(archive: Archive, found: Classification | None) -> Iterator[str]:
    yield kind_words(archive)
    yield size_words(archive.size)
    if archive.source is not Source.DIRECTORY:
        yield compression_words(archive.compression.kind)
    if archive.rootfs is not None:
        yield count_words(archive.stats.entries, "entry", "entries")
    if found is not None and found.producer is not None:
        yield f"written by {safe(found.producer)}"


def _commands(found: Classification) -> tuple[str | None, str | None]:
    """The command that restores an archive beside the answer that it belongs to: load, import."""
    restore = None if found.restore is None else printable(found.restore)
    loads = restore if found.loadable is Loadable.YES else None
    imports = restore if found.importable and found.loadable is Loadable.NO else None
    return loads, imports


def _answers(found: Classification, starts: Sequence[Start], width: int) -> Iterator[Line]:
    """Whether an archive can be loaded and imported; not in green if what results is of no use."""
    importable = Loadable.YES if found.importable else Loadable.NO
    loads, imports = _commands(found)
    is_useless = any(start.answer is Answer.NO for start in starts)
    good = Style.WARNING if is_useless else Style.GOOD
    styles = {**_LOADABLE_STYLES, Loadable.YES: good}
    for label, answer, command, reason in (
        ("load", found.loadable, loads, found.loadable_reason),
        ("import", importable, imports, found.importable_reason),
    ):
        yield from _answer(label, (styles[answer], answer), command, reason, width)


def _way_back(found: Classification, width: int) -> Iterator[Line]:
    restore = None if found.restore is None else printable(found.restore)
    if restore is not None:
        yield from _kept(found, width)
        if restore not in _commands(found):
            yield (*_label("restore"), (Style.COMMAND, restore))
    for advice in found.advice:
        yield from _labelled("advice", Style.LABEL, safe(advice), width)


def _answer(
    label: str, answer: tuple[Style, str], command: str | None, reason: str, width: int
) -> Iterator[Line]:
    """Whether an archive can be loaded or imported: the command, if any, and the reason."""
    style, word = answer
    start = (*_label(label), (style, word.ljust(_ANSWER)))
    indent = _LABEL + _ANSWER
    rows = wrap(safe(reason), width - indent)
    if command is None:
        yield from paragraph(start, rows, Style.PLAIN)
        return
    yield (*start, (Style.COMMAND, command))
    yield from paragraph(((Style.PLAIN, " " * indent),), rows, Style.FAINT)


def _starts(archive: Archive, starts: Sequence[Start], width: int) -> Iterator[Line]:
    """Whether containers start; images with the same answer and reason share a row."""
    groups: dict[tuple[Answer, str], list[str]] = {}
    labels = [image.label for image in archive.images] or [""]
    for label, start in zip(labels, starts, strict=False):
        groups.setdefault((start.answer, safe(start.text)), []).append(safe(label))
    indent = _LABEL + _ANSWER
    for number, ((answer, text), names) in enumerate(islice(groups.items(), _IMAGES)):
        shown = (_START_STYLES[answer], answer.ljust(_ANSWER))
        rows = wrap(text, width - indent)
        yield from paragraph((*_label("" if number else "starts"), shown), rows, Style.PLAIN)
        if len(groups) > 1:
            rows = pieces(tuple(names[:_IMAGES]), width - indent)
            yield from paragraph(((Style.PLAIN, " " * indent),), rows, Style.FAINT)
    if len(groups) > _IMAGES:
        yield from _beneath(f"... and more ({_SEE_JSON})", width, Style.FAINT)


def _kept(found: Classification, width: int) -> Iterator[Line]:
    parts = {"the layers": found.keeps_layers, _METADATA: found.keeps_metadata}
    for label, kept in (("keeps", True), ("loses", False)):
        names = [name for name, is_kept in parts.items() if is_kept is kept]
        if names:
            yield from _labelled(label, Style.LABEL, "; ".join(names), width)


def _verdicts(verdicts: Sequence[Verdict], width: int) -> Iterator[Line]:
    """The engines grouped by outcome and reason, since many have the same."""
    groups: dict[tuple[VerdictOutcome, str], list[str]] = {}
    for verdict in verdicts:
        key = (verdict.outcome, safe(verdict.reason))
        groups.setdefault(key, []).append(safe(f"{verdict.engine} {verdict.action}"))
    longest = max((len(OUTCOME_WORDS[outcome]) for outcome, _ in groups), default=0)
    by_outcome = sorted(groups.items(), key=lambda group: _OUTCOMES.index(group[0][0]))
    for number, ((outcome, reason), engines) in enumerate(by_outcome):
        shown = (_VERDICT_STYLES[outcome], f"{OUTCOME_WORDS[outcome].ljust(longest)}  ")
        start = (*_label("" if number else "engines"), shown)
        indent = _LABEL + longest + len("  ")
        yield from paragraph(start, pieces(tuple(engines), width - indent), Style.PLAIN)
        rows = wrap(reason, width - indent)
        yield from paragraph(((Style.PLAIN, " " * indent),), rows, Style.FAINT)
    yield from _assumptions(verdicts, width)


def _assumptions(verdicts: Sequence[Verdict], width: int) -> Iterator[Line]:
    """The conditions of all verdicts, below a label that is wider than the column of labels."""
    conditions = dict.fromkeys(each for verdict in verdicts for each in verdict.conditions)
    if conditions:
        yield _label("assumptions")
    for condition in conditions:
        yield from _beneath(safe(condition), width)


def _images(images: Sequence[Image], width: int) -> Iterator[Line]:
    for image in images[:_IMAGES]:
        rows = pieces(tuple(_image_traits(image)), width - _LABEL)
        yield from paragraph(_label("image"), rows, Style.PLAIN)
    if len(images) > _IMAGES:
        more = count_words(len(images) - _IMAGES, "more image")
        yield from _beneath(f"... and {more} ({_SEE_JSON})", width, Style.FAINT)


def _image_traits(image: Image) -> Iterator[str]:
    yield from (safe(name) for name in image.names or ("(no name)",))
    if image.platform is not None:
        yield safe(str(image.platform))
    found = [layer.blob for layer in image.layers if layer.blob is not None]
    missing = len(image.layers) - len(found)
    yield count_words(len(image.layers), "layer")
    yield size_words(sum(blob.size for blob in found))
    if missing:
        yield f"{missing} not in the archive"


# --- one archive: what is wrong with it


def _findings(run: Run, findings: Iterable[Finding], width: int) -> Iterator[Iterable[Line]]:
    """A block for each finding; findings that differ only in the place share one.

    Notes that do not fail the run share a short block: nearly every archive has some.
    """
    shown = [finding for finding in findings if not finding.is_accepted]
    grave = [finding for finding in shown if finding.severity is not Severity.NOTE]
    notes = [finding for finding in shown if finding.severity is Severity.NOTE]
    if any(map(run.fails, notes)):
        grave, notes = shown, []
    yield from _blocks(grave, _finding, width)
    yield chain.from_iterable(_blocks(notes, _note, width))


def _blocks(
    findings: Iterable[Finding],
    tell: Callable[[Sequence[Finding], int], Iterator[Line]],
    width: int,
) -> Iterator[Iterator[Line]]:
    """The first few findings of each rule and severity, and the number of the others."""
    for group in by_rule(findings):
        folds = fold(group)
        for alike in folds[:_REPEATS]:
            yield tell(alike, width)
        hidden = sum(map(len, folds[_REPEATS:]))
        if hidden:
            text = f"... and {hidden:,} more of {safe(group[0].rule)} ({_SEE_JSON})"
            yield _beneath(text, width, Style.FAINT)


def _note(alike: Sequence[Finding], width: int) -> Iterator[Line]:
    """A finding in short form, with its place only as far as the message has it."""
    first = alike[0]
    times = f", {len(alike):,} times" if len(alike) > 1 else ""
    text = f"{first.rule} {first.name}{times}: {first.message}"
    return _labelled(first.severity, _SEVERITY_STYLES[first.severity], safe(text), width)


def _finding(alike: Sequence[Finding], width: int) -> Iterator[Line]:
    """The first of some findings in full, and the places of the others."""
    first = alike[0]
    heading = _heading(first.severity, _SEVERITY_STYLES[first.severity], first.rule, first.name)
    times = f", {len(alike):,} times" if len(alike) > 1 else ""
    yield (*heading, (Style.FAINT, times))
    yield from _beneath(safe(first.message), width)
    yield from _place("at", _parts(first.location), width)
    for related in first.related[:_REPEATS]:
        yield from _place("see", _parts(related), width)
    yield from _more_places("", len(first.related) - _REPEATS, width)
    yield from _further_places(alike, width)
    if first.fix is not None:
        yield from _fix(first.fix, width)


def _fix(fix: Fix, width: int) -> Iterator[Line]:
    """A fix in words, and under them what to run or to write, in lines that can be copied."""
    start = (*_label(""), (Style.GOOD, "fix: "))
    yield from paragraph(start, wrap(safe(fix.title), width - _LABEL - 5), Style.PLAIN)
    if isinstance(fix.change, DocumentEdit):
        yield from _beneath(f"     {safe(fix.change.text)}", width)
    elif fix.change is not None:
        lines = fix.change.text if isinstance(fix.change, Command) else fix.change.instructions
        for line in lines.splitlines():
            yield (*_label(""), (Style.PLAIN, "     "), (Style.COMMAND, printable(line)))


def _further_places(alike: Sequence[Finding], width: int) -> Iterator[Line]:
    """The next few places, each as far as it differs from the first."""
    known = set(_parts(alike[0].location))
    for finding in alike[1:_REPEATS]:
        new = tuple(part for part in _parts(finding.location) if part not in known)
        yield from _place("also at", new, width)
    yield from _more_places("at ", len(alike) - _REPEATS, width)


def _more_places(word: str, hidden: int, width: int) -> Iterator[Line]:
    if hidden > 0:
        more = count_words(hidden, "more place")
        yield from _beneath(f"... and {word}{more} ({_SEE_JSON})", width, Style.FAINT)


def _heading(label: str, style: Style, rule: str, name: str) -> Line:
    return (*_label(label, style), (Style.TITLE, safe(rule)), (Style.PLAIN, f" {safe(name)}"))


def _parts(location: Location) -> tuple[str, ...]:
    return tuple(_HASH.sub(r"\1...", safe(part)) for part in place_words(location))


def _place(word: str, parts: tuple[str, ...], width: int) -> Iterator[Line]:
    if parts:
        start = (*_label(""), (Style.FAINT, f"{word} "))
        rows = pieces(parts, width - _LABEL - len(word) - 1)
        yield from paragraph(start, rows, Style.FAINT)


def _crashes(checked: CheckedArchive, width: int) -> Iterator[Iterator[Line]]:
    """A block for each crash."""
    for result in checked.results:
        if result.outcome is Outcome.ERROR:
            yield _crash(result, width)
    for crash in checked.crashes:
        yield _labelled("crash", Style.ERROR, safe(crash), width)


def _crash(result: Result, width: int) -> Iterator[Line]:
    yield _heading("crash", Style.ERROR, result.rule, result.name)
    yield from _beneath(safe(result.reason or "no reason given"), width)
    bug = f"this is a bug in {safe(result.bundle)}; the traceback is in --format json"
    yield from _beneath(bug, width, Style.FAINT)


def _rules(checked: CheckedArchive, width: int) -> Iterator[Line]:
    """The number of rules by outcome, and of waived findings, which are not shown."""
    outcomes = Counter(result.outcome for result in checked.results)
    waived = sum(finding.waived is not None for finding in checked.findings)
    known = sum(finding.in_baseline for finding in checked.findings)
    words = (
        (outcomes[Outcome.PASSED], "passed"),
        (outcomes[Outcome.FAILED], "with findings"),
        (outcomes[Outcome.ERROR], "crashed"),
        (outcomes[Outcome.SKIPPED], "not applicable"),
    )
    parts = [f"{count:,} {word}" for count, word in words if count]
    if waived:
        parts.append(f"{count_words(waived, 'finding')} waived")
    if known:
        parts.append(f"{count_words(known, 'finding')} in the baseline")
    if parts:
        yield from _labelled("rules", Style.LABEL, ", ".join(parts), width, Style.FAINT)


# --- all archives


def _outcome(run: Run, checked: CheckedArchive) -> Line:
    """One archive in one line; the path comes last, so that the columns are aligned."""
    if checked.error is not None:
        word, style = "unread", Style.ERROR
    elif not checked.is_whole:
        word, style = "crashed", Style.ERROR
    elif any(map(run.fails, checked.findings)):
        word, style = "failed", Style.ERROR
    else:
        word, style = "ok", Style.GOOD
    counts = Counter(finding.severity for finding in checked.findings if not finding.is_accepted)
    columns = "".join(_column(counts[severity], severity) for severity in Severity)
    return (*_label(word, style), (Style.PLAIN, columns), (Style.TITLE, printable(checked.path)))


def _column(count: int, severity: Severity) -> str:
    width = len(f"1,000 {severity}s  ")
    return (count_words(count, severity) if count else "-").ljust(width)


def _summary(run: Run, width: int) -> Iterator[Line]:
    unread = sum(checked.error is not None for checked in run.archives)
    counts = [(run.number_of(severity), str(severity)) for severity in Severity]
    parts = [count_words(count, noun) for count, noun in counts if count]
    waived = sum(finding.waived is not None for finding in run.findings)
    known = sum(finding.in_baseline for finding in run.findings)
    others = (
        (waived, f"{waived:,} waived"),
        (known, f"{known:,} in the baseline"),
        (run.crashes, count_words(run.crashes, "crash", "crashes")),
        (unread, f"{unread:,} not read"),
        (len(run.problems), count_words(len(run.problems), "plugin problem")),
    )
    parts += [words for count, words in others if count]
    text = f"{count_words(len(run.archives), 'archive')}: {', '.join(parts) or 'no findings'}"
    style = Style.ERROR if run.exit_code else Style.GOOD
    yield from paragraph((), wrap(text, width), style)
