"""Quiet where all is well: no rule raises an alarm about what healthy tools write.

A finding here is a false alarm: mend the rule, not the archive, unless the archive is unlike what
the tool really writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from checker.checks.finding import Finding, Severity
from checker.reports.folding import by_rule, fold
from checker.reports.wording import place_words
from checker.results import CheckedArchive
from checker.session import Session
from checker.verdicts import VerdictOutcome
from tests.sessions import checked_whole, new_session

from . import docker_tools, flat_tools, formats, oci_tools, platforms
from .parts import Sample, Samples

MODULES = (docker_tools, oci_tools, platforms, flat_tools, formats)
SAMPLES: Samples = {name: make for module in MODULES for name, make in module.SAMPLES.items()}
MOST_NOTES = 8
"""So many may stand in the text report, where those that differ only in the place are one."""
ENDINGS = {"none": "", "gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst"}
HYGIENE = "HYG"
"""Rules about what is good practice; they may have notes about healthy archives."""


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session()


@pytest.fixture(params=sorted(SAMPLES))
def sample(request: pytest.FixtureRequest) -> Sample:
    return SAMPLES[request.param]()


def check(sample: Sample, session: Session, folder: Path) -> CheckedArchive:
    """Write an archive and run every rule over it."""
    path = folder / f"image.tar{ENDINGS[sample.compression]}"
    if sample.is_folder:
        sample.archive.write_directory(path)
    else:
        path.write_bytes(sample.content)
    return checked_whole(session, path)


def told(findings: Iterable[Finding]) -> str:
    """The findings, a line each."""
    return "\n".join(
        f"{finding.severity} {finding.rule} {finding.name}: {finding.message} "
        f"[{', '.join(place_words(finding.location))}]"
        for finding in findings
    )


def test_no_alarm_is_raised(sample: Sample, session: Session, tmp_path: Path) -> None:
    checked = check(sample, session, tmp_path)
    assert checked.archive is not None
    assert checked.archive.kind is sample.kind
    findings = checked.findings
    alarms = [finding for finding in findings if finding.severity is not Severity.NOTE]
    accepting = [
        one
        for one in checked.verdicts
        if one.outcome is VerdictOutcome.ACCEPTS and one.action in ("load", "import", "ctr import")
    ]
    # Of an artifact, or a directory of several images, it is right to say that nothing loads it.
    expected = set() if accepting else {"ENG002"}
    # On overlays podman cannot link to files of lower layers, as layers of Windows do.
    platforms = [image.platform for image in checked.archive.images]
    is_for_windows = any(one is not None and one.os == "windows" for one in platforms)
    refused = {"ENG004"} if is_for_windows else set()
    assert {alarm.rule for alarm in alarms} - refused == expected, told(alarms)
    notes = [finding for finding in findings if not finding.rule.startswith(HYGIENE)]
    shown = sum(len(fold(group)) for group in by_rule(notes))
    assert shown <= MOST_NOTES, f"{Counter(note.rule for note in notes)}\n{told(notes)}"


def test_no_name_is_given_twice() -> None:
    assert len(SAMPLES) == sum(len(module.SAMPLES) for module in MODULES)


@pytest.mark.parametrize("name", ["docker save, Debian", "umoci", "Jib", "all platforms"])
def test_an_alarm_would_be_heard(name: str, session: Session, tmp_path: Path) -> None:
    sample = SAMPLES[name]()
    biggest = max(sample.members, key=lambda member: len(member.content))
    lessened = tuple(member for member in sample.members if member is not biggest)
    findings = check(sample._replace(members=lessened), session, tmp_path).findings
    assert any(finding.severity is Severity.ERROR for finding in findings), told(findings)
