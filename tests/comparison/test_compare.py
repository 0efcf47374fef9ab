"""What differs between two archives, through the command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from checker.cli import main
from checker.testing import Image, Member, build, compress, sample_image, write_tar
from checker.testing.archive import Archive, export, nested, wrapped
from checker.testing.tar import directory, file, hardlink, symlink, whiteout

SCHEMA = json.loads(
    resources.files("checker_schemas").joinpath("reports", "compare.json").read_text("utf-8")
)
BASE = (directory("etc"), file("etc/motd", b"hello\n"), file("bin/sh", b"#!", mode=0o755))


class Compared(NamedTuple):
    """What the command answered."""

    code: int
    report: Mapping[str, Any]
    text: str

    @property
    def files(self) -> dict[str, tuple[str, list[str]]]:
        """The differences between files: change and the names of properties, by path."""
        return {
            one["where"]: (one["change"], [field["name"] for field in one["fields"]])
            for image in self.report["images"]
            for one in image["files"]["listed"]
        }


class Comparer:
    """Writes two archives to the current directory and compares them."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, a: bytes, b: bytes, *options: str) -> Compared:
        paths = ("a.tar", "b.tar")
        for path, data in zip(paths, (a, b), strict=True):
            Path(path).write_bytes(data)
        code = main(["compare", *paths, *options, "--no-progress", "--format", "json"])
        report = json.loads(self._capsys.readouterr().out)
        Draft202012Validator(SCHEMA).validate(report)
        assert code == report["exit_code"] == (0 if report["same"] else 1)
        assert main(["compare", *paths, *options, "--no-progress"]) == code
        text = self._capsys.readouterr().out
        assert all(len(line) <= 80 for line in text.splitlines())
        return Compared(code, report, text)


@pytest.fixture
def comparer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Comparer:
    monkeypatch.chdir(tmp_path)
    return Comparer(capsys)


def image(*layers: tuple[Member, ...] | bytes, **fields: Any) -> Image:
    return replace(sample_image(), layers=layers, **fields)


def test_identical_files(comparer: Comparer) -> None:
    compared = comparer(build("docker-archive").tar(), build("docker-archive").tar())
    assert (compared.code, compared.report["identical"]) == (0, True)
    assert compared.text.endswith("same: the files are identical\n")


@pytest.mark.parametrize("kind", ["oci-archive", "docker-oci-archive", "podman-archive"])
def test_an_image_in_another_form_is_the_same(comparer: Comparer, kind: str) -> None:
    one = image(BASE, compression="none")
    compared = comparer(build("docker-archive", one).tar(), build(kind, one).tar())
    assert compared.code == 0, compared.text
    assert compared.report["images"][0]["same_image"] is True
    assert [pair["state"] for pair in compared.report["images"][0]["layers"]] == ["shared"]


def test_compressed_layers_are_named_and_can_be_ignored(comparer: Comparer) -> None:
    one, other = image(BASE, compression="none"), image(BASE, compression="gzip")
    archives = build("oci-archive", one).tar(), build("oci-archive", other).tar()
    compared = comparer(*archives)
    assert (compared.code, compared.report["differs_in"]) == (1, ["compression"])
    assert compared.report["images"][0]["same_image"] is True
    assert comparer(*archives, "--ignore", "compression").code == 0


def test_save_and_export_side_by_side(comparer: Comparer) -> None:
    compared = comparer(build("docker-archive").tar(), export().tar())
    rows = {row["label"]: (row["a"], row["b"]) for row in compared.report["overview"]}
    assert compared.code == 1
    assert rows["layers"] == ("2", "none, flat")
    assert rows["ENTRYPOINT"] == ('["/bin/app"]', "-")
    assert rows["metadata"] == ("4 settings", "none")
    lost = [setting["instruction"] for setting in compared.report["lost_settings"]]
    assert lost == ["ENTRYPOINT", "ENV", "USER", "WORKDIR"]
    notes = {one["where"]: one["note"] for one in compared.report["images"][0]["files"]["listed"]}
    assert notes[".dockerenv"] == "created by the engine in every container"


