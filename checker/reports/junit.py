"""The JUnit report, in the form that the reader of a CI system shows best.

``strict`` has only what the schema of Jenkins' xUnit plugin and every other reader takes.
``gitlab`` adds the archive as the file of each case, which GitLab shows as a link. ``azure`` puts
the archive into the name of each case: Azure Pipelines lists the cases of all suites together.

It is built with junit-xml, whose version 1.9 needs workarounds, all of them here: it raises on
bytes that are not UTF-8 and drops control characters, so every text is made printable first; it
writes a ``disabled`` attribute that the schema of Jenkins' xUnit plugin refuses, and times with
more than the three decimals that the schema allows, so the elements are fixed before they are
written.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from junit_xml import TestCase, TestSuite

from checker.reports.cases import Case, CaseKind, Status, Suite, suites_of
from checker.reports.printable import command_starts
from checker.reports.uris import relative_path
from checker.results import Run
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_COUNTS = ("tests", "failures", "errors")
_INAPPLICABLE = "rules-not-applicable"
# GitLab and Jenkins attach the file that such a mark in the output names.
_ATTACHMENT = re.compile(r"\[(?=\[ATTACHMENT\|)", re.IGNORECASE)


class Flavour(StrEnum):
    """Who reads the report."""

    STRICT = "strict"
    GITLAB = "gitlab"
    AZURE = "azure"


def render_junit(
    run: Run,
    *,
    flavour: str = Flavour.STRICT,
    cases: str = CaseKind.RULES,
    hostname: bool = False,
) -> str:
    """The report as an XML document, to be encoded as UTF-8.

    Args:
        run: What to report.
        flavour: Who reads it: ``strict``, ``gitlab`` or ``azure``.
        cases: What is a test case: ``rules``, ``findings`` or ``archives``.
        hostname: Whether it names the machine.
    """
    host = _hostname() if hostname else None
    suites = suites_of(run, CaseKind(cases))
    return document_of([_suite(run, each, Flavour(flavour), host) for each in suites])


def _moment(started: dt.datetime) -> str:
    """A time in UTC without a zone, since the schemas of some readers take none."""
    return started.replace(tzinfo=None).isoformat(timespec="seconds")


def _hostname() -> str:
    import socket

    return socket.gethostname()


def _suite(run: Run, suite: Suite, flavour: Flavour, host: str | None) -> TestSuite:
    properties = {_INAPPLICABLE: str(suite.inapplicable)} if suite.inapplicable else None
    return TestSuite(
        _harmless(suite.name),
        [_case(suite, case, flavour) for case in suite.cases],
        hostname=host,
        timestamp=None if run.started is None else _moment(run.started),
        properties=properties,
    )


def _case(suite: Suite, case: Case, flavour: Flavour) -> TestCase:
    # Readers split at the last dot: the part before it is the package, here the archive.
    package = _harmless(suite.name).replace(".", "_")
    is_named = flavour is Flavour.AZURE and suite.path is not None
    made = TestCase(
        _harmless(f"{suite.name}: {case.name}" if is_named else case.name),
        case.bundle if case.bundle == "plugins" else f"{package}.{case.bundle}",
        elapsed_sec=case.seconds,
        stdout=_harmless(case.output),
        file=_file_of(suite) if flavour is Flavour.GITLAB else None,
    )
    # junit-xml leaves out a failure without a text.
    message, body = _harmless(case.message), _harmless(case.body) or case.kind
    if case.status is Status.FAILED:
        made.add_failure_info(message, body, case.kind)
    elif case.status is Status.ERROR:
        made.add_error_info(message, body, case.kind)
    elif case.status is Status.SKIPPED:
        made.add_skipped_info(message, case.body)
    return made


def _file_of(suite: Suite) -> str | None:
    return None if suite.path is None else relative_path(suite.path)


def _harmless(text: str) -> str:
    """A text without marks of attachments."""
    return _ATTACHMENT.sub(r"\\x5b", text)


# --- junit-xml and what it gets wrong


def _fixed(suite: TestSuite) -> Element:
    """The element of a suite, with exactly the attributes that every reader takes."""
    element: Element = suite.build_xml_doc()
    element.attrib.pop("disabled", None)
    total = 0
    for case, made in zip(element.findall("testcase"), suite.test_cases, strict=True):
        milliseconds = _milliseconds(made.elapsed_sec)
        total += milliseconds
        case.set("time", _seconds(milliseconds))
    element.set("time", _seconds(total))
    return element


def _milliseconds(seconds: float | None) -> int:
    if seconds is None or not math.isfinite(seconds):
        return 0
    return max(0, round(seconds * 1000))


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def document_of(suites: Sequence[TestSuite]) -> str:
    """Suites as an XML document that every reader takes, to be encoded as UTF-8."""
    return _document([_fixed(suite) for suite in suites])


def _document(suites: Sequence[Element]) -> str:
    from xml.etree import ElementTree as ET

    root = ET.Element("testsuites", {"name": "archive-checker"})
    totals: Counter[str] = Counter()
    for suite in suites:
        totals.update({key: int(suite.get(key, "0")) for key in _COUNTS})
    for key in _COUNTS:
        root.set(key, str(totals[key]))
    root.extend(suites)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f"{_DECLARATION}{''.join(map(_without_commands, text.splitlines(keepends=True)))}\n"


def _without_commands(line: str) -> str:
    """A line that no CI system takes for a command, with a character reference in its place."""
    for start in reversed(command_starts(line)):
        line = f"{line[:start]}&#{ord(line[start])};{line[start + 1 :]}"
    return line
