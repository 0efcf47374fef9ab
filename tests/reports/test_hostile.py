"""No text, wherever it stands, breaks a report or reaches a terminal raw."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.checks.fix import Command, DockerfileEdit, DocumentEdit, Fix
from checker.model.location import Location
from checker.reports.github import render_github
from checker.reports.gitlab import render_gitlab
from checker.reports.json_report import render_json
from checker.reports.junit import render_junit
from checker.reports.markdown import render_markdown
from checker.reports.sarif import render_sarif
from checker.reports.tap import render_tap
from checker.reports.text.report import lines, render_text
from checker.reports.text.view import Detail, View
from checker.results import (
    AppliedBaseline,
    AppliedSettings,
    BaselineEntry,
    CheckedArchive,
    Plugin,
    PluginProblem,
    Run,
)
from checker.verdicts import Classification, Loadable, Verdict, VerdictOutcome
from tests.reports.consumers import COMMAND, OURS, TAKEN, Points, rendered, sarif_schema

HERE = Path(__file__).parent
XSD = etree.XMLSchema(etree.parse(HERE / "junit.xsd"))
SCHEMA = Draft202012Validator(
    json.loads((HERE / "report-v1.schema.json").read_text(encoding="utf-8")),
)

# What runners of CI systems take for commands, wherever it comes from.
COMMANDS = (
    *("::stop-commands::x", "::error file=a::b", "##[add-mask]x", "##vso[task.setvariable]x"),
    *(
        "##teamcity[x]",
        "a ##[error] b",
        "### ##[x]",
        "--- group",
        "+++ group",
        "travis_fold:start:x",
    ),
)

TEXTS = st.one_of(
    st.text(st.characters()),
    st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.sampled_from(COMMANDS),
    st.sampled_from(COMMANDS).map(lambda command: f"{'word ' * 14}{command}"),
    st.sampled_from(["", " ", "\x1b[2J", "\u202e", "]]>", "<&\"'", "\ud800\udc00", "`", "a\nb"]),
)
MAYBE = st.none() | TEXTS
NUMBERS = st.none() | st.integers(0, 2**70)
SEVERITIES = st.sampled_from(Severity)
LOCATIONS = st.builds(
    Location,
    archive=TEXTS,
    member=MAYBE,
    offset=NUMBERS,
    digest=MAYBE,
    image=MAYBE,
    layer=NUMBERS,
    path=MAYBE,
    pointer=MAYBE,
)
CHANGES = st.one_of(
    st.builds(Command, line=TEXTS),
    st.builds(DockerfileEdit, instructions=TEXTS),
    st.builds(
        DocumentEdit,
        document=TEXTS,
        pointer=TEXTS,
        value=st.none() | TEXTS | st.lists(TEXTS, max_size=2),
        remove=st.booleans(),
    ),
)
FIXES = st.builds(Fix, title=TEXTS, change=st.none() | CHANGES)
RULES = st.sampled_from(["ARC001", "ARC002"]) | TEXTS
FINDINGS = st.builds(
    Finding,
    rule=RULES,
    name=TEXTS,
    severity=SEVERITIES,
    message=TEXTS,
    location=LOCATIONS,
    related=st.lists(LOCATIONS, max_size=2).map(tuple),
    fix=st.none() | FIXES,
    waived=MAYBE,
    in_baseline=st.booleans(),
)
RESULTS = st.builds(
    Result,
    rule=RULES,
    name=TEXTS,
    bundle=TEXTS,
    outcome=st.sampled_from(Outcome),
    seconds=st.floats(0, 1e6),
    reason=MAYBE,
    traceback=MAYBE,
)
CLASSIFICATIONS = st.builds(
    Classification,
    producer=MAYBE,
    loadable=st.sampled_from(Loadable),
    loadable_reason=TEXTS,
    importable=st.booleans(),
    importable_reason=TEXTS,
    keeps_layers=st.booleans(),
    keeps_metadata=st.booleans(),
    restore=MAYBE,
    advice=st.lists(TEXTS, max_size=2).map(tuple),
)
VERDICTS = st.builds(
    Verdict,
    engine=TEXTS,
    action=TEXTS,
    outcome=st.sampled_from(VerdictOutcome),
    reason=TEXTS,
    message=MAYBE,
    conditions=st.lists(TEXTS, max_size=1).map(tuple),
    rules=st.lists(TEXTS, max_size=1).map(tuple),
    command=MAYBE,
)
ARCHIVES = st.builds(
    CheckedArchive,
    path=TEXTS,
    archive=st.none(),
    error=MAYBE,
    classification=st.none() | CLASSIFICATIONS,
    verdicts=st.lists(VERDICTS, max_size=1).map(tuple),
    required_verdicts=st.lists(VERDICTS, max_size=1).map(tuple),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    results=st.lists(RESULTS, max_size=3).map(tuple),
    crashes=st.lists(TEXTS, max_size=1).map(tuple),
    reader_verdicts=st.lists(VERDICTS, max_size=1).map(tuple),
)


def as_made(run: Run) -> Run:
    """A run as sessions make it: without checks, nothing is found about waivers."""
    return run if run.command == "check" else run._replace(waiver_findings=())


RUNS = st.builds(
    Run,
    command=st.sampled_from(["check", "classify"]),
    version=TEXTS,
    plugins=st.lists(st.builds(Plugin, TEXTS, TEXTS, TEXTS), max_size=1).map(tuple),
    problems=st.lists(st.builds(PluginProblem, TEXTS, TEXTS, TEXTS, TEXTS), max_size=1).map(tuple),
    archives=st.lists(ARCHIVES, max_size=2).map(tuple),
    fail_on=st.none() | SEVERITIES,
    rules=st.just(()),
    started=st.none() | st.datetimes(),
    settings=st.none() | st.builds(AppliedSettings, TEXTS, st.lists(TEXTS, max_size=2).map(tuple)),
    baseline=st.none()
    | st.builds(
        AppliedBaseline,
        TEXTS,
        st.integers(0, 9),
        st.lists(st.builds(BaselineEntry, TEXTS, TEXTS, TEXTS, TEXTS), max_size=1).map(tuple),
    ),
    waiver_findings=st.lists(FINDINGS, max_size=1).map(tuple),
).map(as_made)


@settings(deadline=None)
@given(RUNS)
def test_text_is_printable_and_can_be_encoded(run: Run) -> None:
    for detail in Detail:
        shown = render_text(run, detail)
        assert shown.encode().decode() == shown
        assert shown.replace("\n", "").isprintable()
        assert TAKEN.search(shown) is None
        assert shown.count("\n") == len(lines(run, View(detail=detail)))


OUR_COLOURS = re.compile(r"\x1b\[(?:0|1|2|31|32|1;3[1346])m")


@settings(deadline=None)
@given(RUNS)
def test_text_in_colour_has_no_other_escape_sequence(run: Run) -> None:
    shown = render_text(run, color="always")
    assert TAKEN.search(shown) is None
    shown = OUR_COLOURS.sub("", shown)
    assert TAKEN.search(shown) is None
    assert shown.replace("\n", "").isprintable()


JUNIT_FORMS = [
    (flavour, cases)
    for flavour in ("strict", "gitlab", "azure")
    for cases in ("rules", "findings", "archives")
]


@pytest.mark.parametrize(("flavour", "cases"), JUNIT_FORMS[1:])
@settings(deadline=None, max_examples=15)
@given(run=RUNS)
def test_junit_in_all_forms_follows_its_schema(flavour: str, cases: str, run: Run) -> None:
    shown = render_junit(run, flavour=flavour, cases=cases)
    assert TAKEN.search(shown) is None
    XSD.assertValid(etree.fromstring(shown.encode()))


@settings(deadline=None)
@given(RUNS, TEXTS)
def test_sarif_follows_its_schema(run: Run, anchor: str) -> None:
    shown = render_sarif(run, anchor)
    assert shown.isascii()
    assert TAKEN.search(shown) is None
    sarif_schema().validate(json.loads(shown))


@settings(deadline=None)
@given(RUNS)
def test_gitlab_has_unique_fingerprints(run: Run) -> None:
    shown = render_gitlab(run)
    assert shown.isascii()
    assert TAKEN.search(shown) is None
    marks = [issue["fingerprint"] for issue in json.loads(shown)]
    assert len(set(marks)) == len(marks)


@settings(deadline=None)
@given(RUNS)
def test_github_has_one_command_in_a_line(run: Run) -> None:
    shown = render_github(run)
    assert shown.encode().decode() == shown
    lines = shown.splitlines()
    assert shown.replace("\n", "").isprintable()
    assert all(COMMAND.fullmatch(line) for line in lines if "not annotated" not in line)
    assert "##[" not in shown


@settings(deadline=None)
@given(RUNS)
def test_markdown_has_no_markup_but_ours(run: Run) -> None:
    shown = render_markdown(run)
    assert shown.replace("\n", "").isprintable()
    assert TAKEN.search(shown) is None
    page = rendered(shown)
    assert page.tags <= OURS
    assert page.links == []


@settings(deadline=None)
@given(RUNS)
def test_tap_has_a_point_for_each_suite(run: Run) -> None:
    shown = render_tap(run)
    assert shown.replace("\n", "").isprintable()
    assert TAKEN.search(shown) is None
    points = Points(shown)
    assert len(points.top) == len(run.archives) + bool(run.problems) + bool(run.waiver_findings)


@settings(deadline=None)
@given(RUNS)
def test_json_follows_its_schema(run: Run) -> None:
    shown = render_json(run)
    assert shown.isascii()
    assert TAKEN.search(shown) is None
    SCHEMA.validate(json.loads(shown))


@settings(deadline=None)
@given(RUNS)
def test_junit_follows_its_schema(run: Run) -> None:
    shown = render_junit(run)
    assert TAKEN.search(shown) is None
    root = etree.fromstring(shown.encode())
    XSD.assertValid(root)
    assert len(root) == len(run.archives) + bool(run.problems) + bool(run.waiver_findings)