def flat(*members: Member) -> bytes:
    return write_tar(
        (*BASE, *(directory(name) for name in ("usr", "var", "tmp", "root")), *members)
    )


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((), (file("x", b"1"),), {"x": ("added", ["type", "size"])}),
        ((file("x", b"1"),), (), {"x": ("removed", ["type", "size"])}),
        ((file("x", b"1"),), (file("x", b"2"),), {"x": ("changed", ["content"])}),
        ((file("x", b"1"),), (file("x", b"22"),), {"x": ("changed", ["size"])}),
        ((file("x", b"1"),), (file("x", b"1", mode=0o4755),), {"x": ("changed", ["mode"])}),
        (
            (file("x", b"1"),),
            (replace(file("x", b"1"), uid=5),),
            {"x": ("changed", ["owner"])},
        ),
        ((symlink("x", "a"),), (symlink("x", "b"),), {"x": ("changed", ["link target"])}),
        ((symlink("x", "a"),), (file("x"),), {"x": ("changed", ["type"])}),
        (
            (file("x", b"1"), hardlink("y", "x")),
            (file("y", b"1"), hardlink("x", "y")),
            {},
        ),
        (
            (file("x", b"1"), hardlink("y", "x")),
            (file("x", b"1"), file("y", b"1")),
            {"x": ("changed", ["hard links"]), "y": ("changed", ["hard links"])},
        ),
        (
            (replace(file("x"), pax={"SCHILY.xattr.user.a": "1"}),),
            (file("x"),),
            {"x": ("changed", ["attribute user.a"])},
        ),
        ((directory("d"), file("d/x")), (file("d/x"),), {}),
        ((file("x"),), (replace(file("x"), mtime=5),), {"x": ("changed", ["mtime"])}),
    ],
)
def test_files(
    comparer: Comparer,
    a: tuple[Member, ...],
    b: tuple[Member, ...],
    expected: dict[str, tuple[str, list[str]]],
) -> None:
    assert comparer(flat(*a), flat(*b)).files == expected


@pytest.mark.parametrize(
    ("a", "b", "category"),
    [
        (flat(file("x")), flat(replace(file("x"), mtime=5)), "timestamps"),
        (flat(file("x"), file("y")), flat(file("y"), file("x")), "order"),
        (flat(), compress(flat(), "gzip"), "compression"),
        (flat(), flat() + b"\0" * 10240, "encoding"),
    ],
)
def test_what_can_be_ignored(comparer: Comparer, a: bytes, b: bytes, category: str) -> None:
    compared = comparer(a, b)
    assert (compared.code, compared.report["differs_in"]) == (1, [category])
    assert comparer(a, b, "--ignore", f"{category},content".partition(",")[0]).code == 0


def test_what_is_ignored_is_not_listed(comparer: Comparer) -> None:
    one = file("x", b"1"), file("y", b"1")
    other = replace(file("x", b"1"), mtime=5), replace(file("y", b"2"), mtime=5)
    compared = comparer(flat(*one), flat(*other), "--ignore", "timestamps")
    assert compared.files == {"y": ("changed", ["content"])}
    assert compared.report["images"][0]["files"]["changed"] == 1
    assert compared.report["differs_in"] == ["content", "timestamps"]
    assert compared.text.endswith("different: content (ignoring timestamps)\n")


def test_an_unpacked_image_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = build("docker-archive")
    archive.write_directory(tmp_path / "unpacked")
    Path("a.tar").write_bytes(archive.tar())
    assert main(["compare", "a.tar", "unpacked", "--no-progress"]) == 0


def test_times_of_a_build_can_be_ignored(comparer: Comparer) -> None:
    later = tuple(replace(member, mtime=9) for member in BASE)
    one = image(BASE, config={"created": "2024-01-01T00:00:00Z"})
    other = image(later, config={"created": "2025-01-01T00:00:00Z"})
    archives = build("oci-archive", one).tar(), build("oci-archive", other).tar()
    compared = comparer(*archives)
    assert (compared.code, compared.report["differs_in"]) == (1, ["timestamps"])
    assert comparer(*archives, "--ignore", "timestamps").code == 0


