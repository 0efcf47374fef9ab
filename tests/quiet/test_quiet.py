"""Quiet where all is well: no rule raises an alarm about what healthy tools write.

A finding here is a false alarm: mend the rule, not the archive, unless the archive is unlike what
the tool really writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from checker.checks.check import CheckContext
from checker.checks.finding import Finding, Severity
from checker.checks.runner import CheckRun, run_checks
from checker.model.archive import Archive
from checker.model.content import ContentPlan
from checker.plugins import Host, load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.reports.folding import by_rule, fold
from checker.reports.wording import place_words

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
def host() -> Host:
    return load_plugins()


@pytest.fixture(params=sorted(SAMPLES))
def sample(request: pytest.FixtureRequest) -> Sample:
    return SAMPLES[request.param]()


def read(sample: Sample, host: Host, folder: Path) -> Archive:
    """Write an archive and read it, with what every rule asks to see."""
    path = folder / f"image.tar{ENDINGS[sample.compression]}"
    if sample.is_folder:
        sample.archive.folder(path)
    else:
        path.write_bytes(sample.content)
    plan = ContentPlan.of(read for rule in host.registry for read in rule.check.reads)
    return read_archive(str(path), ReadOptions(plan=plan, jobs=1))


def told(findings: Iterable[Finding]) -> str:
    """The findings, a line each."""
    return "\n".join(
        f"{finding.severity} {finding.rule} {finding.name}: {finding.message} "
        f"[{', '.join(place_words(finding.location))}]"
        for finding in findings
    )


def check(archive: Archive, host: Host) -> CheckRun:
    """Run every rule."""
    run = run_checks(archive, host.registry, CheckContext())
    assert [result.traceback for result in run.results if result.traceback] == []
    return run


def test_no_alarm_is_raised(sample: Sample, host: Host, tmp_path: Path) -> None:
    archive = read(sample, host, tmp_path)
    assert archive.kind is sample.kind
    findings = check(archive, host).findings
    alarms = [finding for finding in findings if finding.severity is not Severity.NOTE]
    assert not alarms, told(alarms)
    notes = [finding for finding in findings if not finding.rule.startswith(HYGIENE)]
    shown = sum(len(fold(group)) for group in by_rule(notes))
    assert shown <= MOST_NOTES, f"{Counter(note.rule for note in notes)}\n{told(notes)}"


def test_no_name_is_given_twice() -> None:
    assert len(SAMPLES) == sum(len(module.SAMPLES) for module in MODULES)


@pytest.mark.parametrize("name", ["docker save, Debian", "umoci", "Jib", "all platforms"])
def test_an_alarm_would_be_heard(name: str, host: Host, tmp_path: Path) -> None:
    sample = SAMPLES[name]()
    biggest = max(sample.members, key=lambda member: len(member.content))
    lessened = tuple(member for member in sample.members if member is not biggest)
    findings = check(read(sample._replace(members=lessened), host, tmp_path), host).findings
    assert any(finding.severity is Severity.ERROR for finding in findings), told(findings)
