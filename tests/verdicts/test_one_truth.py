"""What is said of an archive follows from the verdicts: no sentence contradicts another."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.one_truth.making import make_archive
from benchmarks.one_truth.properties import (
    Sessions,
    Subject,
    printed_commands,
    sessions_with,
    subject_of,
    violations,
)
from checker.testing.archive import Archive, build, empty, nested, skopeo_dir, wrapped
from checker.verdicts import VerdictOutcome
from tests.case_files import FILES, some_cases_of
from tests.effort import examples, part
from tests.sessions import installed

SEED = 9
RANDOM, CHUNK = examples(200, share=8), 25


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return sessions_with(installed())


def assert_one_truth(path: Path, sessions: Sessions) -> None:
    assert list(violations(subject_of(path, sessions))) == []


@pytest.mark.parametrize("start", range(0, RANDOM, CHUNK))
def test_random_archives(start: int, sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    for number in range(start, start + CHUNK):
        # Without cases: an archive must not change when a case is added.
        path.write_bytes(make_archive(f"{SEED}:{number}", ()).data)
        problems = list(violations(subject_of(path, sessions)))
        assert problems == [], f"make one-truth SEED={SEED} ARGS='--start {number}' COUNT=1"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_cases_of_every_rule(file: Path, sessions: Sessions, tmp_path: Path) -> None:
    for number, case in enumerate(some_cases_of(file)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = case.build().write(folder)
        assert_one_truth(path, sessions)


KINDS = ("docker-archive", "oci-archive", "docker-oci-archive", "legacy", "multi-platform")


@pytest.mark.parametrize("depth", ["image", "home/me/image", "a/b/c/d/e/f"])
@pytest.mark.parametrize("kind", [*KINDS, "export", "layer"])
def test_what_is_packed_too_deep(kind: str, depth: str, sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(wrapped(build(kind), depth).tar())
    assert_one_truth(path, sessions)
    checked = sessions.plain.check(path)
    assert checked.classification is not None
    assert checked.archive is not None
    directories = (checked.archive.image_directory, checked.archive.root_directory)
    assert depth in directories or kind == "layer"


DIRECTORIES = {
    **{kind: build(kind) for kind in ("docker-archive", "oci-layout", "docker-oci-archive")},
    **{kind: build(kind) for kind in ("legacy", "multi-platform", "rootfs", "export", "empty")},
    "skopeo-dir": skopeo_dir(),
    "wrapped": wrapped(build("oci-layout"), "a/b"),
    "wrapped-skopeo-dir": wrapped(skopeo_dir()),
    "wrapped-rootfs": wrapped(build("rootfs")),
    "nested": nested(build("docker-archive")),
}


@pytest.mark.parametrize("damage", ["sound", "without-its-largest-file"])
@pytest.mark.parametrize("kind", DIRECTORIES)
def test_a_directory(kind: str, damage: str, sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    made = DIRECTORIES[kind]
    # The layer of an export and the like has device nodes, which only root can create.
    members = tuple(each for each in made.members if each.typeflag in (b"0", b"2", b"5"))
    if damage != "sound":
        members = tuple(sorted(members, key=lambda each: len(each.content))[:-1])
    replace(made, members=members).write_directory(path)
    assert_one_truth(path, sessions)


def test_who_reads_a_skopeo_directory(sessions: Sessions, tmp_path: Path) -> None:
    skopeo_dir().write_directory(tmp_path / "archive")
    checked = sessions.plain.check(tmp_path / "archive")
    assert checked.classification is not None
    assert checked.classification.restore == f"podman load -i {tmp_path}/archive"
    assert not checked.failures()


@pytest.mark.parametrize("name", ["image.tar", "home/me/app.tar", "a/b/c/d.tar"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_image_in_a_tar(kind: str, name: str, sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(nested(build(kind), name).tar())
    assert_one_truth(path, sessions)
    assert {finding.rule for finding in sessions.plain.check(path).failures()} == {"ARC019"}


@pytest.mark.parametrize("pack", [wrapped, nested])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_inside_is_checked_before_it_is_loaded(
    kind: str, pack: Callable[[Archive], Archive], sessions: Sessions, tmp_path: Path
) -> None:
    path, inner = tmp_path / "archive.tar", tmp_path / "inner.tar"
    inner.write_bytes(build(kind).tar())
    path.write_bytes(pack(build(kind)).tar())
    found = sessions.plain.check(path).classification
    assert found is not None
    repack, convert = found.advice
    assert " && checker check --engine " in convert
    *_, check, load = repack.split("`")[1].split(" && ")
    assert check.startswith("checker check --engine ")
    verdict = sessions.plain.check(inner).verdict(check.split()[3], "load")
    assert verdict is not None
    assert verdict.outcome is VerdictOutcome.ACCEPTS
    assert load.split()[0] == verdict.engine.partition("-")[0]
    assert check.split()[-1] == load.split()[-1]


@pytest.mark.parametrize(
    ("kind", "cut"),
    [
        (kind, cut)
        for turn, kind in enumerate([*KINDS, "export"])
        for cut in part(range(0, 100, 7), turn)
    ],
)
def test_what_is_cut_off(kind: str, cut: int, sessions: Sessions, tmp_path: Path) -> None:
    data = build(kind).tar()
    path = tmp_path / "archive.tar"
    path.write_bytes(data[: len(data) * cut // 100])
    assert_one_truth(path, sessions)


def test_an_empty_tar(sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(empty().tar())
    assert_one_truth(path, sessions)


@pytest.mark.parametrize("name", ["a b.tar", "it's.tar", "-x.tar", "$(id).tar", "app:2.tar"])
def test_a_path_is_quoted(
    name: str, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(build("docker-archive").tar())
    checked = sessions.plain.check(name)
    assert checked.restore_command is not None
    *command, path = shlex.split(checked.restore_command)
    assert command == ["docker", "load", "-i"]
    assert Path(path).name == name
    assert not path.startswith("-")
    assert ":" not in path.partition("/")[0]


def inner() -> Archive:
    return nested(build("docker-archive"), "images/app.tar")


@pytest.mark.parametrize("name", ["app:2.tar", "a/b:1.tar", "-x:1.tar"])
@pytest.mark.parametrize("kind", [*KINDS, "export", "layer", "wrapped", "nested"])
def test_a_colon_in_the_path(
    kind: str,
    name: str,
    sessions: Sessions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """tar takes it for the end of a host name, podman and skopeo for the begin of an image's."""
    monkeypatch.chdir(tmp_path)
    Path("a").mkdir()
    made = {"wrapped": lambda: wrapped(build("docker-archive"), "image"), "nested": inner}
    Path(name).write_bytes(made.get(kind, lambda: build(kind))().tar())
    shown = name if "/" in name else f"./{name}"
    checked = sessions.plain.check(name)
    assert list(violations(Subject(checked, shown, sessions))) == []
    for command in printed_commands(checked):
        assert f" {name}" not in command or "/" in name, command
        assert not re.search(rf"(podman load -i|-archive:) ?{re.escape(shown)}", command), command


@pytest.mark.parametrize("name", ["layout", "layout:1"])
def test_the_path_of_a_directory(
    name: str, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    build("oci-layout").write_directory(Path(name))
    shown = f"./{name}" if ":" in name else name
    found = sessions.plain.check(name)
    assert list(violations(Subject(found, shown, sessions))) == []
    assert found.classification is not None
    assert "is a directory" in found.classification.importable_reason
    docker = found.verdict("docker-28", "import")
    assert docker is not None
    assert docker.message is not None
    assert docker.message.endswith(f"read {shown}: is a directory")
    assert (found.restore_command is None) == (":" in name)
    told = " ".join(found.classification.advice)
    assert f"`tar -C {shown} -c . | docker load`" in told
    assert ("skopeo copy" in told) == (":" not in name)
