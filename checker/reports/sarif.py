"""The SARIF report (version 2.1.0), as GitHub code scanning and other viewers take it.

Code scanning shows one place for each result, a line of a file of the repository. Archives are not
text, so each result points to the first line of its archive, or of the file that the user names
(the anchor). The place inside of the archive is in the logical locations and in the message.

The report has no digest and no time in what identifies a result, so that an alert stays the same
alert when the archive is built again.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from checker.checks.families import FAMILIES, family_of
from checker.checks.finding import Finding, Severity
from checker.checks.fingerprints import fingerprints
from checker.checks.registry import Rule
from checker.model.location import Location
from checker.records import NamedTuple
from checker.reports.documentation import markdown_of, meaning_of
from checker.reports.incomplete import incomplete
from checker.reports.json_report import TOOL, Object, json_text
from checker.reports.printable import printable
from checker.reports.uris import relative_uri
from checker.reports.wording import count_words, place_words
from checker.results import Plugin, Run

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000
"""Code scanning refuses a report with more."""

_FAMILIES = "archive-checker rule families"
_FINGERPRINT = "archiveCheckerFinding/v1"
# The only one that code scanning reads.
_GITHUB_FINGERPRINT = "primaryLocationLineHash"
_LONGEST_TEXT = 1000
_PROBLEM_SEVERITIES = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "recommendation",
}


def render_sarif(run: Run, anchor: str = "") -> str:
    """The report as a JSON document.

    Args:
        run: What to report.
        anchor: The file of the repository that all results point to; empty for the archives.
    """
    tool = _Tool.of(run)
    shown, hidden = _results_of(run)
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": tool.record(run),
                "invocations": [_invocation(run, hidden)],
                "taxonomies": [_taxonomy(tool.families)],
                "results": _results(tool, shown, anchor),
                "columnKind": "unicodeCodePoints",
            }
        ],
    }
    return json_text(document)


def _results_of(run: Run) -> tuple[list[Finding], int]:
    """The findings that are shown, the highest severity first, and the number of the others."""
    ordered = sorted(run.findings, key=lambda finding: finding.severity.rank)
    return ordered[:MOST_RESULTS], max(0, len(ordered) - MOST_RESULTS)


# --- the tool and its rules


class _Place(NamedTuple):
    """Where the descriptor of a rule is: its position in a component of the tool.

    Attributes:
        position: The position in the list of rules.
        extension: The position of the extension that has the list; None for the driver.
    """

    position: int
    extension: int | None


class _Tool(NamedTuple):
    """The components of the tool and their rules.

    Attributes:
        driver: The descriptors of the rules of the checker.
        extensions: For each plugin the descriptors of its rules; those of the checker's bundles
            are the driver's.
        places: The place of each rule, by ID.
        families: The families of all rules.
    """

    driver: list[Object]
    extensions: list[list[Object]]
    places: Mapping[str, _Place]
    families: tuple[str, ...]

    @classmethod
    def of(cls, run: Run) -> _Tool:
        """The tool of a run."""
        rules = {rule.id: rule for rule in run.rules}
        named = {finding.rule: finding.name for finding in run.findings}
        ids = sorted({*rules, *named})
        families = tuple(dict.fromkeys(map(family_of, ids)))
        numbers = {plugin.name: n for n, plugin in enumerate(run.plugins) if _is_foreign(plugin)}
        driver: list[Object] = []
        extensions: list[list[Object]] = [[] for _ in run.plugins]
        places: dict[str, _Place] = {}
        for each in ids:
            rule = rules.get(each)
            number = None if rule is None else numbers.get(rule.bundle)
            component = driver if number is None else extensions[number]
            places[each] = _Place(len(component), number)
            known = {"id": printable(each), "name": printable(named.get(each, ""))}
            descriptor = known if rule is None else _descriptor(rule)
            component.append({**descriptor, "relationships": [_relationship(each, families)]})
        return cls(driver, extensions, places, families)

    def record(self, run: Run) -> Object:
        """The property ``tool`` of the report."""
        return {
            "driver": {
                "name": TOOL,
                "version": run.version,
                "semanticVersion": run.version,
                "rules": self.driver,
                "supportedTaxonomies": [{"name": _FAMILIES, "index": 0}],
            },
            "extensions": [
                _extension(plugin, rules)
                for plugin, rules in zip(run.plugins, self.extensions, strict=True)
            ],
        }


def _is_foreign(plugin: Plugin) -> bool:
    return plugin.distribution != TOOL


def _extension(plugin: Plugin, rules: list[Object]) -> Object:
    return {
        "name": printable(plugin.name),
        "version": printable(plugin.version),
        "fullName": printable(f"{plugin.name} ({plugin.distribution} {plugin.version})"),
        "rules": rules,
    }


def _descriptor(rule: Rule) -> Object:
    documentation = rule.documentation or rule.name
    formers = rule.check.aliases
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": _cut(rule.summary or rule.name)},
        "fullDescription": {"text": _cut(meaning_of(documentation) or rule.name)},
        "help": {"text": documentation, "markdown": "\n".join(markdown_of(documentation))},
        "defaultConfiguration": {"level": rule.severity},
        "properties": _properties(rule),
        "deprecatedIds": list(dict.fromkeys(name for name in formers if name.isupper())),
        "deprecatedNames": list(dict.fromkeys(name for name in formers if not name.isupper())),
    }


def _properties(rule: Rule) -> Object:
    properties: Object = {
        "tags": [family_of(rule.id)],
        "problem.severity": _PROBLEM_SEVERITIES[rule.severity],
    }
    if rule.check.security is None:
        return properties
    score = f"{rule.check.security:.1f}"
    return {**properties, "tags": [family_of(rule.id), "security"], "security-severity": score}


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def _relationship(rule: str, families: Sequence[str]) -> Object:
    family = family_of(rule)
    return {
        "target": {
            "id": printable(family),
            "index": families.index(family),
            "toolComponent": {"name": _FAMILIES, "index": 0},
        },
        "kinds": ["superset"],
    }


def _taxonomy(families: Iterable[str]) -> Object:
    return {
        "name": _FAMILIES,
        "shortDescription": {"text": "What the rules are about."},
        "isComprehensive": False,
        "taxa": [
            {
                "id": printable(family),
                "shortDescription": {"text": FAMILIES.get(family, "rules of a plugin")},
            }
            for family in families
        ],
    }


# --- the run


def _invocation(run: Run, hidden: int) -> Object:
    return {
        "executionSuccessful": run.exit_code in {0, 1},
        "exitCode": run.exit_code,
        "toolExecutionNotifications": list(_notifications(run, hidden)),
    }


def _notifications(run: Run, hidden: int) -> Iterator[Object]:
    """What kept the check from being complete."""
    for each in incomplete(run):
        yield _notification(each.text, each.path)
    if hidden:
        yield _notification(f"{count_words(hidden, 'result')} of low severity left out")


def _notification(text: str, path: str | None = None) -> Object:
    record: Object = {"level": "error", "message": {"text": _message_text(text)}}
    if path is not None:
        record["locations"] = [{"physicalLocation": _physical(path)}]
    return record


# --- the results


def _results(tool: _Tool, findings: Sequence[Finding], anchor: str) -> list[Object]:
    return [
        _result(tool, finding, mark, anchor)
        for finding, mark in zip(findings, fingerprints(findings), strict=True)
    ]


def _result(tool: _Tool, finding: Finding, mark: str, anchor: str) -> Object:
    location = finding.location
    record: Object = {
        "ruleId": printable(finding.rule),
        **_rule_reference(tool, finding.rule),
        "level": finding.severity,
        "message": {"text": _message_text("\n".join(_told(finding, anchor)))},
        "locations": [
            {
                "physicalLocation": _physical(anchor or location.archive),
                "logicalLocations": list(_logical(location, anchor)),
            }
        ],
        "partialFingerprints": {_FINGERPRINT: mark, _GITHUB_FINGERPRINT: mark},
        "properties": _details(finding),
    }
    if finding.is_accepted:
        record["suppressions"] = list(_suppressions(finding))
    return record


def _rule_reference(tool: _Tool, rule: str) -> Object:
    place = tool.places[rule]
    if place.extension is None:
        return {"ruleIndex": place.position}
    component = {"index": place.extension}
    return {"rule": {"id": printable(rule), "index": place.position, "toolComponent": component}}


def _physical(path: str) -> Object:
    return {
        "artifactLocation": {"uri": relative_uri(path)},
        "region": {"startLine": 1, "startColumn": 1},
    }


def _told(finding: Finding, anchor: str) -> Iterator[str]:
    """The finding in lines of text, since viewers show little else."""
    where = f"{printable(finding.location.archive)}: " if anchor else ""
    yield where + (printable(finding.message) or printable(finding.name) or printable(finding.rule))
    for word, location in (("at", finding.location), *(("see", each) for each in finding.related)):
        place = ", ".join(place_words(location))
        if place:
            yield f"{word} {place}"
    if finding.fix is not None:
        yield f"Fix: {printable(finding.fix.text)}"


def _message_text(text: str) -> str:
    r"""A text without links, which SARIF writes as ``[text](target)``.

    A bracket is escaped with a backslash (section 3.11.6).
    """
    lines = (printable(line) for line in text.split("\n"))
    return "\n".join(lines).replace("](", r"\](")


def _logical(location: Location, anchor: str) -> Iterator[Object]:
    """The place in the archive, from coarse to fine."""
    if anchor:
        yield _named(printable(location.archive), "archive")
    if location.image is not None:
        yield _named(printable(location.image), "image")
    if location.layer is not None:
        name = f"layer {location.layer}"
        yield _named(name, "layer", f"{printable(location.image or '')}/{name}".lstrip("/"))
    if location.member is not None:
        yield _named(printable(location.member), "member")
    if location.path is not None:
        yield _named(f"/{printable(location.path)}", "file")
    if location.pointer is not None:
        document = printable(location.member or location.digest or "")
        yield _named(printable(location.pointer), "property", f"{document}#{location.pointer}")


def _named(name: str, kind: str, full_name: str | None = None) -> Object:
    full = name if full_name is None else printable(full_name)
    return {"name": name, "fullyQualifiedName": full, "kind": kind}


def _details(finding: Finding) -> Object:
    """What code scanning does not show, for other readers."""
    location = finding.location
    digest, fix = location.digest, finding.fix
    return {
        "offset": location.offset,
        "digest": None if digest is None else printable(digest),
        "fix": None if fix is None else printable(fix.text),
    }


def _suppressions(finding: Finding) -> Iterator[Object]:
    if finding.waived is not None:
        reason = printable(finding.waived)
        yield {"kind": "external", "status": "accepted", "justification": reason}
    if finding.in_baseline:
        yield {"kind": "external", "status": "accepted", "justification": "in the baseline"}
