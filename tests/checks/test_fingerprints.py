"""Fingerprints: the same for every build of an archive, different for different findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import Finding, Location, Severity
from checker.checks.fingerprints import fingerprint, fingerprints
from checker.testing.archive import build
from checker.testing.image import sample_image
from checker.testing.tar import file
from tests.sessions import new_session

KINDS = ("docker-archive", "docker-oci-archive", "podman-archive", "oci-archive")


def built(kind: str, content: str) -> bytes:
    """An archive with a fault; all digests follow from the content."""
    base = sample_image()
    extra = (file("srv/version", content), file("srv/data", "x", mode=0o777))
    image = replace(
        base,
        layers=(*base.layers, extra),
        config={"config": {"Env": ["A=1", "A=2"], "Labels": {"version": content}}},
    )
    return build(kind, image).tar()


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_the_same_after_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    session = new_session()
    runs = []
    for content in ("1.0", "2.0.1"):
        Path("app.tar").write_bytes(built(kind, content))
        runs.append(session.check("app.tar"))
    first, second = runs
    assert len(first.findings) > 3
    assert first.archive
    assert second.archive
    assert first.archive.images[0].digest != second.archive.images[0].digest
    assert sorted(fingerprints(first.findings)) == sorted(fingerprints(second.findings))


PLACE = Location(
    archive="dist/app.tar",
    member="blobs/sha256/" + "ab" * 32,
    offset=512,
    digest="sha256:" + "ab" * 32,
    image="app:1",
    layer=2,
    path="etc/passwd",
    pointer="/config/Env/1",
)
FINDING = Finding("ARC003", "bad", Severity.ERROR, "a message", PLACE)
SAME = {
    "offset": PLACE._replace(offset=1024),
    "digest": PLACE._replace(digest="sha256:" + "cd" * 32),
    "layer": PLACE._replace(layer=3),
    "member": PLACE._replace(member="blobs/sha256/" + "cd" * 32),
    "way to the archive": PLACE._replace(archive="./dist/x/../app.tar"),
    "version of the archive": PLACE._replace(archive="dist/app-1.2.3.tar.gz"),
    "version that is none yet": PLACE._replace(archive="dist/app-v2.0.0-rc.1.tar"),
    "commit of the archive": PLACE._replace(archive="dist/app-1a2b3c4d.tar"),
    "tag": PLACE._replace(image="app:2"),
    "digest of the image": PLACE._replace(image="app:1@sha256:" + "ab" * 32),
}
OTHER = {
    "archive": PLACE._replace(archive="dist/web.tar"),
    "name of the archive": PLACE._replace(archive="dist/app-web.tar"),
    "image": PLACE._replace(image="example.org:5000/app:1"),
    "path": PLACE._replace(path="etc/group"),
    "pointer": PLACE._replace(pointer="/config/Env/2"),
    "member": PLACE._replace(member="manifest.json"),
}


@pytest.mark.parametrize("place", SAME.values(), ids=SAME)
def test_what_a_build_changes_does_not_count(place: Location) -> None:
    assert fingerprint(FINDING._replace(location=place)) == fingerprint(FINDING)


@pytest.mark.parametrize("place", OTHER.values(), ids=OTHER)
def test_what_a_finding_is_about_counts(place: Location) -> None:
    assert fingerprint(FINDING._replace(location=place)) != fingerprint(FINDING)


def test_message_and_severity_do_not_count() -> None:
    other = FINDING._replace(severity=Severity.NOTE, message="another", waived="known")
    assert fingerprint(other) == fingerprint(FINDING)
    assert fingerprint(FINDING._replace(rule="ARC004")) != fingerprint(FINDING)


def test_an_absolute_path_in_the_working_directory_is_the_same() -> None:
    place = PLACE._replace(archive=f"{Path.cwd()}/dist/app.tar")
    assert fingerprint(FINDING._replace(location=place)) == fingerprint(FINDING)


@given(st.lists(st.sampled_from([FINDING, FINDING._replace(rule="ARC004")])))
def test_repeated_ones_are_numbered(findings: list[Finding]) -> None:
    marks = fingerprints(findings)
    assert len(set(marks)) == len(findings)
    assert [mark.partition(":")[0] for mark in marks] == [*map(fingerprint, findings)]
