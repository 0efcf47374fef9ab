"""The report for test dashboards: its schema, and what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from lxml import etree

from checker.reports.junit import render_junit
from checker.results import Run

XSD = etree.XMLSchema(etree.parse(Path(__file__).parent / "junit.xsd"))
OUTCOMES = ("failure", "error", "skipped")


def parse(run: Run) -> etree._Element:
    return etree.fromstring(render_junit(run).encode())


def case(root: etree._Element, name: str) -> etree._Element:
    [found] = [each for each in root.iter("testcase") if each.get("name") == name]
    return found


def test_the_report_follows_the_schema(run: Run) -> None:
    XSD.assertValid(parse(run))


GOOD = (
    '<testsuites name="t" tests="1" failures="0" errors="0"><testsuite name="s" tests="1" '
    'failures="0" errors="0" skipped="0" time="0.001"><testcase name="c" classname="s.b" '
    'time="0.001"></testcase></testsuite></testsuites>'
)
BROKEN = {
    "the attribute disabled": ('skipped="0"', 'skipped="0" disabled="0"'),
    "four decimals": ('time="0.001"><testcase', 'time="0.0001"><testcase'),
    "no name": ('name="c" ', ""),
    "an unknown element": ("</testcase>", "<verdict/></testcase>"),
    "two outcomes": (
        "</testcase>",
        '<error message="m" type="t"/><failure message="m" type="t"/></testcase>',
    ),
    "one name twice": (
        "</testcase>",
        '</testcase><testcase name="c" classname="s.b" time="0.001"/>',
    ),
}


def test_the_schema_takes_a_good_report() -> None:
    assert XSD.validate(etree.fromstring(GOOD))


@pytest.mark.parametrize(("old", "new"), BROKEN.values(), ids=BROKEN)
def test_the_schema_refuses(old: str, new: str) -> None:
    broken = GOOD.replace(old, new, 1)
    assert broken != GOOD
    assert not XSD.validate(etree.fromstring(broken))


def test_the_counts_are_those_of_the_elements(run: Run) -> None:
    root = parse(run)
    for suite in root.findall("testsuite"):
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(key) == str(len(suite.findall(f"testcase/{tag}")))
        milliseconds = sum(round(float(each.get("time", "")) * 1000) for each in cases)
        assert round(float(suite.get("time", "")) * 1000) == milliseconds
    for key in ("tests", "failures", "errors"):
        total = sum(int(suite.get(key, "")) for suite in root)
        assert root.get(key) == str(total)


def test_names_are_unique(run: Run) -> None:
    root = parse(run)
    suites = [suite.get("name") for suite in root]
    assert len(set(suites)) == len(suites)
    for suite in root:
        cases = [each.get("name") for each in suite]
        assert len(set(cases)) == len(cases)


def test_every_archive_has_its_suite(run: Run) -> None:
    suites = [suite for suite in parse(run) if suite.get("name") != "plugins"]
    assert len(suites) == len(run.archives)
    assert len(parse(run)) == len(suites) + bool(run.problems)


def test_there_is_no_raw_control(run: Run) -> None:
    assert render_junit(run).replace("\n", "").isprintable()


def test_one_failure_tells_all_findings_of_a_rule(samples: Mapping[str, Run]) -> None:
    found = case(parse(samples["findings"]), "LYR003 duplicate-path")
    assert found.get("classname") == "image_tar.checker_layers"
    [failure] = found
    assert failure.get("type") == "warning"
    message = failure.get("message", "")
    assert message.startswith("etc/conf.d/0 comes twice")
    assert message.endswith("(and 19 more)")
    body = failure.text or ""
    assert body.count("warning: etc/conf.d/") == 20
    assert "path /etc/conf.d/19, byte 9728" in body


def test_the_fix_and_the_related_places_are_told(samples: Mapping[str, Run]) -> None:
    [failure] = case(parse(samples["findings"]), "OCI002 digest-mismatch")
    assert failure.get("type") == "error"
    body = failure.text or ""
    assert "pointer /layers/1/digest" in body
    assert "fix: write the archive again" in body


def test_passing_rules_are_shown(samples: Mapping[str, Run]) -> None:
    root = parse(samples["clean"])
    assert len(case(root, "ARC001 not-a-tar")) == 0
    assert root.get("tests") == "3"


@pytest.mark.parametrize(
    ("name", "fails"), [("findings", False), ("nothing-fails", False), ("notes-fail", True)]
)
def test_notes_fail_when_they_fail_the_run(
    samples: Mapping[str, Run],
    name: str,
    fails: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    found = case(parse(samples[name]), "ARC008 odd-padding")
    assert (found.find("failure") is not None) is fails
    assert (found.find("system-out") is None) is fails


@pytest.mark.parametrize("name", ["findings", "notes-fail"])
def test_waived_findings_are_told_beside(samples: Mapping[str, Run], name: str) -> None:
    found = case(parse(samples[name]), "ARC009 old-format")
    assert found.find("failure") is None
    assert "waived: the builder is from 2009" in (found.findtext("system-out") or "")


def test_a_waived_error_does_not_fail_its_case(samples: Mapping[str, Run]) -> None:
    run = samples["findings"]
    checked = run.archives[0]
    waived = checked.findings[0]._replace(waived="known")
    told = run._replace(archives=(checked._replace(findings=(waived,)),))
    found = case(parse(told), "OCI002 digest-mismatch")
    assert [each.tag for each in found] == ["system-out"]


def test_a_crash_is_an_error_with_its_traceback(samples: Mapping[str, Run]) -> None:
    root = parse(samples["crash"])
    [error] = case(root, "RFS003 entrypoint-missing")
    assert error.get("message") == "IndexError: list index out of range"
    assert "line 41, in check_rootfs\n    first" in (error.text or "")
    assert case(root, "crash")[0].tag == "error"


def test_rules_that_do_not_apply_are_counted(samples: Mapping[str, Run]) -> None:
    root = parse(samples["clean"])
    assert not [each for each in root.iter("testcase") if "OCI002" in each.get("name", "")]
    [found] = root.iter("property")
    assert (found.get("name"), found.get("value")) == ("rules-not-applicable", "1")


def test_an_unreadable_archive_and_a_broken_plugin_are_errors(samples: Mapping[str, Run]) -> None:
    root = parse(samples["unreadable"])
    assert [suite.get("name") for suite in root] == ["plugins", "missing.tar"]
    assert (
        case(root, "read")[0].get("message")
        == "missing.tar: cannot be read: No such file or directory"
    )
    assert "acme-broken-rules 0.3" in (case(root, "broken_rules")[0].text or "")


def test_readers_can_split_the_class_name(run: Run) -> None:
    names = {each.get("classname", "") for each in parse(run).iter("testcase")} - {"plugins"}
    assert all(re.fullmatch(r"[^.]+\.[^.]+", name) for name in names)
