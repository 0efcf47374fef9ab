"""The rules of OCI and CFG survive any document, and do not say the same thing twice."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.checks.finding import Severity
from checker.results import CheckedArchive
from checker.session import Session
from checker.testing.archive import docker_oci_archive, multi_platform, with_nested_index
from checker.testing.image import config_blob, layer_blobs, manifest_blob, sample_image
from checker.testing.tar import Member, write_tar
from tests.effort import examples
from tests.mutations import mutant, mutated
from tests.sessions import checked_whole, new_session

SAMPLE = sample_image()
RICH = {
    "annotations": {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": "sha256:" + "0" * 64,
        "org.opencontainers.image.ref.name": "sha256-" + "0" * 64,
        "org.opencontainers.image.created": "2024-05-01T12:30:00Z",
    },
    "artifactType": "application/vnd.example",
    "data": "e30=",
    "urls": ["ftp://example.com", "https://example.com"],
}
"""What a descriptor may have beside what it must have."""
SETTINGS = {
    "Env": ["PATH=bin", "A=1", "PATH=/bin"],
    "ExposedPorts": {"80/tcp": {}},
    "Volumes": {"data": {}},
    "Labels": {"org.opencontainers.image.created": "today"},
    "StopSignal": "SIGTERM",
    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5, "Retries": 3},
    "OnBuild": ["RUN true"],
}

values = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2, 2.0, 10**30, "", "layers", "sha256:" + "0" * 64, "a/b", "\0"]),
    st.sampled_from(
        [
            *("application/vnd.oci.image.index.v1+json", "application/vnd.oci.empty.v1+json"),
            *("application/vnd.oci.image.manifest.v1+json", "files", "1.0.1"),
        ]
    ),
    st.sampled_from([[], {}, [None], [{}], [[]], {"a": 1}, {"manifests": [], "layers": []}]),
)


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session({"select": ["OCI", "CFG"]})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules") / "image.tar"


def check(session: Session, file: Path, members: tuple[Member, ...]) -> CheckedArchive:
    file.write_bytes(write_tar(members))
    return checked_whole(session, file)


def assert_sound(checked: CheckedArchive) -> None:
    # Notes may tell different things of one place.
    places = Counter(
        (finding.location.member, finding.location.pointer)
        for finding in checked.findings
        if finding.location.pointer and finding.severity is not Severity.NOTE
    )
    assert [place for place, count in places.items() if count > 1] == []


quickly = settings(max_examples=examples(60), deadline=None)


@quickly
@given(data=st.data())
def test_any_config_is_checked(data: st.DataObject, session: Session, file: Path) -> None:
    config = json.loads(config_blob(SAMPLE).data)
    config["config"] |= SETTINGS
    document = data.draw(mutated(config, values))
    image = replace(SAMPLE, config_bytes=json.dumps(document).encode())

    assert_sound(check(session, file, docker_oci_archive(image).members))


@quickly
@given(data=st.data())
def test_any_manifest_is_checked(data: st.DataObject, session: Session, file: Path) -> None:
    manifest = manifest_blob(SAMPLE, config_blob(SAMPLE), layer_blobs(SAMPLE, "none"))
    rich = json.loads(manifest.data)
    rich["layers"][0] |= RICH
    rich |= {"subject": rich["config"] | RICH, "annotations": RICH["annotations"]}
    document = data.draw(mutated(rich, values))
    image = replace(SAMPLE, manifest_bytes=json.dumps(document).encode())

    assert_sound(check(session, file, docker_oci_archive(image).members))


@quickly
@given(data=st.data())
def test_any_nested_index_is_checked(data: st.DataObject, session: Session, file: Path) -> None:
    images = (SAMPLE, sample_image("arm64", "v8"))
    archive = multi_platform(*images)
    index = next(m.content for m in archive.members if m.name == archive.names["index"])
    document = json.loads(index)
    document["manifests"].append(document["manifests"][0] | RICH)
    document["manifests"].append(
        {**document["manifests"][0], "digest": archive.names["index.digest"]}
    )
    document = data.draw(mutated(document, values))

    assert_sound(
        check(session, file, with_nested_index(images, json.dumps(document).encode()).members)
    )


@quickly
@given(data=st.data(), name=st.sampled_from(["index.json", "oci-layout", "manifest.json"]))
def test_any_document_at_the_top_is_checked(
    data: st.DataObject, name: str, session: Session, file: Path
) -> None:
    members = tuple(
        replace(each, content=mutant(data, each.content, values)) if each.name == name else each
        for each in docker_oci_archive(SAMPLE).members
    )

    assert_sound(check(session, file, members))


@quickly
@given(data=st.data())
def test_any_member_may_be_missing(data: st.DataObject, session: Session, file: Path) -> None:
    members = multi_platform().members
    gone = data.draw(st.sets(st.sampled_from([each.name for each in members])))

    assert_sound(check(session, file, tuple(each for each in members if each.name not in gone)))
