"""Each refusal has a finding that names its cause, whatever else is wrong with the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest

from checker import Archive, Check, Finding, Session, Severity
from checker.checks.registry import Registry
from checker.plugins import load_plugins
from checker.testing.archive import build
from checker.testing.image import Image, sample_image
from checker.testing.tar import compress
from tests.sessions import new_session

BZIP2 = "containerd does not support bzip2"


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session()


def findings_of(session: Session, data: bytes, rule: str) -> list[Finding]:
    found = session.check(BytesIO(data), name="image.tar").findings
    return [finding for finding in found if finding.rule == rule]


def image_with_error() -> Image:
    """An image whose working directory is not absolute, which no engine refuses."""
    sample = sample_image()
    return Image(layers=sample.layers, config={"config": {"WorkingDir": "x", "Cmd": ["/bin/app"]}})


@pytest.mark.parametrize("image", [sample_image(), image_with_error()], ids=["sound", "error"])
def test_a_cause_is_named_beside_other_errors(image: Image, session: Session) -> None:
    data = compress(build("docker-archive", image).tar(), "bzip2")
    found = findings_of(session, data, "ENG004")
    assert [finding.severity for finding in found if BZIP2 in finding.message] == [Severity.NOTE]


def test_the_second_image_has_an_error(session: Session) -> None:
    data = build("docker-archive", image_with_error()).tar()
    assert session.check(BytesIO(data), name="image.tar").failures()


@pytest.mark.parametrize(
    ("kind", "member", "document", "rule"),
    [
        ("docker-archive", "manifest.json", None, "DKR001"),
        ("oci-archive", "index.json", {"schemaVersion": 2, "manifests": [{"size": "x"}]}, "OCI007"),
        ("oci-archive", "index.json", {"schemaVersion": 2, "manifests": "x"}, "OCI005"),
        ("oci-archive", "index.json", {"schemaVersion": 2, "manifests": None}, "OCI005"),
    ],
)
def test_a_cause_that_a_rule_reports_is_not_repeated(
    kind: str, member: str, document: object, rule: str, session: Session
) -> None:
    archive = build(kind)
    content = json.dumps(document).encode()
    members = tuple(
        replace(each, content=content) if each.name == member else each for each in archive.members
    )
    data = replace(archive, members=members).tar()
    assert findings_of(session, data, rule)
    assert findings_of(session, data, "ENG004") == []


def test_an_engine_that_loads_nothing_is_not_said_to_refuse(session: Session) -> None:
    archive = build("docker-oci-archive")
    members = tuple(
        replace(each, content=b"[]") if each.name == "manifest.json" else each
        for each in archive.members
    )
    data = replace(archive, members=members).tar()
    found = session.check(BytesIO(data), name="image.tar").classification
    assert found is not None
    assert found.loadable_reason.startswith("does not work with docker-20.10, docker-28")


class Repeating(Check):
    id = "XMP001"
    name = "repeating"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        for message in ("once", "twice", "twice"):
            yield self.finding(archive, message)


def test_a_finding_is_reported_once() -> None:
    registry = Registry()
    registry.add(Repeating, "tests")
    session = Session(plugins=load_plugins()._replace(registry=registry))
    found = findings_of(session, build("docker-archive").tar(), "XMP001")
    assert [finding.message for finding in found] == ["once", "twice"]
