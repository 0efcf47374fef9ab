"""What is said of an archive follows from the verdicts: no sentence contradicts another."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from checker import CheckedArchive, Loadable, Session, VerdictOutcome
from checker.plugins import load_plugins
from checker.testing.archive import build, empty, nested, skopeo_dir, wrapped
from checker.testing.cases import Case, load_cases
from checker_engines.suits import suited_kinds

CASES = Path(__file__).parents[1] / "cases"
FILES = sorted(CASES.glob("*/*.toml"))
LOADS = ("docker-", "podman-")
# How a command is known: its first words, the family of its engine, and its actions.
COMMANDS = (
    (("docker", "load"), "docker-", ("load",)),
    (("podman", "load"), "podman-", ("load",)),
    (("docker", "import"), "docker-", ("import",)),
    (("podman", "import"), "podman-", ("import",)),
    (("ctr", "image", "import"), "containerd-", ("ctr import",)),
)


@pytest.fixture(scope="module")
def sessions() -> dict[str | None, Session]:
    plugins = load_plugins()
    plain: dict[str | None, Session] = {None: Session(plugins=plugins)}
    return plain | {name: Session({"as": name}, plugins=plugins) for name in ("load", "import")}


def accepts(checked: CheckedArchive, family: str, actions: tuple[str, ...]) -> bool:
    return any(
        one.outcome is VerdictOutcome.ACCEPTS
        for one in checked.verdicts
        if one.engine.startswith(family) and one.action in actions
    )


def printed_commands(checked: CheckedArchive) -> Iterator[str]:
    """Every command that is printed, one for each part of a shell line."""
    found = checked.classification
    assert found is not None
    texts = [f"`{found.restore}`"] if found.restore else []
    texts += [*found.advice, found.loadable_reason, found.importable_reason]
    for finding in checked.findings:
        texts.append(f"`{finding.fix.text}`" if finding.fix else "")
    for text in texts:
        for line in re.findall(r"`([^`]*)`", text):
            yield from re.split(r"\s*(?:&&|\|)\s*", line)


def assert_commands_are_accepted(checked: CheckedArchive, path: str) -> None:
    for command in printed_commands(checked):
        try:
            words = tuple(shlex.split(command))
        except ValueError:
            continue
        if path not in words:
            continue
        for start, family, actions in COMMANDS:
            if words[: len(start)] == start:
                assert accepts(checked, family, actions), command


def assert_one_truth(
    path: Path, sessions: dict[str | None, Session], shown: str | None = None
) -> None:
    checked = sessions[None].check(path)
    found, archive = checked.classification, checked.archive
    assert found is not None
    assert archive is not None
    assert_commands_are_accepted(checked, shown or str(path))
    by_load = any(accepts(checked, family, ("load",)) for family in LOADS)
    by_import = any(accepts(checked, family, ("import",)) for family in LOADS)
    assert (found.loadable is not Loadable.NO) == by_load
    assert found.importable == by_import
    if not by_load and not by_import and found.restore is None:
        assert checked.failures(), "nothing restores it, and there is no error"
    # Errors of other rules than ENG002 are there with an intended command as well.
    fails_anyway = any(finding.rule != "ENG002" for finding in checked.failures())
    for name, is_possible in (("load", by_load), ("import", by_import)):
        if not is_possible and not fails_anyway:
            assert sessions[name].judge(archive).failures(), f"--as {name} passes"
    for verdict in checked.verdicts:
        if verdict.outcome is VerdictOutcome.REJECTS and archive.known_kind is None:
            is_unexpected = archive.kind in suited_kinds(verdict.engine, verdict.action)
            assert not is_unexpected or checked.findings, verdict


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_case(file: Path, sessions: dict[str | None, Session], tmp_path: Path) -> None:
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
def test_what_is_packed_too_deep(
    kind: str, depth: str, sessions: dict[str | None, Session], tmp_path: Path
) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(wrapped(build(kind), depth).tar())
    assert_one_truth(path, sessions)
    checked = sessions[None].check(path)
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
def test_a_directory(
    kind: str, damage: str, sessions: dict[str | None, Session], tmp_path: Path
) -> None:
    path = tmp_path / "archive"
    made = DIRECTORIES[kind]
    # The layer of an export and the like has device nodes, which only root can create.
    members = tuple(each for each in made.members if each.typeflag in (b"0", b"2", b"5"))
    if damage != "sound":
        members = tuple(sorted(members, key=lambda each: len(each.content))[:-1])
    replace(made, members=members).write_directory(path)
    assert_one_truth(path, sessions)


def test_who_reads_a_skopeo_directory(sessions: dict[str | None, Session], tmp_path: Path) -> None:
    skopeo_dir().write_directory(tmp_path / "archive")
    checked = sessions[None].check(tmp_path / "archive")
    assert checked.classification is not None
    assert checked.classification.restore == f"podman load -i {tmp_path}/archive"
    assert not checked.failures()


@pytest.mark.parametrize("name", ["image.tar", "home/me/app.tar", "a/b/c/d.tar"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_image_in_a_tar(
    kind: str, name: str, sessions: dict[str | None, Session], tmp_path: Path
) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(nested(build(kind), name).tar())
    assert_one_truth(path, sessions)
    assert {finding.rule for finding in sessions[None].check(path).failures()} == {"ARC019"}


@pytest.mark.parametrize("cut", range(0, 100, 7))
@pytest.mark.parametrize("kind", [*KINDS, "export"])
def test_what_is_cut_off(
    kind: str, cut: int, sessions: dict[str | None, Session], tmp_path: Path
) -> None:
    data = build(kind).tar()
    path = tmp_path / "archive.tar"
    path.write_bytes(data[: len(data) * cut // 100])
    assert_one_truth(path, sessions)


def test_an_empty_tar(sessions: dict[str | None, Session], tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(empty().tar())
    assert_one_truth(path, sessions)


@pytest.mark.parametrize("name", ["a b.tar", "it's.tar", "-x.tar", "$(id).tar"])
def test_a_path_is_quoted(
    name: str, sessions: dict[str | None, Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(build("docker-archive").tar())
    checked = sessions[None].check(name)
    assert checked.restore_command is not None
    *command, path = shlex.split(checked.restore_command)
    assert command == ["docker", "load", "-i"]
    assert Path(path).name == name
    assert not path.startswith("-")
