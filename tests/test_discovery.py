"""Plugins are found where importlib.metadata finds them, in whatever way they are installed."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Callable
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from types import SimpleNamespace

import pytest

from checker.discovery import EntryPoint, entry_points

GROUP = "checker"
BACKPORT = "importlib_metadata"


@pytest.fixture(autouse=True)
def _without_backport(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests import libraries that put the finder of a backport in the place of Python's."""
    finders = [each for each in sys.meta_path if type(each).__module__ != BACKPORT]
    monkeypatch.setattr(sys, "meta_path", finders)
    find = metadata.MetadataPathFinder.find_distributions
    monkeypatch.setattr(PathFinder, "find_distributions", find, raising=False)


def info(
    folder: Path,
    name: str,
    version: str = "1.0",
    entries: str | None = "[checker]\nmine = my_rules\n",
    kind: str = "dist-info",
) -> Path:
    directory = folder / f"{name.replace('-', '_')}-{version}.{kind}"
    directory.mkdir(parents=True)
    file = "METADATA" if kind == "dist-info" else "PKG-INFO"
    directory.joinpath(file).write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: not this one\n"
    )
    if entries is not None:
        directory.joinpath("entry_points.txt").write_text(entries)
    return directory


def one(folder: Path) -> list[Path]:
    info(folder, "my-rules")
    return [folder]


def egg_info(folder: Path) -> list[Path]:
    info(folder, "my-rules", kind="egg-info")
    return [folder]


def egg_directory(folder: Path) -> list[Path]:
    egg = folder / "my_rules-1.0-py3.egg"
    directory = info(egg, "my-rules", kind="egg-info")
    directory.rename(egg / "EGG-INFO")
    return [egg]


def egg_info_file(folder: Path) -> list[Path]:
    (folder / "old-1.0.egg-info").write_text("Name: old\nVersion: 1.0\n")
    return one(folder)


def many_entries(folder: Path) -> list[Path]:
    info(
        folder,
        "my-rules",
        entries=(
            "[console_scripts]\nmine = not_this:one\n"
            "# [checker]\n"
            "[checker]\n"
            "# a comment\n\n"
            "first=rules.first\n"
            "  second  =  rules.second:plugin.inner \n"
            "third = rules.third [extra]\n"
            "[checker.other]\nmine = not_this:two\n"
            "[ checker ]\nmine = not_this:three\n"
        ),
    )
    return [folder]


def twice(folder: Path) -> list[Path]:
    info(folder / "first", "my-rules", "2.0")
    info(folder / "second", "My.Rules", "1.0", "[checker]\nolder = old_rules\n")
    return [folder / "first", folder / "second"]


def hidden_by_one_without_entries(folder: Path) -> list[Path]:
    info(folder / "first", "my-rules", "2.0", None)
    info(folder / "second", "my_rules", "1.0")
    return [folder / "first", folder / "second"]


def in_a_zip(folder: Path) -> list[Path]:
    info(folder / "unpacked", "my-rules")
    info(folder / "later", "my-rules", "0.5")
    with zipfile.ZipFile(folder / "rules.zip", "w") as archive:
        for path in sorted((folder / "unpacked").rglob("*")):
            archive.write(path, path.relative_to(folder / "unpacked"))
    return [folder / "rules.zip", folder / "later"]


def not_a_zip(folder: Path) -> list[Path]:
    (folder / "odd").write_bytes(b"no zip file")
    return [folder / "odd", *one(folder / "installed"), folder / "missing"]


INSTALLED: dict[str, Callable[[Path], list[Path]]] = {
    made.__name__: made
    for made in (
        one,
        egg_info,
        egg_directory,
        egg_info_file,
        many_entries,
        twice,
        hidden_by_one_without_entries,
        in_a_zip,
        not_a_zip,
    )
}


def by_the_standard_library() -> set[EntryPoint]:
    return {
        EntryPoint(each.name, each.value, each.dist.name, each.dist.version)
        for each in metadata.entry_points(group=GROUP)
        if each.dist is not None
    }


@pytest.mark.parametrize("install", INSTALLED.values(), ids=INSTALLED)
def test_the_same_as_the_standard_library(
    install: Callable[[Path], list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = by_the_standard_library()
    monkeypatch.setattr(sys, "path", [*map(str, install(tmp_path)), *sys.path])
    expected = by_the_standard_library()
    assert set(entry_points(GROUP)) == expected
    assert (expected > before) is (install is not hidden_by_one_without_entries)


def test_a_finder_of_another_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = metadata.Distribution.at(info(tmp_path, "my-rules"))
    finder = SimpleNamespace(find_distributions=lambda *_: iter([found]), find_spec=lambda *_: None)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])
    assert set(entry_points(GROUP)) == by_the_standard_library()
    assert EntryPoint("mine", "my_rules", "my-rules", "1.0") in entry_points(GROUP)


def test_entry_points_that_are_not_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info(tmp_path, "broken").joinpath("entry_points.txt").write_bytes(b"[else]\nsmall = \xff\n")
    info(tmp_path, "my-rules")
    monkeypatch.syspath_prepend(tmp_path)
    assert EntryPoint("mine", "my_rules", "my-rules", "1.0") in entry_points(GROUP)


def test_a_distribution_without_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info(tmp_path, "my-rules").joinpath("METADATA").unlink()
    monkeypatch.syspath_prepend(tmp_path)
    assert EntryPoint("mine", "my_rules", "unknown", "unknown") in entry_points(GROUP)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("os.path", os.path),
        ("os.path:join", os.path.join),
        ("pathlib:Path.cwd [extra]", Path.cwd),
        (" pathlib : Path ", Path),
    ],
)
def test_what_an_entry_point_refers_to(value: str, expected: object) -> None:
    assert EntryPoint("mine", value).load() == expected


def test_what_installs_itself_during_a_run_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(entry_points(GROUP))
    info(tmp_path, "my-rules")
    assert set(entry_points(GROUP)) - before == {EntryPoint("mine", "my_rules", "my-rules", "1.0")}
