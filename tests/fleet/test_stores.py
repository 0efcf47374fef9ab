"""Stores: what a SOURCE names, and requests that fail."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from checker.errors import SettingsError, UnreadableError
from checker.fleet.found import Found
from checker.fleet.stores import (
    Pacing,
    RangedObject,
    StoreError,
    Unlisted,
    find_archives,
    persistent,
    place_of,
)

NO_PAUSE = Pacing(attempts=3, first=0.0)
TREE = ("a.tar", "b.tar.gz", "notes.txt", "x/c.tgz", "x/y/d.TAR", "x/y/e.tar.zst", "x/[1].tar")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))
    return tmp_path


PATTERNS = {
    "": ["a.tar", "b.tar.gz", "x/[1].tar", "x/c.tgz", "x/y/d.TAR", "x/y/e.tar.zst"],
    "*.tar": ["a.tar"],
    "**/*.tar": ["a.tar", "x/[1].tar"],
    "x/*": ["x/[1].tar", "x/c.tgz"],
    "*/*/*.[tT][aA][rR]": ["x/y/d.TAR"],
    "x/[1].tar": ["x/[1].tar"],
    "notes.txt": ["notes.txt"],
    "z*": [],
}


def named(source: str, base: Path) -> list[str]:
    found = list(find_archives(source))
    assert all(isinstance(one, Found) for one in found), found
    return sorted(os.path.relpath(one.url, base) for one in found)


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS.items())
def test_what_a_source_names(tree: Path, pattern: str, expected: list[str]) -> None:
    assert named(f"{tree}/{pattern}".rstrip("/"), tree) == expected


# In a store that is not of files, what looks like a pattern is one.
@pytest.mark.parametrize("pattern", [one for one in PATTERNS if one != "x/[1].tar"])
def test_the_same_in_another_store(tree: Path, pattern: str) -> None:
    store = place_of("memory://bucket").files
    store.put(f"{tree}/", "/bucket/", recursive=True)
    try:
        found = find_archives(f"memory://bucket/{pattern}".rstrip("/"))
        urls = [one.url.removeprefix("memory:///bucket/") for one in found]
        assert sorted(urls) == PATTERNS[pattern]
    finally:
        store.rm("/bucket", recursive=True)


def test_an_object_is_described(tree: Path) -> None:
    (found,) = find_archives(str(tree / "a.tar"))
    assert isinstance(found, Found)
    assert found.size == 5
    assert found.modified is not None
    assert found.source == str(tree / "a.tar")


def test_a_source_that_is_not_there() -> None:
    (found,) = find_archives("/nowhere/at/all")
    assert isinstance(found, Unlisted)
    assert found.url == "/nowhere/at/all"


def test_links_to_directories_are_not_followed(tree: Path) -> None:
    (tree / "x" / "loop").symlink_to(tree, target_is_directory=True)
    assert named(str(tree), tree) == PATTERNS[""]


def test_a_directory_that_cannot_be_listed_is_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = type(place_of(str(tree)).files)
    listed = files.ls

    def ls(self: object, path: str, **options: object) -> object:
        if path.endswith("/x/y"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listed(self, path, **options)

    monkeypatch.setattr(files, "ls", ls)
    found = list(find_archives(str(tree)))
    assert [one for one in found if isinstance(one, Unlisted)] == [
        Unlisted(f"{tree}/x/y", "cannot be read: Permission denied")
    ]
    assert len(found) == len(PATTERNS[""]) - 2 + 1


def test_an_unknown_protocol() -> None:
    with pytest.raises(SettingsError, match="bogus"):
        list(find_archives("bogus://bucket/a.tar"))


class Flaky:
    """Fails some times, then gives a value."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return b"value"


def test_a_request_that_fails_is_repeated() -> None:
    flaky = Flaky(OSError(errno.EBUSY, "Slow Down"), RuntimeError("cut"))
    assert persistent(flaky, "s3://b/a.tar", NO_PAUSE) == b"value"
    assert flaky.calls == 3


def test_a_store_that_never_answers() -> None:
    flaky = Flaky(*[OSError(errno.EBUSY, "Slow Down")] * 9)
    with pytest.raises(StoreError, match="failed 3 times: Slow Down"):
        persistent(flaky, "s3://b/a.tar", NO_PAUSE)
    assert flaky.calls == 3


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError("gone"), "there is nothing by this name"),
        (PermissionError(13, "Denied"), "cannot be read: Denied"),
    ],
)
def test_what_must_not_be_read_is_asked_for_once(error: OSError, told: str) -> None:
    flaky = Flaky(error)
    with pytest.raises(UnreadableError, match=told):
        persistent(flaky, "s3://b/a.tar", NO_PAUSE)
    assert flaky.calls == 1


def test_pauses_grow_up_to_a_bound() -> None:
    pacing = Pacing(first=1.0, longest=5.0)
    for attempt, longest in enumerate((1.0, 2.0, 4.0, 5.0, 5.0)):
        assert longest / 2 <= pacing.pause(attempt) <= longest


def test_after_a_failure_nothing_more_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(bytes(100))
    found = Found(str(tmp_path / "a.tar"), "", 5000, None, None)
    remote = RangedObject(found, Pacing(attempts=2, first=0.0))
    for _ in range(2):
        with pytest.raises(StoreError, match="100 of 5000 bytes came"):
            remote.file.read_at(0, 10)
    assert isinstance(remote.failure, StoreError)


IDENTITIES = {
    "the time alone": (("etag", 1, "t1"), ("etag", 1, "t2"), True),
    "the tag": (("etag", 1, "t"), ("other", 1, "t"), False),
    "the size": (("etag", 1, "t"), ("etag", 2, "t"), False),
    "the time without a tag": ((None, 1, "t1"), (None, 1, "t2"), False),
    "nothing": ((None, 1, "t"), (None, 1, "t"), True),
}
Version = tuple[str | None, int, str]


@pytest.mark.parametrize("case", IDENTITIES.values(), ids=IDENTITIES)
def test_when_an_object_is_the_same(case: tuple[Version, Version, bool]) -> None:
    *versions, is_same = case
    first, second = (Found("u", "", size, tag, time) for tag, size, time in versions)
    assert (first.identity == second.identity) is is_same
