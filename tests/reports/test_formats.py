"""Every format for pipelines, on the same five inputs, compared with files and read by consumers.

With ``CHECKER_RENEW_SNAPSHOTS=1`` in the environment the files are written again; read the diff.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft7Validator
from junitparser import Error, Failure, JUnitXml
from lxml import etree

from checker.checks.finding import Severity
from checker.reports.github import MOST
from checker.reports.markdown_text import cell_code, code, markdown
from checker.reports.output import builtin_reports
from checker.reports.printable import printable
from checker.reports.uris import relative_uri
from checker.results import Run
from tests.reports.consumers import COMMAND, OURS, TAKEN, Points, rendered, sarif_schema
from tests.reports.five import HOSTILE_NAMES, NAMES, SECRET, five

GOLDEN = Path(__file__).parent / "golden"
XSD = etree.XMLSchema(etree.parse(Path(__file__).parent / "junit.xsd"))
RENDER = {report.name: report.render for report in builtin_reports()}
FORMATS: Mapping[str, tuple[str, dict[str, str]]] = {
    "text": ("text", {}),
    "text-verbose": ("text", {"detail": "verbose"}),
    "text-quiet": ("text", {"detail": "quiet"}),
    "sarif": ("sarif", {}),
    "sarif-anchor": ("sarif", {"anchor": "deploy/Docker file"}),
    "github": ("github", {}),
    "gitlab": ("gitlab", {}),
    "markdown": ("markdown", {}),
    "tap": ("tap", {}),
    "html": ("html", {}),
    "junit": ("junit", {}),
    "junit-gitlab": ("junit", {"flavour": "gitlab"}),
    "junit-azure": ("junit", {"flavour": "azure"}),
    "junit-findings": ("junit", {"cases": "findings"}),
    "junit-archives": ("junit", {"cases": "archives"}),
}
"""Formats with their options."""

CASES = [
    (name, form)
    for form, (_, options) in FORMATS.items()
    for name in NAMES
    if not options or name == "several"
]
"""Formats with options have a file for several archives at once."""


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """The runs over the five inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("five"))
        return five()


def shown(run: Run, form: str) -> str:
    name, options = FORMATS[form]
    return RENDER[name](run, **options)


def without_documentation(text: str, form: str) -> str:
    """A report without the documentation of the rules, which is in docs/rules.md.

    Also without the style sheet and the script of a page, which are files of their own.
    """
    if form == "html":
        for parts in (r"(<style>).*?(</style>)", r"(<script>).*?(</script>)"):
            text, count = re.subn(parts, r"\1\2", text, flags=re.DOTALL)
            assert count == 1
        text = re.sub(r"'sha256-[\w+/=]+'", "'sha256-...'", text)
        return re.sub(r"(<article .*?</h3>).*?(</article>)", r"\1\2", text, flags=re.DOTALL)
    if not form.startswith("sarif"):
        return text
    document = json.loads(text)
    for rule in document["runs"][0]["tool"]["driver"]["rules"]:
        assert rule["help"].pop("text")
        assert rule["help"].pop("markdown")
        assert rule["fullDescription"].pop("text")
    return json.dumps(document, indent=2) + "\n"


@pytest.mark.parametrize(("name", "form"), CASES)
def test_the_report_is_the_file(runs: Mapping[str, Run], name: str, form: str) -> None:
    text = without_documentation(shown(runs[name], form), form)
    file = GOLDEN / f"{name}.{form}"
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_there_is_no_other_file() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {f"{name}.{form}" for name, form in CASES}


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_taken_for_a_command_and_no_secret_is_shown(
    runs: Mapping[str, Run], form: str
) -> None:
    for run in runs.values():
        text = shown(run, form)
        assert SECRET not in text
        if form != "github":
            assert TAKEN.search(text) is None
        assert all(line.isprintable() for line in text.split("\n"))


# --- SARIF


def sarif(run: Run, **options: str) -> dict[str, Any]:
    document = json.loads(RENDER["sarif"](run, **options))
    sarif_schema().validate(document)
    (made,) = document["runs"]
    return dict(made)


def test_the_schema_refuses_a_broken_report(runs: Mapping[str, Run]) -> None:
    document = json.loads(shown(runs["faulty"], "sarif"))
    document["runs"][0]["results"][0]["level"] = "fatal"
    assert not sarif_schema().is_valid(document)


@pytest.mark.parametrize("name", NAMES)
def test_each_result_has_a_rule_and_one_place(runs: Mapping[str, Run], name: str) -> None:
    run = runs[name]
    made = sarif(run)
    rules = made["tool"]["driver"]["rules"]
    assert len(made["results"]) == len(run.findings)
    for result in made["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["help"]["markdown"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1}
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"dist/[\w.~%-]+", uri, re.ASCII)
        paths = {checked.path for checked in run.archives}
        assert os.fsdecode(unquote_to_bytes(uri)) in paths


