"""Every kind is converted to every form, and stays the same image."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from checker import Kind, MediaType, Session
from checker.cli import main
from checker.testing.archive import (
    Archive,
    build,
    docker_archive,
    legacy_archive,
    nested,
    oci_archive,
    rootfs,
    wrapped,
)
from checker.testing.elf import elf
from checker.testing.image import Image
from checker.testing.tar import Member, compress, directory, file, symlink, whiteout, write_tar
from tests.effort import combined
from tests.sessions import new_session

from .converting import (
    FORMS,
    IMAGE_FORMS,
    checked,
    converted,
    converted_json,
    entries_of,
    facts_of,
)

KINDS = (
    "docker-archive",
    "podman-archive",
    "crane-archive",
    "oci-archive",
    "docker-oci-archive",
    "multi-platform",
    "flat-platforms",
)
SHELL = Image(layers=((directory("bin"), Member("bin/sh", elf(), mode=0o755), directory("etc")),))
TWO = (
    Image(layers=((directory("etc"), file("etc/a", "1")),), tags=("one:1",)),
    Image(
        layers=((directory("etc"), file("etc/a", "1")), (file("etc/b", "2"),)),
        tags=("two:1", "two:latest"),
    ),
)


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session()


def written(archive: Archive, path: Path) -> Path:
    path.write_bytes(archive.tar())
    return path


@pytest.mark.parametrize("form", IMAGE_FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_image_stays_the_same(kind: str, form: str, session: Session, tmp_path: Path) -> None:
    source = written(build(kind), tmp_path / "in.tar")
    target = converted(source, tmp_path / "out", form)
    before, after = session.read(source), session.read(target)
    assert after.kind == Kind(form)
    one_platform = form == "docker-archive" and "platform" in kind
    assert facts_of(after) <= facts_of(before)
    assert len(facts_of(after)) == (1 if one_platform else len(facts_of(before)))
    is_loaded_by_none = form == "oci-layout" and kind == "flat-platforms"
    found = {finding.rule for finding in checked(target).failures()}
    assert found == ({"ENG002"} if is_loaded_by_none else set())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["rootfs", "export"])
def test_a_root_becomes_an_image(kind: str, form: str, session: Session, tmp_path: Path) -> None:
    source = written(build(kind), tmp_path / "in.tar")
    words = () if form == "rootfs" else ("--ref", "root:1")
    target = converted(source, tmp_path / "out", form, *words)
    found = session.read(target)
    assert found.kind == Kind(form)
    if form != "rootfs":
        (image,) = found.images
        assert {name.rpartition("/")[2] for name in image.names} == {"root:1"}
        back = converted(target, tmp_path / "back.tar", "rootfs")
        assert entries_of(back.read_bytes()) == entries_of(source.read_bytes())


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("form", IMAGE_FORMS)
@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
def test_layers_are_compressed_as_asked(
    kind: str, form: str, compression: str, session: Session, tmp_path: Path
) -> None:
    source = written(build(kind), tmp_path / "in.tar")
    target = converted(source, tmp_path / "out", form, "--compression", compression)
    found = session.read(target)
    assert facts_of(found) == facts_of(session.read(source))
    kinds = {
        layer.blob.compression.kind
        for image in found.images
        for layer in image.layers
        if layer.blob is not None
    }
    assert kinds == {compression}


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_layers_that_a_form_does_not_hold_are_decompressed(
    form: str, compression: str, session: Session, tmp_path: Path
) -> None:
    layers = ((file("a", "content"),),)
    source = written(
        docker_archive(Image(layers=layers, compression=compression)), tmp_path / "in.tar"
    )
    found = session.read(converted(source, tmp_path / "out", form))
    (image,) = found.images
    (layer,) = image.layers
    assert layer.blob is not None
    kept = {"docker-archive": {"gzip"}, "oci-archive": {"gzip", "zstd"}}[form]
    assert layer.blob.compression.kind == (compression if compression in kept else "none")
    assert layer.blob.diff_id == layer.diff_id


@pytest.mark.parametrize("kind", ["docker-archive", "crane-archive"])
def test_a_round_trip_gives_the_same_layers(kind: str, session: Session, tmp_path: Path) -> None:
    source = written(build(kind, *TWO), tmp_path / "in.tar")
    oci = converted(source, tmp_path / "oci.tar", "oci-archive")
    back = converted(oci, tmp_path / "back.tar", "docker-archive")
    again = converted(back, tmp_path / "again.tar", "docker-archive")
    assert facts_of(session.read(back)) == facts_of(session.read(source))
    assert back.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_the_same_input_gives_the_same_bytes(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    for kind in ("oci-archive", "docker-archive", "rootfs"):
        source = written(build(kind), tmp_path / "in.tar")
        results = []
        for name in ("a", "b"):
            target = converted(source, tmp_path / f"{kind}.{name}", form, "--compression", "gzip")
            files = [target] if target.is_file() else sorted(target.rglob("*"))
            results.append([(each.name, each.is_file() and each.read_bytes()) for each in files])
        names = [{name for name, _ in result if "." not in name} for result in results]
        assert names[0] == names[1]
        assert [data for _, data in results[0]] == [data for _, data in results[1]]


def test_an_image_layout_is_carried_over_with_all_that_it_has(tmp_path: Path) -> None:
    source = written(build("multi-platform"), tmp_path / "in.tar")
    target = converted(source, tmp_path / "out", "oci-layout")
    before = {name: data[-1] for name, data in entries_of(source.read_bytes()).items() if data[-1]}
    after = {
        str(path.relative_to(target)): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file()
    }
    assert {name: data for name, data in after.items() if name != "oci-layout"} == {
        name: data for name, data in before.items() if name != "oci-layout"
    }


@pytest.mark.parametrize("form", IMAGE_FORMS)
@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "docker-oci-archive"])
def test_compare_calls_a_conversion_the_same_image(
    kind: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(build(kind), tmp_path / "in.tar")
    target = converted(source, tmp_path / "out", form)
    capsys.readouterr()
    main(["compare", str(source), str(target), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["same"]
    assert "content" not in found["differs_in"]


SURROUNDED: dict[str, tuple[Callable[[Archive], bytes], str | None]] = {
    "wrapped": (lambda inner: wrapped(inner).tar(), "the directory image/"),
    "deep": (lambda inner: wrapped(inner, "a/b/c").tar(), "the directory a/b/c/"),
    "nested": (lambda inner: nested(inner).tar(), "image.tar was taken out"),
    "twice": (lambda inner: nested(nested(inner, "x.tar"), "y.tar").tar(), "x.tar was taken out"),
    "nested and wrapped": (lambda inner: nested(wrapped(inner)).tar(), "the directory image/"),
    "text": (lambda inner: b"Saving the image to a file\n\r\n" + inner.tar(), "29 bytes of text"),
    "text and gzip": (
        lambda inner: b"hello there, one line\n" + compress(inner.tar(), "gzip"),
        "22 bytes of text",
    ),
    "garbage": (lambda inner: inner.tar() + b"x" * 700, "after the end of the archive"),
    "gzip": (lambda inner: compress(inner.tar(), "gzip"), None),
    "zstd": (lambda inner: compress(inner.tar(), "zstd"), None),
    "gzip twice": (
        lambda inner: compress(compress(inner.tar(), "gzip"), "xz"),
        "compressed twice",
    ),
    "without an end": (lambda inner: inner.tar()[:-1024], None),
}


@pytest.mark.parametrize(
    ("around", "kind", "form"),
    combined(
        list(SURROUNDED),
        ["docker-archive", "oci-archive", "legacy"],
        ["docker-archive", "oci-archive", "rootfs"],
    ),
)
def test_what_surrounds_an_image_is_removed(
    around: str,
    kind: str,
    form: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make, step = SURROUNDED[around]
    plain = written(build(kind), tmp_path / "plain.tar")
    source = tmp_path / "in.tar"
    source.write_bytes(make(build(kind)))
    wanted = converted(plain, tmp_path / "wanted", form)
    report = converted_json(capsys, source, tmp_path / "out", form)
    assert (tmp_path / "out").read_bytes() == wanted.read_bytes()
    assert step is None or any(step in each for each in report["steps"]), report["steps"]


@pytest.mark.parametrize("form", FORMS[:2])
@pytest.mark.parametrize("around", ["wrapped", "text", "garbage", "gzip", "deep"])
def test_what_surrounds_a_root_is_removed(
    around: str, form: str, session: Session, tmp_path: Path
) -> None:
    make, _ = SURROUNDED[around]
    source = tmp_path / "in.tar"
    source.write_bytes(make(build("export")))
    target = converted(source, tmp_path / "out", form)
    back = converted(target, tmp_path / "back.tar", "rootfs")
    found, wanted = entries_of(back.read_bytes()), entries_of(build("export").tar())
    assert {k: v for k, v in found.items() if k} == {k: v for k, v in wanted.items() if k}
    assert session.read(target).kind == Kind(form)


def test_the_oldest_form_gets_a_config(session: Session, tmp_path: Path) -> None:
    source = written(legacy_archive(*TWO), tmp_path / "in.tar")
    target = converted(source, tmp_path / "out.tar", "docker-archive")
    found = session.read(target)
    assert {image.names for image in found.images} == {("one:1",), ("two:1", "two:latest")}
    for image in found.images:
        assert image.config is not None
        assert image.config.diff_ids == tuple(layer.diff_id for layer in image.layers)


CHOICES = [
    (("--image", "two:1"), {"two:1", "two:latest"}),
    (("--image", "docker.io/library/one:1"), {"one:1"}),
    (
        ("--image", "one:1", "--ref", "registry.example/team/app:2.0"),
        {"registry.example/team/app:2.0"},
    ),
]


@pytest.mark.parametrize(("options", "names"), CHOICES)
@pytest.mark.parametrize("form", IMAGE_FORMS)
def test_an_image_is_chosen_and_named(
    form: str, options: tuple[str, ...], names: set[str], session: Session, tmp_path: Path
) -> None:
    source = written(docker_archive(*TWO), tmp_path / "in.tar")
    found = session.read(converted(source, tmp_path / "out", form, *options))
    assert {
        name.removeprefix("docker.io/library/") for image in found.images for name in image.names
    } == names


@pytest.mark.parametrize("by", ["id", "start", "manifest"])
def test_an_image_is_chosen_by_its_digest(by: str, session: Session, tmp_path: Path) -> None:
    source = written(oci_archive(*TWO), tmp_path / "in.tar")
    second = session.read(source).images[1]
    assert second.config is not None
    digest = second.config.blob.digest if by != "manifest" else second.digest or ""
    wanted = digest if by != "start" else digest.removeprefix("sha256:")[:12]
    target = converted(source, tmp_path / "out", "oci-archive", "--image", wanted)
    (image,) = session.read(target).images
    assert image.digest == second.digest


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_a_platform_is_chosen(form: str, session: Session, tmp_path: Path) -> None:
    source = written(build("multi-platform"), tmp_path / "in.tar")
    words = ("--platform", "linux/arm64")
    (image,) = session.read(converted(source, tmp_path / "out", form, *words)).images
    assert str(image.platform) == "linux/arm64/v8"


def test_a_name_for_several_platforms_is_kept_in_an_index(session: Session, tmp_path: Path) -> None:
    source = written(build("multi-platform"), tmp_path / "in.tar")
    target = converted(source, tmp_path / "out", "oci-archive", "--ref", "new:1")
    found = session.read(target)
    assert {image.names for image in found.images} == {("docker.io/library/new:1",)}
    assert len(found.images) == 2
    assert found.oci is not None
    assert len(found.oci.indexes) == 2


WRONG = [
    (("--image", "three:1"), 2, "found: one:1 (linux/amd64), two:1 (linux/amd64)"),
    (("--platform", "linux/s390x"), 2, "found: one:1 (linux/amd64)"),
    (("--platform", "linux"), 2, "expected OS/ARCH"),
    (("--ref", "new:1"), 2, "--ref needs one image"),
    (("--image", "one:1", "--ref", "New:1"), 2, "must be lowercase"),
    (("--image", "one:1", "--ref", "new"), 2, "write NAME:TAG"),
    (("--compression", "lzma"), 2, "invalid choice"),
    (("--to", "tarball"), 2, "invalid choice"),
]


@pytest.mark.parametrize(("options", "code", "said"), WRONG)
def test_wrong_options(
    options: tuple[str, ...],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = written(docker_archive(*TWO), tmp_path / "in.tar")
    words = ["convert", str(source), str(tmp_path / "out"), "--to", "docker-archive", *options]
    assert main(words) == code
    assert said in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.tar"]


def test_a_root_needs_one_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(docker_archive(*TWO), tmp_path / "in.tar")
    assert main(["convert", str(source), str(tmp_path / "out"), "--to", "rootfs"]) == 2
    assert "choose one image with --image" in capsys.readouterr().err


def _broken(kind: str) -> bytes:
    data = build(kind).tar()
    return data[: len(data) // 3]


DIRECTORIES = {
    "docker-archive": lambda path: build("docker-archive").write_directory(path),
    "oci-layout": lambda path: build("oci-layout").write_directory(path),
    "multi-platform": lambda path: build("multi-platform").write_directory(path),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", DIRECTORIES)
def test_a_directory_is_converted(kind: str, form: str, session: Session, tmp_path: Path) -> None:
    source = tmp_path / "in"
    DIRECTORIES[kind](source)
    plain = written(build(kind), tmp_path / "in.tar")
    found = converted(source, tmp_path / "out", form)
    wanted = converted(plain, tmp_path / "wanted", form)
    if form == "oci-layout":
        assert facts_of(session.read(found)) == facts_of(session.read(wanted))
    else:
        assert found.read_bytes() == wanted.read_bytes()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("manifest_type", [MediaType.OCI_MANIFEST, MediaType.DOCKER_MANIFEST])
def test_a_dir_layout_of_skopeo_is_converted(
    manifest_type: MediaType, form: str, session: Session, tmp_path: Path
) -> None:
    source = tmp_path / "in"
    built = build("oci-archive")
    (image,) = session.read(written(built, tmp_path / "plain.tar")).images
    assert image.config is not None
    source.mkdir()
    blobs = {member.name.rpartition("/")[2]: member.content for member in built.members}
    document = json.loads(blobs[(image.digest or "").removeprefix("sha256:")])
    if manifest_type is MediaType.DOCKER_MANIFEST:
        document["mediaType"] = MediaType.DOCKER_MANIFEST
        document["config"]["mediaType"] = MediaType.DOCKER_CONFIG
        for layer in document["layers"]:
            layer["mediaType"] = MediaType.DOCKER_LAYER_GZIP
    (source / "version").write_text("Directory Transport Version: 1.1\n")
    (source / "manifest.json").write_text(json.dumps(document))
    for descriptor in (document["config"], *document["layers"]):
        digits = descriptor["digest"].removeprefix("sha256:")
        (source / digits).write_bytes(blobs[digits])
    found = session.read(converted(source, tmp_path / "out", form))
    if form == "rootfs":
        return
    assert [each.id for each in facts_of(found)] == [image.config.blob.digest]
    for each in found.images:
        assert each.manifest is None or each.manifest.media_type == MediaType.OCI_MANIFEST


def test_a_directory_with_a_root_is_packed(tmp_path: Path) -> None:
    source = tmp_path / "root"
    (source / "etc").mkdir(parents=True)
    (source / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    (source / "bin").mkdir()
    (source / "bin/sh").write_bytes(b"x" * 3000)
    (source / "bin/sh").chmod(0o4755)
    (source / "bin/ash").hardlink_to(source / "bin/sh")
    (source / "bin/bash").symlink_to("sh")
    found = entries_of(converted(source, tmp_path / "out.tar", "rootfs").read_bytes())
    shown = {path: (value[1], value[-1]) for path, value in found.items() if path}
    assert shown["bin/sh"] == shown["bin/ash"] == (0o4755, b"x" * 3000)
    assert found["bin/bash"][4] == "sh"
    assert found["etc/passwd"][-1] == b"root:x:0:0::/:/bin/sh\n"


SETTINGS: list[tuple[tuple[str, ...], dict[str, object]]] = [
    ((), {"Cmd": ["/bin/sh"]}),
    (("--change", 'CMD ["/app", "-v"]'), {"Cmd": ["/app", "-v"]}),
    # Docker 20.10 alone refuses it.
    (("--change", "STOPSIGNAL SIGTERM"), {"StopSignal": "SIGTERM"}),
    (
        ("--change", "ENV A=1", "--change", "USER app", "--change", "EXPOSE 80"),
        {"User": "app", "ExposedPorts": {"80/tcp": {}}},
    ),
]


@pytest.mark.parametrize("form", IMAGE_FORMS)
@pytest.mark.parametrize(("options", "wanted"), SETTINGS)
def test_a_root_gets_the_settings_of_the_plan(
    options: tuple[str, ...],
    wanted: dict[str, object],
    form: str,
    session: Session,
    tmp_path: Path,
) -> None:
    source = written(rootfs(SHELL), tmp_path / "in.tar")
    (image,) = session.read(converted(source, tmp_path / "out", form, *options)).images
    assert image.config is not None
    settings = image.config.settings
    assert {key: settings.get(key) for key in wanted} == wanted
    assert image.config.architecture == "amd64"


def test_a_root_gets_the_settings_that_the_export_lost(session: Session, tmp_path: Path) -> None:
    image = written(build("docker-archive"), tmp_path / "image.tar")
    source = written(build("export"), tmp_path / "in.tar")
    target = converted(source, tmp_path / "out", "oci-archive", "--from-image", str(image))
    (before,), (after,) = session.read(image).images, session.read(target).images
    assert before.config is not None
    assert after.config is not None
    assert after.config.settings == before.config.settings


@pytest.mark.parametrize("change", ["ENTRYPONT /a", "EXPOSE abc", "RUN true"])
def test_a_setting_that_docker_refuses(
    change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(build("rootfs"), tmp_path / "in.tar")
    words = ["convert", str(source), str(tmp_path / "out"), "--to", "docker-archive"]
    assert main([*words, "--change", change]) == 1
    assert "Error response from daemon" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


REFUSED = {
    "empty": (b"", "it is not an image"),
    "text": (b"no archive at all, only some words\n" * 40, "text file"),
    "layer": (build("layer").tar(), "it is not an image or a root filesystem (layer)"),
    "cut": (_broken("docker-archive"), "damaged"),
    "root, cut": (_broken("export"), "damaged"),
    "gzip, cut": (compress(build("export").tar(), "gzip")[:-200], "damaged"),
    "several": (
        write_tar(
            (
                file("a.tar", build("docker-archive").tar()),
                file("b.tar", build("oci-archive").tar()),
            )
        ),
        "it contains several archives: a.tar, b.tar",
    ),
    "wrong layer": (
        docker_archive(Image(layers=((file("a"),),), stored={0: write_tar((file("b"),))})).tar(),
        "layer 0 of sample:1: its uncompressed content hashes to sha256:",
    ),
    "line endings": (
        build("docker-archive").tar().replace(b"\n", b"\r\n"),
        "line endings",
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_converted_names_the_place(
    name: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, said = REFUSED[name]
    source = tmp_path / "in.tar"
    source.write_bytes(data)
    assert main(["convert", str(source), str(tmp_path / "out"), "--to", form]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert str(source) in error
    assert [path.name for path in tmp_path.iterdir()] == ["in.tar"]


def test_a_damaged_tail_that_no_image_needs(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = (*build("docker-archive").members, file("notes.txt", b"n" * 4000))
    source = tmp_path / "in.tar"
    source.write_bytes(write_tar(members)[:-3000])
    report = converted_json(capsys, source, tmp_path / "out", "docker-archive")
    assert any("the archive is damaged from byte" in step for step in report["steps"])
    plain = written(build("docker-archive"), tmp_path / "plain.tar")
    assert facts_of(session.read(tmp_path / "out")) == facts_of(session.read(plain))


def test_a_whiteout_removes_and_a_link_keeps(tmp_path: Path) -> None:
    layers = (
        (directory("d"), file("d/a", "1"), symlink("s", "d/a"), file("gone", "x")),
        (whiteout("gone"), directory("d", mode=0o700), file("d/b", "2")),
    )
    source = written(docker_archive(Image(layers=layers)), tmp_path / "in.tar")
    target = converted(source, tmp_path / "out.tar", "rootfs")
    found = entries_of(target.read_bytes())
    assert list(found) == ["d", "d/a", "d/b", "s"]
    assert found["d"][1] == 0o700


def test_the_json_document_says_what_was_written(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(build("multi-platform"), tmp_path / "in.tar")
    target = tmp_path / "out.tar"
    found = converted_json(capsys, source, target, "docker-archive", "--compression", "gzip")
    (image,) = session.read(target).images
    assert image.config is not None
    (told,) = found["images"]
    assert told["id"] == image.config.blob.digest
    assert [layer["digest"] for layer in told["layers"]] == [
        layer.blob.digest for layer in image.layers if layer.blob is not None
    ]
    assert found["target"]["size"] == target.stat().st_size
    assert [each["what"] for each in found["left_out"]] == ["platform"]
    assert json.dumps(found)