@pytest.mark.parametrize(
    ("patch", "where", "category"),
    [
        ({"config": {"Cmd": ["b"]}}, {"/config/Cmd"}, "content"),
        ({"config": {"Env": ["B=2", "A=1"]}}, {"/config/Env"}, "order"),
        ({"config": {"Labels": {"a/b": "c"}}}, {"/config/Labels"}, "content"),
        ({"architecture": "arm64"}, {"/architecture"}, "content"),
        ({"created": "2020-01-01T00:00:00Z"}, {"/created"}, "timestamps"),
    ],
)
def test_configs(comparer: Comparer, patch: dict[str, Any], where: set[str], category: str) -> None:
    plain = {"config": {"Env": ["A=1", "B=2"], "Cmd": None}}
    one = image(BASE, config=plain)
    settings = {**plain["config"], **patch.get("config", {})}
    other = image(BASE, config={**patch, "config": settings})
    compared = comparer(build("docker-archive", one).tar(), build("docker-archive", other).tar())
    listed = compared.report["images"][0]["config"]["listed"]
    assert {difference["where"] for difference in listed} == where
    assert compared.report["differs_in"] == [category]


def test_layers_are_paired_by_content(comparer: Comparer) -> None:
    upper = (file("new", b"1"),)
    other = (file("new", b"2"), whiteout("etc/motd"))
    a = build("docker-archive", image(BASE, upper)).tar()
    b = build("docker-archive", image(BASE, other, (file("last"),))).tar()
    compared = comparer(a, b)
    pairs = compared.report["images"][0]["layers"]
    assert [pair["state"] for pair in pairs] == ["shared", "changed", "added"]
    layer = {one["where"]: one["change"] for one in pairs[1]["files"]["listed"]}
    assert layer == {"new": "changed", "etc/.wh.motd": "added"}
    assert {path: change for path, (change, _) in compared.files.items()} == {
        "new": "changed",
        "etc/motd": "removed",
        "last": "added",
    }


def test_images_are_paired_by_name_and_platform(comparer: Comparer) -> None:
    one, two = image(BASE, tags=("one:1",)), image((file("x"),), tags=("two:1",))
    both = build("docker-archive", one, two).tar()
    alone = build("docker-archive", one).tar()
    changed = build("docker-archive", replace(two, config={"author": "me"}), one).tar()
    compared = comparer(both, changed)
    pairs = {(each["a"], each["b"]): each["same_image"] for each in compared.report["images"]}
    assert pairs == {("one:1", "one:1"): True, ("two:1", "two:1"): False}
    only = comparer(both, alone)
    assert (only.report["only_in_a"], only.report["only_in_b"]) == (["two:1"], [])
    chosen = comparer(both, alone, "--image", "one:1")
    assert (chosen.code, chosen.report["only_in_a"]) == (0, [])


def without(archive: Archive, at: int) -> bytes:
    """The archive without its largest member but so many."""
    sizes = sorted({len(member.content) for member in archive.members}, reverse=True)
    return write_tar([one for one in archive.members if len(one.content) != sizes[at]])


def test_a_missing_layer_is_not_the_same(comparer: Comparer) -> None:
    archive = build("oci-archive", image((file("x", os.urandom(5000)),)))
    compared = comparer(archive.tar(), without(archive, 0))
    assert (compared.code, compared.report["differs_in"]) == (1, ["unknown"])
    assert compared.report["images"][0]["not_compared"] == [
        "layer 0 of sample:1 is not in the archive"
    ]


def test_damaged_layers_of_the_same_bytes_are_the_same(comparer: Comparer) -> None:
    damaged = image(BASE, write_tar([file("a", b"1" * 2000)])[:1024])
    compared = comparer(
        build("docker-archive", damaged).tar(),
        build("oci-archive", damaged).tar(),
        "--ignore",
        "compression",
    )
    assert (compared.code, compared.report["differs_in"]) == (0, ["compression"])
    other = image(BASE, write_tar([file("a", b"2" * 2000)])[:1024])
    compared = comparer(build("docker-archive", damaged).tar(), build("oci-archive", other).tar())
    assert compared.code == 1


def test_an_image_without_manifest_is_not_there(comparer: Comparer) -> None:
    archive = build("oci-archive")
    compared = comparer(archive.tar(), without(archive, 0))
    assert (compared.code, compared.report["only_in_a"]) == (1, ["sample:1"])


