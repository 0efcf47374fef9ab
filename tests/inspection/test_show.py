"""What is in an archive, through the command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from checker import classify
from checker.cli import main
from checker.testing import Image, Member, build, compress, sample_image, write_tar
from checker.testing.archive import Archive, nested, skopeo_dir, wrapped
from checker.testing.artifacts import with_artifacts
from checker.testing.elf import elf
from checker.testing.tar import device, directory, file, hardlink, opaque, symlink, whiteout

SCHEMA = json.loads(
    resources.files("checker_schemas").joinpath("reports", "show.json").read_text("utf-8")
)
WIDTH, HEIGHT = 80, 24
SECRET = "hunter2-hunter2-hunter2"


class Shown(NamedTuple):
    """What the command answered."""

    report: Mapping[str, Any]
    text: str

    @property
    def image(self) -> Mapping[str, Any]:
        """The only image."""
        (image,) = self.report["images"]
        found: Mapping[str, Any] = image
        return found


class Shower:
    """Writes an archive to the current directory and shows it, as JSON and as text."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, made: Archive | bytes | Path, *options: str) -> Shown:
        # A relative name: how long the lines are must not depend on the temporary directory.
        path = str(made.relative_to(Path.cwd())) if isinstance(made, Path) else "archive.tar"
        if not isinstance(made, Path):
            Path(path).write_bytes(made if isinstance(made, bytes) else made.tar())
        assert self.run(path, *options, "--json") == 0
        report = json.loads(self._out)
        Draft202012Validator(SCHEMA).validate(report)
        assert self.run(path, *options) == 0
        return Shown(report, self._out)

    def run(self, *words: str) -> int:
        """Run the command; the exit code."""
        code = main(["show", *words, "--no-progress"])
        self._out, self.errors = self._capsys.readouterr()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", self._out)
        return code


