"""What is checked: paths, directories of archives, and lists of paths."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from checker.testing import build, sample

from .conftest import Checker, Done


@pytest.fixture
def dist(checker: Checker) -> Path:
    """A directory with two archives, a layout, a root filesystem and other files."""
    place = checker.folder / "dist"
    (place / "deep").mkdir(parents=True)
    (place / "app.tar").write_bytes(sample("docker-archive"))
    (place / "deep" / "oci.bin").write_bytes(sample("oci-archive"))
    build("oci-layout").write_directory(place / "layout")
    build("rootfs").write_directory(place / "root")
    (place / "notes.txt").write_text("nothing\n")
    return place


def paths(done: Done) -> list[str]:
    return [archive["path"] for archive in done.report["archives"]]


ALL = ["dist/app.tar", "dist/deep/oci.bin", "dist/layout", "dist/root"]


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize("command", ["check", "classify"])
@pytest.mark.parametrize("name", ["dist", "dist/", "./dist"])
def test_a_directory_of_archives(checker: Checker, command: str, name: str) -> None:
    done = checker(command, name, "--format", "json")
    assert [os.path.normpath(path) for path in paths(done)] == ALL
    assert (
        done.err == f"checker: {name}: found 2 archives and 2 directories; 1 other file ignored\n"
    )


@pytest.mark.usefixtures("dist")
def test_a_baseline_of_a_directory(checker: Checker) -> None:
    done = checker("baseline", "write", "known.json", "dist", "--fail-on", "note")
    assert done.code == 0
    known = json.loads((checker.folder / "known.json").read_text())
    assert {entry["archive"] for entry in known["findings"]} >= {"dist/app", "dist/root"}
    done = checker("check", "dist", "--fail-on", "note", "--baseline", "known.json")
    assert done.code == 0, done.out


def test_files_are_counted_only_where_some_are_ignored(checker: Checker) -> None:
    (checker.folder / "only").mkdir()
    (checker.folder / "only" / "a.tar").write_bytes(sample())
    assert checker("check", "only").err == "checker: only: found 1 archive\n"
    (checker.folder / "empty").mkdir()
    assert checker("check", "empty").err.startswith(
        "checker: empty: no archives are in it or below; name a tar file, "
    )


@pytest.mark.parametrize("kind", ["oci-layout", "docker-archive", "rootfs"])
def test_a_directory_that_is_one_archive(checker: Checker, kind: str) -> None:
    build(kind).write_directory(checker.folder / "one")
    (checker.folder / "one" / "more.tar").write_bytes(sample("oci-archive"))
    done = checker("check", "one", "--format", "json")
    assert paths(done) == ["one"]
    assert done.err == ""


def test_a_directory_with_nothing(checker: Checker) -> None:
    (checker.folder / "docs").mkdir()
    (checker.folder / "docs" / "notes.txt").write_text("nothing\n")
    done = checker("check", "docs")
    assert done.code == 1
    assert done.err == (
        "checker: docs: no archives are in it or below (1 other file ignored); name a tar file, "
        "the directory of an image layout or that of a root filesystem\n"
    )


def test_a_build_context_without_archives_is_named(checker: Checker) -> None:
    (checker.folder / "context").mkdir()
    (checker.folder / "context" / "Dockerfile").write_text("FROM scratch\n")
    assert "docker build" in checker("check", "context").out


def test_too_much_below(checker: Checker, dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.reading.search.MOST_FILES", 3)
    done = checker("check", dist.name)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "checker: more than 3 files below dist; name the archives, or directories with fewer\n"
    )


def test_a_report_in_the_directory(checker: Checker, dist: Path) -> None:
    for _ in range(2):
        checker("check", "dist", "--format", "json=dist/report.json")
        report = json.loads((dist / "report.json").read_text())
        assert [archive["path"] for archive in report["archives"]] == ALL
    assert checker("check", "dist", "--format", "json=dist/app.tar").code == 2


# Lists of paths

LISTS = {
    "lines": (b"dist/app.tar\ndist/layout\n", ()),
    "no end of line": (b"dist/app.tar\ndist/layout", ()),
    "of Windows": (b"dist/app.tar\r\n\r\ndist/layout\r\n", ()),
    "zero bytes": (b"dist/app.tar\0dist/layout\0", ("-0",)),
    "zero bytes, long option": (b"dist/app.tar\0\0dist/layout", ("--null",)),
}


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("is_input", [True, False])
def test_a_list(checker: Checker, name: str, *, is_input: bool) -> None:
    data, options = LISTS[name]
    (checker.folder / "list").write_bytes(data)
    run = checker.process if is_input else checker
    done = run(
        *("check", "--format", "json", *options, "--files-from", "-" if is_input else "list"),
        stdin=data,
    )
    assert done.err == ""
    assert paths(done) == ["dist/app.tar", "dist/layout"]


def test_lists_and_paths_together(checker: Checker, dist: Path, image: Path) -> None:
    (checker.folder / "one").write_text(f"{dist.name}/deep\n")
    (checker.folder / "two").write_text(f"{dist.name}/root\n")
    done = checker(
        *("classify", image.name, "--format", "json", "--files-from", "one"),
        *("--files-from=two", dist / "layout"),
    )
    assert paths(done) == ["image.tar", str(dist / "layout"), "dist/deep/oci.bin", "dist/root"]


@pytest.mark.parametrize("name", ["a b.tar", "a\nb.tar", " c.tar", "-.tar", "\udcff.tar"])
def test_names_in_lists_are_taken_as_they_are(checker: Checker, name: str) -> None:
    (checker.folder / name).write_bytes(sample("docker-archive"))
    (checker.folder / "list").write_bytes(os.fsencode(name) + b"\0")
    assert checker("check", "-0", "--files-from", "list").code == 0


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        ("--files-from missing", b"", "--files-from missing: cannot be read: No such file"),
        ("--files-from .", b"", "--files-from .: cannot be read: Is a directory"),
        ("--files-from -", b"", "no archives are named: the list - is empty"),
        ("--files-from -", b"a.tar\0b.tar\0", "--files-from -: contains zero bytes; if these"),
        (
            "--files-from - -",
            b"a",
            "--files-from -: standard input cannot",
        ),
        ("--files-from - --files-from -", b"a", "--files-from -: standard input cannot"),
        ("-0 a.tar", b"", "-0: is for the paths in a list; name it with --files-from FILE"),
        ("", b"", "no archives are named: specify PATH"),
        ("- -", b"a", "-: standard input can only be one archive"),
    ],
)
@pytest.mark.parametrize("command", ["check", "classify", "baseline write known.json"])
def test_lists_that_are_wrong(
    checker: Checker, command: str, words: str, stdin: bytes, said: str
) -> None:
    done = checker(*command.split(), *words.split(), stdin=stdin)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"checker: {said}")
    assert done.err.count("\n") == 1
    assert not (checker.folder / "known.json").exists()


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    "words",
    [
        "check dist/app.tar dist/layout --format json",
        "check dist/app.tar --format json dist/layout",
        "check --format json dist/app.tar dist/layout",
        "check --format json dist/app.tar --jobs 1 dist/layout",
        "check --format json dist/app.tar --jobs 1 -- dist/layout",
        "check --format json -- dist/app.tar dist/layout",
    ],
)
def test_paths_are_anywhere_among_the_options(checker: Checker, words: str) -> None:
    assert paths(checker(*words.split())) == ["dist/app.tar", "dist/layout"]


def test_a_path_in_a_list_that_is_not_there(checker: Checker, image: Path) -> None:
    (checker.folder / "list").write_text(f"missing.tar\n{image.name}\n")
    done = checker("check", "--files-from", "list", "--format", "json")
    assert done.code == 3
    missing, _ = done.report["archives"]
    assert missing["error"] == "cannot be read: No such file or directory"


@pytest.mark.parametrize(
    "words",
    [
        *("check @", "check a.tar @", "classify @", "show @", "compare a.tar @", "compare @ a.tar"),
        *("convert @ out.tar --to rootfs", "import-plan @", "baseline write known.json @"),
        *("init @", "config @", "import-plan a.tar --from-image @", "check -- @"),
    ],
)
def test_the_path_of_a_variable_that_is_not_set(checker: Checker, words: str) -> None:
    done = checker(*(word.replace("@", "") for word in words.split()))
    assert (done.code, done.out) == (2, "")
    assert done.err == "checker: the path of an archive is empty; is a variable not set?\n"