@pytest.mark.parametrize("surround", [nested, wrapped])
def test_what_surrounds_an_image_is_removed(
    comparer: Comparer, surround: Callable[[Archive], Archive]
) -> None:
    archive = build("docker-archive")
    compared = comparer(archive.tar(), surround(archive).tar())
    rows = {row["label"]: (row["a"], row["b"]) for row in compared.report["overview"]}
    assert (compared.code, rows["inside"][0]) == (0, "-")
    assert rows["inside"][1].startswith("Docker image archive: ")


def test_other_archives_are_compared_by_their_members(comparer: Comparer) -> None:
    a, b = write_tar([file("notes.txt", b"1")]), write_tar([file("notes.txt", b"2")])
    assert comparer(a, b).files == {"notes.txt": ("changed", ["content"])}


@pytest.mark.parametrize("name", ["a.tar", "b.tar"])
@pytest.mark.parametrize(
    ("other", "what"),
    [
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "a 7-Zip file"),
        (b"<html><title>Sign in</title></html>", "a web page"),
        (build("docker-archive").tar()[:10_000], "the first piece of a split file"),
    ],
)
def test_files_that_are_no_archives_are_not_compared(
    comparer: Comparer, other: bytes, what: str, name: str
) -> None:
    image = build("docker-archive").tar()
    compared = comparer(other, image) if name == "a.tar" else comparer(image, other)
    assert compared.code == 1
    assert compared.report["differs_in"] == ["unknown"]
    assert compared.files == {}
    assert compared.report["lost_settings"] == []
    [reason] = compared.report["images"][0]["not_compared"]
    assert reason == f"{name}: the file is {what}"
    assert reason in compared.text


def test_settings_are_lost_in_root_filesystems_only(comparer: Comparer) -> None:
    chart = write_tar((file("app/Chart.yaml", "name: app\n"), file("app/values.yaml", "")))
    compared = comparer(build("docker-archive").tar(), chart)
    assert compared.report["lost_settings"] == []
    assert "root filesystem does not contain" not in compared.text


def test_secrets_are_masked(comparer: Comparer) -> None:
    token = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
    one, other = image(BASE), image(BASE, config={"config": {"Env": [f"TOKEN={token}"]}})
    compared = comparer(build("docker-archive", one).tar(), build("docker-archive", other).tar())
    assert token not in compared.text
    assert token not in json.dumps(compared.report)


def test_names_cannot_reach_the_terminal(comparer: Comparer) -> None:
    compared = comparer(flat(), flat(file("\x1b[2J::error::x")))
    assert "\x1b" not in compared.text
    assert not any(line.lstrip().startswith("::") for line in compared.text.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["absent.tar", "absent.tar"], 3, "absent.tar: "),
        (["-", "-"], 2, "only one of the archives can be standard input"),
        (["a.tar", "a.tar", "--ignore", "content"], 2, "choose from: timestamps"),
        (["a.tar", "a.tar", "--image", "other:1"], 2, "does not contain the image 'other:1'"),
    ],
)
def test_wrong_use(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.tar").write_bytes(build("docker-archive").tar())
    assert main(["compare", *arguments]) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert told in captured.err


paths = st.lists(st.sampled_from(["a", "b", "c/d", "c/e", "f"]), unique=True, max_size=5).map(tuple)
trees = paths.flatmap(
    lambda names: st.tuples(
        *(
            st.builds(file, st.just(name), st.sampled_from([b"", b"1", b"2"]))
            | st.builds(symlink, st.just(name), st.sampled_from(["a", "b"]))
            for name in names
        )
    )
)


@given(trees, trees)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None
)
def test_sides_can_be_swapped(
    comparer: Comparer, a: tuple[Member, ...], b: tuple[Member, ...]
) -> None:
    there, back = comparer(flat(*a), flat(*b)), comparer(flat(*b), flat(*a))
    swapped = {"added": "removed", "removed": "added", "changed": "changed"}
    assert there.files == {
        path: (swapped[change], names) for path, (change, names) in back.files.items()
    }
    expected = {member.name: (member.typeflag, member.content, member.linkname) for member in a}
    actual = {member.name: (member.typeflag, member.content, member.linkname) for member in b}
    assert set(there.files) == {
        name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name)
    }
