"""The folders that the paths of a tar lie in."""

from __future__ import annotations

from checker.model.content import ContentPlan
from checker.model.entries import Entries
from checker.model.limits import Limits
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import Member, directory, file, write_tar
from checker_engines.filesystem.plain import is_plain


def entries_of(*members: Member) -> Entries:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar(members))
    return walker.finish().entries


def test_folders_have_entries_or_not() -> None:
    entries = entries_of(directory("etc"), file("etc/a"), file("usr/lib/b"), file("c"))
    assert entries.directories == {"etc", "usr", "usr/lib"}
    assert entries.knows_all_directories


def test_a_tar_without_folders() -> None:
    assert entries_of(file("a"), directory("./")).directories == frozenset()


def test_deep_names_do_not_take_all_memory() -> None:
    deep = "a/" * 2000
    entries = entries_of(*(file(f"{number}/{deep}x") for number in range(100)))
    assert 100 < len(entries.directories) < 10_000
    assert not entries.knows_all_directories
    assert not is_plain(entries)
