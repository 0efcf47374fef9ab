"""What is said of an archive follows from the verdicts: no sentence contradicts another."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.one_truth.making import make_archive
from benchmarks.one_truth.properties import Sessions, sessions_with, subject_of, violations
from checker.plugins import load_plugins
from checker.testing.archive import build, empty, nested, skopeo_dir, wrapped
from checker.testing.cases import Case, load_cases

CASES = Path(__file__).parents[1] / "cases"
FILES = sorted(CASES.glob("*/*.toml"))
SEED = 9
RANDOM = 150
CHUNK = 25


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return sessions_with(load_plugins())


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
def test_every_case(file: Path, sessions: Sessions, tmp_path: Path) -> None:
    for number, case in enumerate(cases_of(file)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = case.build().write(folder)
        assert_one_truth(path, sessions)


def cases_of(file: Path) -> list[Case]:
    try:
        return list(load_cases(file))
    except ValueError:
        return []  # recorded results of engines, in a form of their own


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


@pytest.mark.parametrize("cut", range(0, 100, 7))
@pytest.mark.parametrize("kind", [*KINDS, "export"])
def test_what_is_cut_off(kind: str, cut: int, sessions: Sessions, tmp_path: Path) -> None:
    data = build(kind).tar()
    path = tmp_path / "archive.tar"
    path.write_bytes(data[: len(data) * cut // 100])
    assert_one_truth(path, sessions)


def test_an_empty_tar(sessions: Sessions, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(empty().tar())
    assert_one_truth(path, sessions)


@pytest.mark.parametrize("name", ["a b.tar", "it's.tar", "-x.tar", "$(id).tar"])
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