def test_only_rules_of_security_have_a_score(runs: Mapping[str, Run]) -> None:
    rules = sarif(runs["healthy"])["tool"]["driver"]["rules"]
    scored = {rule["id"] for rule in rules if "security-severity" in rule["properties"]}
    tagged = {rule["id"] for rule in rules if "security" in rule["properties"]["tags"]}
    assert scored == tagged == {"ARC009", "HYG006"}
    scores = [rule["properties"].get("security-severity", "5.0") for rule in rules]
    assert all(0 < float(score) <= 10 for score in scores)


def test_waived_findings_are_suppressed(runs: Mapping[str, Run]) -> None:
    results = sarif(runs["faulty"])["results"]
    (waived,) = [result for result in results if result["ruleId"] == "HYG012"]
    (suppression,) = waived["suppressions"]
    assert suppression["justification"] == "the tag is moved by the release <b>job</b>"
    assert all("suppressions" not in result for result in results if result is not waived)


def test_results_hang_on_the_anchor(runs: Mapping[str, Run]) -> None:
    results = sarif(runs["several"], anchor="deploy/Docker file")["results"]
    for result in results:
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert uri == "deploy/Docker%20file"
        assert location["logicalLocations"][0]["kind"] == "archive"
        assert result["message"]["text"].startswith("dist/")


def test_fingerprints_are_unique_and_have_no_digest(runs: Mapping[str, Run]) -> None:
    marks = [each["partialFingerprints"] for each in sarif(runs["several"])["results"]]
    values = [mark["primaryLocationLineHash"] for mark in marks]
    assert len(set(values)) == len(values)


def test_each_rule_has_its_family(runs: Mapping[str, Run]) -> None:
    made = sarif(runs["healthy"])
    (taxonomy,) = made["taxonomies"]
    taxa = [taxon["id"] for taxon in taxonomy["taxa"]]
    for rule in made["tool"]["driver"]["rules"]:
        (relationship,) = rule["relationships"]
        target = relationship["target"]
        assert taxa[target["index"]] == target["id"] == rule["id"][:3]


def test_an_unreadable_archive_is_a_notification(runs: Mapping[str, Run]) -> None:
    (invocation,) = sarif(runs["unreadable"])["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 3
    (notification,) = invocation["toolExecutionNotifications"]
    assert "No such file" in notification["message"]["text"]


URIS = {
    "a b.tar": "a%20b.tar",
    "./x/../a.tar": "a.tar",
    "/etc/a.tar": "etc/a.tar",
    "../../a.tar": "a.tar",
    "//evil.example/a": "evil.example/a",
    "http://evil/a": "http%3A/evil/a",
    "a%2e?b#c": "a%252e%3Fb%23c",
    "\udcff\ud800": "%FF%EF%BF%BD",
    "\udcff.tar": "%FF.tar",
    "-": "stdin",
    "..": "archive",
}


@pytest.mark.parametrize(("path", "uri"), URIS.items())
def test_uris_are_relative_and_encoded(path: str, uri: str) -> None:
    assert relative_uri(path) == uri


def test_a_path_in_the_working_directory_is_relative_to_it() -> None:
    assert relative_uri(f"{Path.cwd()}/dist/a.tar") == "dist/a.tar"


# --- GitHub


def commands(text: str) -> list[tuple[str, str]]:
    """The workflow commands as the runner reads them: kind and text."""
    found = (COMMAND.fullmatch(line) for line in text.splitlines() if line.startswith("::"))
    return [(match[1], match[3]) for match in found if match is not None]


@pytest.mark.parametrize("name", NAMES)
def test_a_line_is_one_command(runs: Mapping[str, Run], name: str) -> None:
    text = shown(runs[name], "github")
    lines = [line for line in text.splitlines() if "not annotated" not in line]
    assert len(commands(text)) == len(lines)
    assert "##[" not in text
    assert "##vso" not in text


def many(run: Run, severity: Severity, count: int) -> Run:
    """A run with findings of so many rules."""
    (checked,) = run.archives
    first = checked.findings[0]._replace(severity=severity)
    made = [first._replace(rule=f"ABC{number:03}", name=f"n-{number}") for number in range(count)]
    return run._replace(archives=(checked._replace(findings=(*checked.findings, *made)),))


def test_more_than_ten_of_a_kind_are_counted(runs: Mapping[str, Run]) -> None:
    run = many(runs["faulty"], Severity.WARNING, 25)
    text = shown(many(run, Severity.ERROR, 12), "github")
    kinds = [kind for kind, _ in commands(text)]
    assert kinds.count("error") == MOST
    assert kinds.count("warning") == MOST
    assert kinds == sorted(kinds)
    last = text.splitlines()[-1]
    errors, warnings = map(int, re.findall(r"(\d+) (?:error|warning)s?", last))
    ran = many(run, Severity.ERROR, 12)
    shown_of = {kind: kinds.count(kind) for kind in ("error", "warning")}
    assert errors + shown_of["error"] == ran.number_of(Severity.ERROR)
    assert warnings + shown_of["warning"] >= ran.number_of(Severity.WARNING) - 2


# --- GitLab

CODE_QUALITY = Draft7Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "pattern": r"^(?!\./|/)"},
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }
)
"""What GitLab documents of the format."""


