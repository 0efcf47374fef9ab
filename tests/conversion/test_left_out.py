"""What a form cannot hold is listed; what it can hold is kept."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from checker.cli import main
from checker.contents.images import images_of
from checker.testing.archive import build, oci_archive
from checker.testing.artifacts import with_artifacts
from checker.testing.image import Image
from checker.testing.tar import file, write_tar
from tests.quiet.oci_tools import buildx_attested
from tests.sessions import new_session

from .converting import IMAGE_FORMS, converted_json

LAYERS = ((file("a", "1"),),)


@pytest.fixture
def attested(tmp_path: Path) -> Path:
    """Two platforms with an attestation each."""
    path = tmp_path / "attested.tar"
    path.write_bytes(buildx_attested().archive.tar())
    return path


CASES = [
    ("docker-archive", (), {"platform": 1, "attestation": 2}),
    ("docker-archive", ("--platform", "linux/arm64"), {"attestation": 2}),
    ("oci-archive", (), {}),
    ("docker-oci-archive", (), {}),
    ("oci-layout", (), {}),
    ("oci-archive", ("--platform", "linux/amd64"), {}),
    ("oci-archive", ("--compression", "zstd"), {"attestation": 2}),
    ("rootfs", (), {"platform": 1, "attestation": 2, "config": 1}),
]


@pytest.mark.parametrize(("form", "options", "wanted"), CASES)
def test_attestations_and_platforms(
    form: str,
    options: tuple[str, ...],
    wanted: dict[str, int],
    attested: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = converted_json(capsys, attested, tmp_path / "out", form, *options)
    counts = Counter(each["what"] for each in found["left_out"])
    assert {what: count for what, count in counts.items() if what != "annotations"} == wanted


def test_the_attestation_of_a_chosen_image_is_kept(
    attested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.tar"
    converted_json(capsys, attested, target, "oci-archive", "--platform", "linux/amd64")
    found = new_session().read(target)
    (image,) = found.images
    assert found.oci is not None
    about = [
        each.descriptor.annotations["vnd.docker.reference.digest"]
        for each in found.oci.manifests
        if each.descriptor.is_attestation
    ]
    assert about == [image.digest]


@pytest.mark.parametrize(
    ("artifact", "what"),
    [
        ({"type": "application/spdx+json", "subject": "{manifest.digest}"}, "referrer"),
        ({"type": "application/example"}, "artifact"),
    ],
)
def test_artifacts(
    artifact: dict[str, object], what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.tar"
    source.write_bytes(with_artifacts(build("oci-archive"), [artifact]).tar())
    found = converted_json(capsys, source, tmp_path / "out", "docker-archive")
    assert [each["what"] for each in found["left_out"]] == [what]
    assert converted_json(capsys, source, tmp_path / "all", "oci-archive")["left_out"] == []


def test_annotations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = Image(layers=LAYERS, manifest={"annotations": {"org.example.team": "blue"}})
    source = tmp_path / "in.tar"
    source.write_bytes(oci_archive(image).tar())
    found = converted_json(capsys, source, tmp_path / "out", "docker-archive")
    assert found["left_out"] == [
        {"what": "annotations", "detail": "sample:1: the annotations org.example.team"}
    ]


def test_a_name_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.tar"
    source.write_bytes(oci_archive(Image(layers=LAYERS, tags=("latest",))).tar())
    found = converted_json(capsys, source, tmp_path / "out", "docker-archive")
    assert [each["what"] for each in found["left_out"]] == ["name"]
    named = converted_json(capsys, source, tmp_path / "out", "docker-archive", "--ref", "a:1")
    assert named["left_out"] == []
    assert named["images"][0]["names"] == ["a:1"]


@pytest.mark.parametrize("form", IMAGE_FORMS)
def test_errors_that_are_carried_over_are_told(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.tar", tmp_path / "out"
    cut = write_tar([file("a", "1" * 2000)])[:1024]
    source.write_bytes(build("docker-archive", Image(layers=(*LAYERS, cut))).tar())
    (error,) = converted_json(capsys, source, target, form)["errors"]
    assert error.startswith("LYR006: layer 1 of ")
    target.rename(tmp_path / "other")
    assert main(["convert", str(source), str(target), "--to", form]) == 0
    assert f"checker: {target}: has an error that IN has, LYR006: " in capsys.readouterr().err


def test_errors_that_no_rule_looks_for_in_the_source_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.tar", tmp_path / "out"
    settings = {"config": {"WorkingDir": 1}}
    source.write_bytes(build("legacy", Image(layers=LAYERS, config=settings)).tar())
    (error,) = converted_json(capsys, source, target, "docker-archive")["errors"]
    assert error.startswith("CFG001: ")
    assert "/config/WorkingDir: found the number 1" in error


def test_a_name_of_the_oldest_form_without_an_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.tar"
    named = file("repositories", '{"app": {"1": ""}}')
    made = build("legacy", Image(layers=LAYERS))
    members = [one for one in made.members if one.name != "repositories"]
    source.write_bytes(write_tar((*members, named)))
    classified = new_session().classify(source)
    assert classified.problems == ()
    assert classified.classification is not None
    assert main(["convert", str(source), str(tmp_path / "out"), "--to", "docker-archive"]) == 0
    assert "Traceback" not in capsys.readouterr().err
    assert [each.names for each in images_of(new_session().read(source))] == [()]
    assert all(each.layers for each in images_of(new_session().read(source)))
