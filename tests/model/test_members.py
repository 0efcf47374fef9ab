"""Members of an archive, looked up through links."""

from __future__ import annotations

import pytest

from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.model.location import Location
from checker.model.members import Members
from checker.model.names import Digest
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import Member, directory, file, hardlink, symlink, write_tar


def members_of(*members: Member) -> Members:
    """Members of a tar; the content of each is its own position."""
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar(members))
    entries = walker.finish().entries
    place = Location(archive="test.tar")
    blobs = {
        i: Blob(location=place, position=i, path=entries.paths[i], size=0, digests={})
        for i, entry in enumerate(entries)
        if entry.is_file
    }
    return Members(entries, blobs)


LINKED = members_of(
    file("twice"),  # 0
    file("./twice"),  # 1
    directory("folder"),
    file("folder/file"),  # 3
    symlink("link", "folder/file"),
    symlink("folder/up", "../twice"),
    symlink("absolute", "/folder/file"),
    symlink("alias", "folder"),
    symlink("deep/alias", "../alias"),
    hardlink("hard", "folder/file"),
    hardlink("harder", "./hard"),
    symlink("to-hard", "hard"),
    symlink("dangling", "nowhere"),
    symlink("loop", "pool"),
    symlink("pool", "loop"),
    hardlink("knot", "knot"),
    symlink("self", "self/x"),
    symlink("out", "../../folder/file"),
    file("late"),  # 18
    symlink("late", "twice"),
    symlink("early", "twice"),
    file("early"),  # 21
)


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ("twice", 1),
        ("./twice", 1),
        ("/twice/", 1),
        ("folder/file", 3),
        ("folder/../folder//file", 3),
        ("folder", 2),
        ("link", 3),
        ("folder/up", 1),
        ("absolute", 3),
        ("alias", 2),
        ("alias/file", 3),
        ("alias/up", 1),
        ("deep/alias/file", 3),
        ("hard", 3),
        ("harder", 3),
        ("to-hard", 3),
        ("out", 3),
        ("late", 1),
        ("early", 21),
        ("dangling", None),
        ("dangling/x", None),
        ("loop", None),
        ("loop/x", None),
        ("knot", None),
        ("self", None),
        ("nowhere", None),
        ("folder/file/x", None),
        ("", None),
        ("..", None),
    ],
)
def test_find(path: str, position: int | None) -> None:
    entry = LINKED.find(path)
    assert (None if entry is None else entry.position) == position
    blob = LINKED.blob(path)
    expected = None if entry is None or not entry.is_file else position
    assert (None if blob is None else blob.position) == expected


@pytest.mark.parametrize(
    ("members", "top"),
    [
        ((directory("app"), file("app/x")), "app"),
        ((directory("."), directory("app")), "app"),
        ((file("app/x"), file("app/y")), "app"),
        ((directory("app"),), "app"),
        ((file("app/x"), file("readme")), None),
        ((file("readme"),), None),
        ((file("home/me/x"),), "home/me"),
        ((file("a/b/x"), file("a/b/c/y")), "a/b"),
        ((file("app/x"), file("._app"), file("__MACOSX/app/._x"), file(".DS_Store")), "app"),
        ((), None),
    ],
)
def test_the_wrapping_directory(members: tuple[Member, ...], top: str | None) -> None:
    assert members_of(*members).wrapping_directory == top


def test_contains_asks_for_the_path_itself() -> None:
    assert "alias" in LINKED
    assert "alias/file" not in LINKED


def test_a_chain_of_links_has_a_limit() -> None:
    chain = [symlink(f"l{i}", f"l{i + 1}") for i in range(41)]
    members = members_of(*chain, file("l41"))
    assert members.find("l2") is not None
    assert members.find("l0") is None


def test_blob_of_a_digest() -> None:
    digest = Digest("sha256", "a" * 64)
    members = members_of(file(digest.blob_path))
    blob = members.blob_of(digest)
    assert blob is not None
    assert blob.position == 0
    assert members.blob_of(Digest("sha256", "b" * 64)) is None
    assert members.blob_of(None) is None
    assert members.document(digest.blob_path) is None
    assert members.document("nowhere") is None