@pytest.fixture
def show(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shower:
    monkeypatch.chdir(tmp_path)
    return Shower(capsys)


# --- every kind


def as_directory(made: Archive, name: str = "folder") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        made.write_directory(folder / name)
        return folder / name

    return write


KINDS: dict[str, Archive | bytes | Callable[[Path], Path]] = {
    **{
        kind: build(kind)
        for kind in ("docker-archive", "podman-archive", "crane-archive", "oci-archive", "legacy")
    },
    "docker-oci-archive": build("docker-oci-archive"),
    "gzip": compress(build("docker-archive").tar(), "gzip"),
    "wrapped": wrapped(build("docker-archive"), "a/b"),
    "nested": nested(build("docker-archive"), "home/app.tar"),
    "nested-gzip": nested(wrapped(build("oci-archive")), "home/app.tar"),
    "text-first": b"Warning: a line before the archive\n" + build("docker-archive").tar(),
    "skopeo-dir-tar": skopeo_dir(),
    "wrapped-skopeo-dir": wrapped(skopeo_dir(), "all"),
    "layout-directory": as_directory(build("oci-layout")),
    "save-directory": as_directory(build("docker-archive")),
    "legacy-directory": as_directory(build("legacy")),
    "skopeo-dir": as_directory(skopeo_dir()),
    "wrapped-directory": as_directory(wrapped(build("oci-layout"), "a/b")),
    "nested-directory": as_directory(nested(build("docker-archive"), "app.tar")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_image_in_an_archive_of_any_kind(kind: str, show: Shower, tmp_path: Path) -> None:
    made = KINDS[kind]
    shown = show(made(tmp_path) if callable(made) else made)
    image = shown.image
    assert image["platform"] == "linux/amd64"
    assert image["settings"]["entrypoint"] == ["/bin/app"]
    assert [layer["entries"] for layer in image["layers"]] == [14, 5]
    assert [step["layer"] for step in image["history"]] == [0, 1]
    assert image["start"]["answer"] == "yes"
    assert image["problems"] == []
    assert image["space"]["unpacked"] == 4 * 4096
    assert len(shown.text.splitlines()) < HEIGHT
    assert max(map(len, shown.text.splitlines())) <= WIDTH
    assert "starts   yes" in shown.text


def test_ids_and_layers(show: Shower) -> None:
    made = build("oci-archive")
    shown = show(made)
    image = shown.image
    names = made.names
    assert image["names"] == ["sample:1"]
    assert (image["config_digest"], image["manifest_digest"]) == (
        names["config.digest"],
        names["manifest.digest"],
    )
    for number, layer in enumerate(image["layers"]):
        assert layer["digest"] == names[f"layer{number}.digest"]
        assert layer["diff_id"] == names[f"layer{number}.diff_id"]
        assert layer["media_type"] == "application/vnd.oci.image.layer.v1.tar+gzip"
        assert layer["uncompressed_size"] > layer["size"]
    for digest in (image["config_digest"], image["manifest_digest"]):
        assert digest in shown.text
    whole = show(made, "--all").text
    assert all(layer["diff_id"] in whole for layer in image["layers"])


SETTINGS = {
    "Entrypoint": ["/bin/app", "--serve"],
    "Cmd": ["-v"],
    "User": "app:app",
    "WorkingDir": "/srv",
    "Env": ["PATH=/bin", "A=1"],
    "ExposedPorts": {"80/tcp": {}},
    "Volumes": {"/data": {}},
    "Labels": {"maintainer": "us"},
    "Healthcheck": {
        "Test": ["CMD-SHELL", "wget -q localhost"],
        "Interval": 30_000_000_000,
        "Retries": 3,
    },
    "StopSignal": "SIGQUIT",
    "Shell": ["/bin/ash", "-c"],
    "OnBuild": ["COPY . /srv"],
}
INSTRUCTIONS = (
    'ENTRYPOINT ["/bin/app", "--serve"]',
    'CMD ["-v"]',
    "USER app:app",
    "WORKDIR /srv",
    "ENV PATH=/bin",
    "ENV A=1",
    "EXPOSE 80/tcp",
    'VOLUME ["/data"]',
    "HEALTHCHECK --interval=30s --retries=3 CMD wget -q localhost",
    "STOPSIGNAL SIGQUIT",
    'SHELL ["/bin/ash", "-c"]',
    "ONBUILD COPY . /srv",
    "LABEL maintainer=us",
)


def with_settings(settings: Mapping[str, Any]) -> Image:
    return replace(sample_image(), config={"config": dict(settings)})


def test_every_setting(show: Shower) -> None:
    made = build("docker-archive", with_settings(SETTINGS))
    shown = show(made)
    settings = shown.image["settings"]
    assert settings["labels"] == {"maintainer": "us"}
    assert settings["env"] == SETTINGS["Env"]
    assert settings["healthcheck"] == "--interval=30s --retries=3 CMD wget -q localhost"
    whole = show(made, "--all").text
    for instruction in INSTRUCTIONS:
        assert instruction in whole
    for instruction in INSTRUCTIONS[:-1]:
        assert instruction.removeprefix("ENV ") in shown.text
    assert len(shown.text.splitlines()) < HEIGHT


def test_long_output_is_cut_unless_all_is_asked_for(show: Shower) -> None:
    layers = tuple((file(f"f{i}", b"x" * i),) for i in range(60))
    settings = SETTINGS | {"Env": [f"V{i}={'v' * 50}" for i in range(100)]}
    image = replace(with_settings(settings), layers=layers)
    shown = show(build("docker-archive", image))
    assert len(shown.text.splitlines()) < HEIGHT
    assert "more layers (--all)" in shown.text
    whole = show(build("docker-archive", image), "--all").text
    assert "L59" in whole
    assert "V99=" in whole
    assert len(shown.image["layers"]) == 60


# --- several images, artifacts


def test_several_images(show: Shower) -> None:
    images = [replace(sample_image(), tags=(f"app:{i}",)) for i in range(3)]
    images[1] = replace(images[1], config={"config": {"Cmd": ["/bin/other"]}})
    made = build("docker-archive", *images)
    shown = show(made)
    assert [image["names"] for image in shown.report["images"]] == [["app:0"], ["app:1"], ["app:2"]]
    chosen = show(made, "--image", "app:1")
    assert chosen.image["settings"]["cmd"] == ["/bin/other"]
    digest = chosen.image["config_digest"]
    assert show(made, "--image", digest.removeprefix("sha256:")[:12]).image == chosen.image
    assert show.run("archive.tar", "--image", "other:1") == 2
    assert "does not contain the image 'other:1'" in show.errors
    assert show.run("archive.tar", "--tree") == 2
    assert "3 images; choose one with --image" in show.errors


def test_an_artifact_and_an_attestation(show: Shower) -> None:
    artifacts = [
        {
            "type": "application/vnd.example.chart",
            "config_type": "application/vnd.example.config+json",
            "config": {"name": "chart"},
            "layers": [
                {
                    "text": "content",
                    "type": "application/vnd.example.content",
                    "annotations": {"org.opencontainers.image.title": "chart.tgz"},
                }
            ],
        }
    ]
    shown = show(with_artifacts(build("oci-archive"), artifacts))
    (artifact,) = shown.report["artifacts"]
    assert artifact["kind"] == "application/vnd.example.chart"
    (layer,) = artifact["layers"]
    assert (layer["title"], layer["is_present"]) == ("chart.tgz", True)
    assert "chart.tgz" in shown.text
    assert len(shown.report["images"]) == 1


# --- roots


def test_a_root_filesystem(show: Shower) -> None:
    shown = show(build("export"))
    root = shown.report["root"]
    assert root["system"] == "Sample"
    assert "├── etc" in shown.text
    assert shown.report["images"] == []


NO_SHELL = write_tar(
    [
        *(directory(name) for name in ("bin", "dev", "etc", "proc", "sys", "usr")),
        file("etc/hostname", b"a"),
    ]
)
ROOTS: dict[str, Archive | bytes] = {
    "export": build("export"),
    "no-shell": NO_SHELL,
}


@pytest.mark.parametrize("kind", ROOTS)
def test_a_root_starts_with_the_command_that_is_suggested(kind: str, show: Shower) -> None:
    made = ROOTS[kind]
    start = show(made).report["root"]["start"]
    Path("root.tar").write_bytes(made if isinstance(made, bytes) else build("export").tar())
    (classified,) = classify("root.tar").starts
    assert (start["answer"], start["reason"]) == (str(classified.answer), classified.reason)


@pytest.mark.parametrize("kind", ["tar", "gzip", "directory"])
def test_a_root_in_a_directory_is_shown_as_one_at_the_top(
    kind: str, show: Shower, tmp_path: Path
) -> None:
    made = wrapped(build("export"), "a/rootfs")
    root = show(
        compress(made.tar(), "gzip")
        if kind == "gzip"
        else as_directory(made)(tmp_path)
        if kind == "directory"
        else made
    ).report["root"]
    assert root["system"] == "Sample"
    assert root["start"]["reason"] == "with the suggested command /bin/app"


def test_files_are_counted_as_trees_count_them(show: Shower) -> None:
    shown = show(NO_SHELL)
    assert "files    7 members: bin, dev, etc/ (1), proc, sys, usr" in shown.text
    assert "etc  (1 entry)" in shown.text


def test_the_entry_of_the_root_is_counted(show: Shower) -> None:
    shown = show(write_tar([directory("./"), file("./etc/passwd"), directory("./usr/bin")]))
    assert "files    3 members: etc/ (1), usr/ (1)" in shown.text


def test_what_is_in_a_directory_is_counted_as_entries(show: Shower, tmp_path: Path) -> None:
    build("oci-layout").write_directory(tmp_path / "layout")
    shown = show(tmp_path / "layout")
    assert "files    8 entries: blobs/ (5), index.json, oci-layout" in shown.text


# --- what is damaged


def cut_at(share: float) -> bytes:
    data = build("docker-oci-archive").tar()
    return data[: int(len(data) * share)]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_truncated_archive_shows_what_could_be_read(share: float, show: Shower) -> None:
    shown = show(cut_at(share))
    assert any("damaged" in problem or "ends" in problem for problem in shown.report["problems"])
    assert "damage" in shown.text


def test_whether_an_image_starts_is_not_known_of_a_part_of_it(show: Shower) -> None:
    data = build("legacy").tar()
    answers = [
        image["start"]["answer"]
        for share in (0.2, 0.4, 0.6, 0.8)
        for image in show(data[: int(len(data) * share)]).report["images"]
    ]
    assert set(answers) == {"unknown"}


def test_missing_and_wrong_layers_are_marked(show: Shower) -> None:
    made = build("oci-archive")
    names = made.names
    missing = [member for member in made.members if member.name != names["layer1"]]
    shown = show(replace(made, members=tuple(missing)))
    assert shown.image["layers"][1]["problems"] == ["not in the archive"]
    assert "! not in the archive" in shown.text
    assert shown.image["start"]["answer"] == "unknown"
    other = compress(write_tar([file("other")]), "gzip")
    wrong = [
        replace(member, content=other) if member.name == names["layer0"] else member
        for member in made.members
    ]
    shown = show(replace(made, members=tuple(wrong)))
    problems = shown.image["layers"][0]["problems"]
    assert len(problems) == 2
    assert problems[0].startswith("its content hashes to sha256:")
    assert problems[1].startswith("its config says diffID sha256:")


def test_a_document_that_is_not_json(show: Shower) -> None:
    made = build("docker-archive")
    members = tuple(
        replace(member, content=b"[{") if member.name == "manifest.json" else member
        for member in made.members
    )
    shown = show(replace(made, members=members))
    (problem,) = shown.report["problems"]
    assert problem.startswith("manifest.json is not valid JSON")


def test_what_is_not_an_archive(show: Shower) -> None:
    shown = show(b"just a text\n" * 10)
    assert shown.report["kind"] == "not-a-tar"
    assert shown.report["problems"]
    assert show.run("missing.tar") == 3
    assert "missing.tar: cannot be read" in show.errors


# --- secrets and control characters


def test_secrets_are_masked(show: Shower) -> None:
    settings = {"Env": [f"DB_PASSWORD={SECRET}"], "Labels": {"api.token": SECRET}}
    image = with_settings(settings)
    image = replace(image, layers=(*image.layers, (file(f"etc/{SECRET}"),)))
    made = build("docker-archive", image)
    for options in ((), ("--all",), ("--tree",), ("--layer", "2")):
        shown = show(made, *options)
        assert SECRET not in shown.text
        assert SECRET not in json.dumps(shown.report)
    assert show(made).image["settings"]["env"] == ["DB_PASSWORD=***"]


def test_no_control_character_is_printed(show: Shower) -> None:
    bad = "a\x1b[31m\x07\u202e\n::error::x"
    members = (file(f"etc/{bad}"), symlink("etc/link", f"to-{bad}"), file("bin/app", elf()))
    image = replace(
        with_settings({"Env": [f"X={bad}"], "User": bad}), layers=(members,), tags=("app:1",)
    )
    for options in ((), ("--all",), ("--tree", "-L", "5"), ("--outer",)):
        text = show(build("docker-archive", image), *options).text
        assert "\u202e" not in text
        assert not re.search(r"^\s*::", text, re.MULTILINE)


# --- trees


BASE = (
    directory("etc"),
    file("etc/passwd", b"root:x:0:0::/:/bin/sh\n"),
    file("etc/gone", b"x"),
    directory("opt/old"),
    file("opt/old/a", b"aa"),
    file("bin/busybox", elf(), mode=0o4755),
    hardlink("bin/sh", "bin/busybox"),
    symlink("usr/bin", "../bin"),
)
TOP = (
    whiteout("etc/gone"),
    opaque("opt/old"),
    file("opt/old/new", b"1234"),
    replace(file("etc/passwd", b"replaced\n"), uid=7, gid=8),
    device("dev/null", 1, 3),
)


def tree_image() -> Archive:
    return build("docker-archive", replace(sample_image(), layers=(BASE, TOP)))


def rows(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield path, node
    for child in node["children"]:
        yield from rows(child, f"{path}/{child['name']}")


def test_the_tree_of_the_merged_root(show: Shower) -> None:
    shown = show(tree_image(), "--tree")
    found = dict(rows(shown.report["tree"]))
    assert "/etc/gone" not in found
    assert "/opt/old/a" not in found
    passwd = found["/etc/passwd"]
    assert (passwd["layer"], passwd["uid"], passwd["gid"], passwd["size"]) == (1, 7, 8, 9)
    assert found["/bin/busybox"]["mode"] == "4755"
    assert found["/bin/sh"]["link"] == "bin/busybox"
    assert found["/dev/null"]["device"] == [1, 3]
    assert (found["/usr"]["mode"], found["/usr"]["type"]) == (None, "directory")
    assert found["/opt"]["size"] == 4
    assert "-rwsr-xr-x 0:0" in shown.text
    assert "bin -> ../bin" in shown.text
    assert "sh => bin/busybox" in shown.text
    assert "1, 3" in shown.text


def test_the_tree_below_a_path_follows_links(show: Shower) -> None:
    shown = show(tree_image(), "--tree", "/usr/bin", "-L", "1")
    assert [child["name"] for child in shown.report["tree"]["children"]] == ["busybox", "sh"]
    assert show.run("archive.tar", "--tree", "/nothing") == 2
    assert "does not contain /nothing" in show.errors


def test_the_tree_of_a_layer_has_its_whiteouts(show: Shower) -> None:
    shown = show(tree_image(), "--layer", "1", "-L", "9")
    found = dict(rows(shown.report["tree"]))
    assert "/etc/.wh.gone" in found
    assert "/opt/old/.wh..wh..opq" in found
    assert "(whiteout)" in shown.text
    assert "(opaque)" in shown.text
    for number in ("2", "-1"):
        assert show.run("archive.tar", "--layer", number) == 2
        assert "has 2 layers" in show.errors


def test_the_tree_of_the_members(show: Shower) -> None:
    made = build("oci-archive")
    shown = show(made, "--outer", "--tree", "blobs", "-L", "3")
    found = dict(rows(shown.report["tree"]))
    assert {path for path in found if path.startswith("/sha256/")} == {
        f"/{member.name.removeprefix('blobs/')}"
        for member in made.members
        if member.name.startswith("blobs/sha256/") and member.content
    }


def test_big_directories_are_summarised(show: Shower) -> None:
    members = tuple(file(f"usr/share/f{i:04}", b"x" * 100) for i in range(500))
    made = build("docker-archive", replace(sample_image(), layers=(members,)))
    text = show(made, "--tree", "usr/share", "-L", "1").text
    assert len(text.splitlines()) < 50
    assert "... 460 more entries, 46.0 kB" in text
    assert len(show(made, "--tree", "usr/share", "-L", "1", "--all").text.splitlines()) == 501


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--layer", "0", "--outer"), "choose one of them"),
        (("-L", "0"), "-L: invalid value 0"),
        (("-L", "1000"), "-L: invalid value 1000"),
    ],
)
def test_wrong_options(options: tuple[str, ...], words: str, show: Shower) -> None:
    Path("archive.tar").write_bytes(build("docker-archive").tar())
    assert show.run("archive.tar", *options) == 2
    assert words in show.errors
    assert show.errors.count("\n") == 1


def test_deep_paths_and_long_names(show: Shower) -> None:
    deep: tuple[Member, ...] = (
        file("/".join(["d" * 20] * 150)),
        file("n" * 300),
        symlink("s" * 100, "t" * 100),
    )
    made = build("docker-archive", replace(sample_image(), layers=(deep,)))
    shown = show(made, "--tree", "-L", "10")
    assert max(map(len, shown.text.splitlines())) <= WIDTH
    assert "n..." in shown.text


@pytest.mark.parametrize("data", [b"", b"no archive\n" * 100, b"\0" * 10240])
def test_what_has_no_members_has_no_list_of_them(show: Shower, data: bytes) -> None:
    rows = show(data).text.splitlines()
    assert rows[0] == "archive.tar"
    assert "files    0 members" in rows
    assert all(row.startswith(("kind ", "damage ", " ")) for row in rows[3:])
