"""What podman and skopeo say of archives, in their words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checker.plugins import load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.cases import Case
from checker.verdicts import Engine, Host, Question, Storage, Verdict, VerdictOutcome

ENGINES = (
    "podman-4 load",
    "podman-5 load",
    "skopeo-1 docker-archive",
    "skopeo-1 oci-archive",
)
TAKEN = ""
NO_INDEX = "index.json: no such file or directory"
NO_MANIFEST = "file does not exist"
MISMATCH = "Digest did not match, expected"
OTHER_DIFF_IDS = ["sha256:" + "0" * 64, "sha256:" + "1" * 64]


class Told(NamedTuple):
    """A case: how the archive is made, and what podman 4, 5 and both ways of skopeo print of it.

    TAKEN means that they take it; else the text is a part of what they print.

    Attributes:
        name: The name.
        table: How the archive is made.
        texts: What they print.
        on_overlay: What they print where layers are stored on overlays, if that is not the same.
    """

    name: str
    table: Mapping[str, Any]
    texts: tuple[str, str, str, str]
    on_overlay: tuple[str, str, str, str] | None = None


def docker(*edits: Mapping[str, Any], **table: Any) -> dict[str, Any]:
    return {"base": "docker-archive", "edits": list(edits), **table}


def oci(*edits: Mapping[str, Any], **table: Any) -> dict[str, Any]:
    return {"base": "oci-archive", "edits": list(edits), **table}


def loaded_from_docker(text: str, skopeo: str | None = None) -> tuple[str, str, str, str]:
    """An error in what docker save wrote, which podman and skopeo share."""
    return (text, text, text if skopeo is None else skopeo, NO_INDEX)


def loaded_from_oci(text: str, skopeo: str | None = None) -> tuple[str, str, str, str]:
    """An error in an image layout, which podman and skopeo share."""
    return (text, text, NO_MANIFEST, text if skopeo is None else skopeo)


def manifest_text(text: str) -> dict[str, Any]:
    return docker({"replace": {"member": "manifest.json", "text": text}})


CASES = (
    Told("docker save", docker(), loaded_from_docker(TAKEN)),
    Told("podman save", {"base": "podman-archive"}, loaded_from_docker(TAKEN)),
    Told("an OCI archive", oci(), loaded_from_oci(TAKEN)),
    Told("both formats", {"base": "docker-oci-archive"}, (TAKEN, TAKEN, TAKEN, TAKEN)),
    Told("a root filesystem", {"base": "rootfs"}, loaded_from_docker(NO_MANIFEST)),
    Told("before 2015", {"base": "legacy"}, loaded_from_docker(NO_MANIFEST)),
    Told(
        "gzip",
        docker({"compress": "gzip"}),
        ("loading tar component manifest.json: unexpected EOF", TAKEN, TAKEN, NO_INDEX),
    ),
    Told("xz", docker({"compress": "xz"}), loaded_from_docker(TAKEN)),
    Told(
        "gzip in gzip",
        docker({"compress": "gzip"}, {"compress": "gzip"}),
        (TAKEN, TAKEN, TAKEN, "archive/tar: invalid tar header"),
    ),
    Told(
        "gzip in xz in gzip",
        docker({"compress": "gzip"}, {"compress": "xz"}, {"compress": "gzip"}),
        ("archive/tar: invalid tar header",) * 4,
    ),
    Told("zstd", oci({"compress": "zstd"}), loaded_from_oci(TAKEN)),
    Told(
        "few bytes of no tar",
        {"base": "raw", "edits": [{"append": {"text": "no"}}]},
        ("unexpected EOF",) * 4,
    ),
    Told(
        "many bytes of no tar",
        {"base": "raw", "edits": [{"append": {"text": "no tar" * 100}}]},
        ("archive/tar: invalid tar header",) * 4,
    ),
    Told(
        "no manifest.json in words of JSON",
        manifest_text("{}"),
        loaded_from_docker(
            "json: cannot unmarshal object into Go value of type []tarfile.ManifestItem"
        ),
    ),
    Told(
        "two values in manifest.json",
        manifest_text("[][]"),
        loaded_from_docker("invalid character '[' after top-level value"),
    ),
    Told(
        "a hard link to a file that aufs kept",
        docker(
            entries=[
                {"path": ".wh..wh.plnk/1", "text": "x"},
                {"path": "a", "type": "hardlink", "link": ".wh..wh.plnk/1"},
            ]
        ),
        loaded_from_docker(TAKEN),
    ),
    Told(
        "a hard link to a file that aufs did not keep",
        docker(entries=[{"path": "a", "type": "hardlink", "link": ".wh..wh.plnk/1"}]),
        ("invalid aufs hardlink", "invalid aufs hardlink", TAKEN, NO_INDEX),
        on_overlay=(
            "processing tar file(no such file or directory): exit status 1",
            "unpacking failed (error: exit status 1; output: no such file or directory)",
            TAKEN,
            NO_INDEX,
        ),
    ),
    Told(
        "a missing config",
        docker({"remove": "{config}"}),
        (
            "loading tar component {config}: file does not exist",
            'loading tar component "{config}": file does not exist',
            r"loading tar component \"{config}\": file does not exist",
            NO_INDEX,
        ),
    ),
    Told(
        "a missing layer",
        docker({"remove": "{layer0}"}),
        loaded_from_docker("Some layer tarfiles are missing in the tarball"),
    ),
    Told(
        "a string for a command",
        docker(config={"config": {"Cmd": "sh"}}),
        loaded_from_docker("ImageConfig.config.Cmd of type []string", TAKEN),
    ),
    Told(
        "a number for an architecture",
        docker(config={"architecture": 1}),
        (
            "Go struct field Schema2Image.architecture of type string",
            "Go struct field Schema2Image.Schema2V1Image.architecture of type string",
            "Go struct field Schema2Image.Schema2V1Image.architecture of type string",
            NO_INDEX,
        ),
    ),
    Told(
        "a number for a command",
        docker(config={"config": {"Cmd": [1]}}),
        (
            "cannot unmarshal array into Go struct field Schema2Config.config.Cmd of type string",
            "Go struct field Schema2Config.Schema2V1Image.config.Cmd of type string",
            "Go struct field Schema2Config.Schema2V1Image.config.Cmd of type string",
            NO_INDEX,
        ),
    ),
    Told(
        "a config without layers",
        docker(config={"rootfs": None}),
        loaded_from_docker("Invalid image config (rootFS is not set): "),
    ),
    Told(
        "a diffID of another layer",
        docker(config={"rootfs": {"type": "layers", "diff_ids": OTHER_DIFF_IDS}}),
        loaded_from_docker(f"happened during read: {MISMATCH}"),
    ),
    Told(
        "a diffID of another layer in an image layout",
        oci(config={"rootfs": {"type": "layers", "diff_ids": OTHER_DIFF_IDS}}),
        (TAKEN, "does not match config's DiffID", NO_MANIFEST, TAKEN),
    ),
    Told(
        "a config blob is missing",
        oci({"remove": "{config}"}),
        (
            "parsing image configuration: open <tmp>: no such file or directory",
            "unable to copy from source oci-archive:<tmp>:: parsing image configuration: open <",
            NO_MANIFEST,
            "reading config blob sha256:",
        ),
    ),
    Told(
        "no image in index.json",
        oci({"replace": {"member": "index.json", "text": '{"manifests":[]}'}}),
        loaded_from_oci("more than one image in oci, choose an image"),
    ),
    Told(
        "index.json is cut",
        oci({"replace": {"member": "index.json", "text": "{"}}),
        loaded_from_oci("unexpected EOF"),
    ),
    Told(
        "a name that leads out",
        oci({"add": {"path": "../up", "text": "x", "at": "end"}}),
        loaded_from_oci('"../up', "../up"),
    ),
    Told(
        "a name that leads out, of no matter to docker-archive",
        docker({"add": {"path": "../up", "text": "x", "at": "end"}}),
        (TAKEN, TAKEN, TAKEN, "is outside of"),
    ),
    Told(
        "a file below a file",
        oci(
            {"add": {"path": "f", "text": "x", "at": "end"}},
            {"add": {"path": "f/g", "text": "x", "at": "end"}},
        ),
        (
            "open <tmp>: not a directory",
            "open <tmp>/f/g: not a directory",
            NO_MANIFEST,
            "open <tmp>/f/g: not a directory",
        ),
    ),
    Told(
        "one path twice in a layer",
        docker(entries=[{"path": "f", "text": "a"}, {"path": "f", "text": "b"}]),
        loaded_from_docker("duplicates of file paths not supported", TAKEN),
    ),
    Told(
        "a hard link to nothing in a layer",
        oci(entries=[{"path": "f", "type": "hardlink", "link": "none"}]),
        loaded_from_oci(
            "ApplyLayer stdout:  stderr: no such file or directory exit status 1", TAKEN
        ),
        on_overlay=(
            "processing tar file(no such file or directory): exit status 1",
            "unpacking failed (error: exit status 1; output: no such file or directory)",
            NO_MANIFEST,
            TAKEN,
        ),
    ),
    Told(
        "a name without a tag",
        docker(tags=["app"]),
        (
            "Invalid tag app (docker.io/library/app): does not contain a tag",
            'Invalid tag "app" (docker.io/library/app): does not contain a tag',
            TAKEN,
            NO_INDEX,
        ),
    ),
)


@pytest.fixture(scope="module")
def engines() -> Mapping[str, Engine]:
    return {f"{engine.name} {engine.action}": engine for engine in load_plugins().engines}


def asked(
    told: Told,
    names: tuple[str, ...],
    engines: Mapping[str, Engine],
    folder: Path,
    storage: Storage = Storage.OVERLAY,
) -> tuple[list[Verdict], Mapping[str, str]]:
    case = Case("", "", told.name, "pass", {}, (), Path(__file__), told.table)
    built = case.build()
    archive = read_archive(str(built.write(folder)), ReadOptions())
    question = Question(archive, Host(storage=storage), "image.tar")
    return [engines[name].judge(question) for name in names], built.names


def filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


@pytest.mark.parametrize("storage", Storage)
@pytest.mark.parametrize("told", CASES, ids=lambda told: told.name)
def test_refusals(
    told: Told, storage: Storage, engines: Mapping[str, Engine], tmp_path: Path
) -> None:
    found, names = asked(told, ENGINES, engines, tmp_path, storage)
    on_overlay = told.on_overlay if storage is Storage.OVERLAY else None
    for verdict, text in zip(found, on_overlay or told.texts, strict=True):
        expected = VerdictOutcome.REJECTS if text else VerdictOutcome.ACCEPTS
        assert (verdict.engine, verdict.outcome) == (verdict.engine, expected), verdict.message
        assert filled(text, names) in (verdict.message or "")


def test_all_that_podman_tried_is_listed(engines: Mapping[str, Engine], tmp_path: Path) -> None:
    told = Told("a root filesystem", {"base": "rootfs"}, ("",) * 4)
    (verdict,), _ = asked(told, ("podman-4 load",), engines, tmp_path)
    assert verdict.message == (
        "Error: payload does not match any of the supported image formats: "
        "* oci: initializing source oci:<tmp>:: open <tmp>: not a directory "
        "* oci-archive: loading index: open <tmp>: no such file or directory "
        "* docker-archive: loading tar component manifest.json: file does not exist "
        "* dir: open <tmp>: not a directory"
    )
    assert verdict.reason == "it is a root filesystem (docker export), not an image"


def test_layers_that_storage_has_are_not_read_again(
    engines: Mapping[str, Engine], tmp_path: Path
) -> None:
    told = Told(
        "a symlink for the layer of the second image",
        {
            "base": "docker-archive",
            "images": [{"tags": ["a:1"]}, {"tags": ["b:1"], "config": {"author": "someone"}}],
        },
        ("",) * 4,
    )
    found, _ = asked(told, ("podman-4 load", "podman-5 load"), engines, tmp_path)
    assert {each.outcome for each in found} == {VerdictOutcome.ACCEPTS}
    (skopeo,), _ = asked(told, ("skopeo-1 docker-archive",), engines, tmp_path)
    assert "expected 1 item, got 2" in (skopeo.message or "")


def test_the_reason_is_that_of_the_format_at_hand(
    engines: Mapping[str, Engine], tmp_path: Path
) -> None:
    told = Told("no image", oci({"replace": {"member": "index.json", "text": "{}"}}), ("",) * 4)
    (verdict,), _ = asked(told, ("podman-5 load",), engines, tmp_path)
    assert "index.json lists 0 images" in verdict.reason


def test_no_image_is_nothing_loaded(engines: Mapping[str, Engine], tmp_path: Path) -> None:
    told = Told("no images", manifest_text("[]"), ("",) * 4)
    found, _ = asked(told, ("podman-4 load", "podman-5 load"), engines, tmp_path)
    assert [each.outcome for each in found] == [VerdictOutcome.ACCEPTS_BROKEN] * 2


@pytest.mark.parametrize(
    ("base", "outcome"),
    [
        ("rootfs", VerdictOutcome.ACCEPTS),
        ("docker-archive", VerdictOutcome.ACCEPTS_BROKEN),
        ("raw", VerdictOutcome.ACCEPTS_BROKEN),
    ],
)
def test_import_takes_any_tar(
    base: str, outcome: VerdictOutcome, engines: Mapping[str, Engine], tmp_path: Path
) -> None:
    told = Told(base, {"base": base}, ("",) * 4)
    found, _ = asked(told, ("podman-4 import", "podman-5 import"), engines, tmp_path)
    assert [each.outcome for each in found] == [outcome] * 2


def test_import_refuses_one_path_twice(engines: Mapping[str, Engine], tmp_path: Path) -> None:
    table = {
        "base": "rootfs",
        "edits": [
            {"add": {"path": "f", "text": "x", "at": "end"}},
            {"add": {"path": "./f", "text": "x", "at": "end"}},
        ],
    }
    told = Told("twice", table, ("",) * 4)
    found, _ = asked(told, ("podman-4 import", "podman-5 import"), engines, tmp_path)
    assert all("duplicates of file paths not supported" in (each.message or "") for each in found)
