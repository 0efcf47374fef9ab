"""The report in the Test Anything Protocol, version 14: a subtest for each archive.

https://testanything.org/tap-version-14-specification.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from checker.reports.cases import Case, CaseKind, Status, Suite, suites_of
from checker.reports.printable import without_commands
from checker.results import Run

_VERSION = "TAP version 14"
_INDENT = "    "
_GOOD = (Status.PASSED, Status.SKIPPED)
# What begins a directive or an escape in a description.
_ESCAPED = re.compile(r"([\\#])")


def render_tap(run: Run, *, cases: str = CaseKind.RULES) -> str:
    """The report as text.

    Args:
        run: What to report.
        cases: What is a test point: ``rules``, ``findings`` or ``archives``.
    """
    suites = suites_of(run, CaseKind(cases))
    lines = [_VERSION, f"1..{len(suites)}"]
    for number, suite in enumerate(suites, 1):
        lines += _subtest(number, suite)
    return "".join(f"{without_commands(line)}\n" for line in lines)


def _subtest(number: int, suite: Suite) -> Iterator[str]:
    name = _description(suite.name)
    yield f"# Subtest: {name}"
    yield from _indented(_points(suite))
    has_passed = all(case.status in _GOOD for case in suite.cases)
    yield f"{'ok' if has_passed else 'not ok'} {number} - {name}"


def _points(suite: Suite) -> Iterator[str]:
    if not suite.cases:
        yield "1..0 # no rule applies"
        return
    yield f"1..{len(suite.cases)}"
    if suite.inapplicable:
        yield f"# rules that do not apply: {suite.inapplicable}"
    for number, case in enumerate(suite.cases, 1):
        yield from _point(number, case)


def _point(number: int, case: Case) -> Iterator[str]:
    word = "ok" if case.status in _GOOD else "not ok"
    if case.status is Status.SKIPPED:
        yield f"{word} {number} - {_description(case.name)} # SKIP {_description(case.message)}"
        return
    yield f"{word} {number} - {_description(case.name)}"
    values = {
        "message": case.message,
        "severity": case.kind,
        "details": case.body,
        "output": case.output,
    }
    if any(values.values()):
        yield "  ---"
        yield from (f"  {key}: {_quoted(value)}" for key, value in values.items() if value)
        yield "  ..."


def _description(text: str) -> str:
    """A description without directives, such as a SKIP that would hide a failure."""
    return _ESCAPED.sub(r"\\\1", text)


def _quoted(text: str) -> str:
    """A text as a quoted scalar of YAML, in one line."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted.replace("##", "#\\x23")


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"{_INDENT}{line}" for line in lines)