@pytest.mark.parametrize("name", NAMES)
def test_issues_are_those_that_gitlab_takes(runs: Mapping[str, Run], name: str) -> None:
    run = runs[name]
    issues = json.loads(shown(run, "gitlab"))
    CODE_QUALITY.validate(issues)
    marks = [issue["fingerprint"] for issue in issues]
    assert len(set(marks)) == len(marks)
    unread = sum(checked.error is not None for checked in run.archives)
    shown_findings = [finding for finding in run.findings if finding.waived is None]
    assert len(issues) == len(shown_findings) + unread


# --- Markdown


@pytest.mark.parametrize("name", NAMES)
def test_markdown_has_no_markup_but_ours(runs: Mapping[str, Run], name: str) -> None:
    page = rendered(shown(runs[name], "markdown"))
    assert page.tags <= OURS
    assert page.links == []
    archives = len(runs[name].archives)
    assert sum(word.strip() in ("passed", "failed", "not read") for word in page.words) == archives


def test_markdown_refers_to_nothing(runs: Mapping[str, Run]) -> None:
    page = rendered(shown(runs["hostile"], "markdown"))
    # A reference is in one text; a comment divides it. In code it is not recognized.
    references = re.compile(r"@\w|#\d|www\.|://")
    assert not any(references.search(word) for word in page.prose)
    assert any(references.search(word) for word in page.words)


@pytest.mark.parametrize("text", HOSTILE_NAMES)
def test_markdown_shows_names_as_they_are(text: str) -> None:
    for line in (f"x {markdown(text)}", code(text), f"| a |\n|---|\n| {cell_code(text)} |"):
        page = rendered(line)
        assert page.tags <= OURS
        assert printable(text) in "".join(page.words)


def test_markdown_fits_into_a_comment(runs: Mapping[str, Run]) -> None:
    run = many(runs["faulty"], Severity.WARNING, 3000)
    text = shown(run, "markdown")
    assert len(text) < 65_536
    assert "more sections left out" in text
    assert rendered(text).tags <= OURS


# --- JUnit


@pytest.mark.parametrize("form", [form for form in FORMATS if form.startswith("junit")])
@pytest.mark.parametrize("name", NAMES)
def test_junit_is_read(runs: Mapping[str, Run], name: str, form: str) -> None:
    text = shown(runs[name], form)
    XSD.assertValid(etree.fromstring(text.encode()))
    report = JUnitXml.fromstring(text.encode())
    results = [outcome for suite in report for case in suite for outcome in case.result]
    failures = [outcome for outcome in results if isinstance(outcome, Failure)]
    errors = [outcome for outcome in results if isinstance(outcome, Error)]
    assert (report.failures, report.errors) == (len(failures), len(errors))
    assert bool(failures) is any(
        finding.severity is not Severity.NOTE and finding.waived is None
        for finding in runs[name].findings
    )
    unread = sum(checked.error is not None for checked in runs[name].archives)
    assert len(errors) == unread
    assert all(len(outcome.message or "") <= 220 for outcome in results)


def test_junit_has_a_case_for_each_rule_finding_or_archive(runs: Mapping[str, Run]) -> None:
    run = runs["several"]
    tests = {
        kind: JUnitXml.fromstring(RENDER["junit"](run, cases=kind).encode()).tests
        for kind in ("rules", "findings", "archives")
    }
    assert tests["archives"] == len(run.archives)
    assert tests["findings"] == len(run.findings) + len(run.archives)
    ran = sum(one.outcome != "skipped" for checked in run.archives for one in checked.results)
    assert tests["rules"] == ran + 1


def test_junit_names_the_machine_only_if_asked(
    runs: Mapping[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "builder-7")
    assert "builder-7" not in RENDER["junit"](runs["faulty"])
    assert 'hostname="builder-7"' in RENDER["junit"](runs["faulty"], hostname=True)


def test_junit_attaches_no_file(runs: Mapping[str, Run]) -> None:
    for form in FORMATS:
        if form.startswith("junit"):
            assert "[[ATTACHMENT|" not in shown(runs["hostile"], form)


# --- TAP


@pytest.mark.parametrize("name", NAMES)
def test_tap_is_read(runs: Mapping[str, Run], name: str) -> None:
    from tap.parser import Parser

    run = runs[name]
    text = shown(run, "tap")
    points = Points(text)
    assert len(points.top) == len(run.archives)
    assert points.planned[0] == ("", len(run.archives))
    assert sum(count for indent, count in points.planned if indent) == len(points.inner)
    lines = list(Parser().parse_text(text))
    tests = [line for line in lines if line.category == "test"]
    assert [line.ok for line in tests] == points.top
    assert not any(line.skip or line.todo for line in tests)
    assert not any(line.category == "bail" for line in lines)


def test_the_details_of_a_point_are_yaml(runs: Mapping[str, Run]) -> None:
    import yaml

    blocks = re.findall(
        r"^ +---\n(.*?)^ +\.\.\.$", shown(runs["several"], "tap"), re.MULTILINE | re.DOTALL
    )
    assert blocks
    for block in blocks:
        value = yaml.safe_load(block)
        assert set(value) <= {"message", "severity", "details", "output"}
