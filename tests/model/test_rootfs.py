"""Merging of layers, and paths that lead through links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model import changesets
from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.model.image import Layer
from checker.model.limits import LimitReached, Limits
from checker.model.location import Location
from checker.model.members import LINKS_FOLLOWED
from checker.model.rootfs import Rootfs, RootfsEntry
from checker.model.tar import Tar
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import (
    Member,
    directory,
    file,
    hardlink,
    opaque,
    symlink,
    whiteout,
    write_tar,
)

PLACE = Location(archive="test.tar")


def walk(*members: Member, limits: Limits | None = None) -> Tar:
    walker = TarWalker(limits or Limits(), ContentPlan({}, executables=64))
    walker.feed(write_tar(members))
    return walker.finish()


def layer_of(position: int, tar: Tar | None, *, limits: tuple[LimitReached, ...] = ()) -> Layer:
    blob = Blob(
        location=PLACE, position=position, path="", size=0, digests={}, tar=tar, limits=limits
    )
    return Layer(
        location=PLACE, position=position, descriptor=None, path=None, blob=blob, diff_id=None
    )


def merge(*layers: tuple[Member, ...]) -> Rootfs:
    """A root of layers, base first."""
    return Rootfs(PLACE, tuple(layer_of(i, walk(*members)) for i, members in enumerate(layers)))


def visible(rootfs: Rootfs) -> dict[str, int]:
    """The layer that each visible path comes from."""
    return {placed.entry.path: placed.layer.position for placed in rootfs}


@dataclass(frozen=True)
class Merge:
    name: str
    layers: tuple[tuple[Member, ...], ...]
    expected: dict[str, int]


A_DIR = (directory("a"), file("a/x"), file("a/y"))

MERGES = [
    Merge("one layer", (A_DIR,), {"a": 0, "a/x": 0, "a/y": 0}),
    Merge(
        "a file in the place of the root hides nothing",
        ((file("x"), file("a/y")), (file("./"), file("z"))),
        {"": 1, "x": 0, "a/y": 0, "z": 1},
    ),
    Merge("an upper file replaces", ((file("x"),), (file("x"),)), {"x": 1}),
    Merge("a directory is shared", (A_DIR, (directory("a"),)), {"a": 1, "a/x": 0, "a/y": 0}),
    Merge("whiteout of a file", (A_DIR, (whiteout("a/x"),)), {"a": 0, "a/y": 0}),
    Merge("whiteout of a directory", (A_DIR, (whiteout("a"),)), {}),
    Merge("whiteout at the top", ((file("x"), file("y")), (whiteout("x"),)), {"y": 0}),
    Merge("whiteout of nothing", (A_DIR, (whiteout("b"),)), {"a": 0, "a/x": 0, "a/y": 0}),
    Merge("a name that only begins alike", ((file("ab"),), (whiteout("a"),)), {"ab": 0}),
    Merge("back in a third layer", (A_DIR, (whiteout("a"),), (file("a/x"),)), {"a/x": 2}),
    Merge("whiteout in the base hides nothing", ((whiteout("x"), file("x")),), {"x": 0}),
    Merge("whiteout, then the file", ((file("x"),), (whiteout("x"), file("x"))), {"x": 1}),
    Merge("the file, then its whiteout", ((file("x"),), (file("x"), whiteout("x"))), {"x": 1}),
    Merge(
        "whiteout of a directory that comes back in the same layer",
        (A_DIR, (directory("a"), file("a/z"), whiteout("a"))),
        {"a": 1, "a/z": 1},
    ),
    Merge("whiteouts reach through layers", (A_DIR, (file("b"),), (whiteout("a/x"),)),
          {"a": 0, "a/y": 0, "b": 1}),
    Merge("whiteout of a parent of a whiteout", (A_DIR, (whiteout("a/x"),), (whiteout("a"),)), {}),
    Merge("opaque first", (A_DIR, (opaque("a"), file("a/z"))), {"a": 0, "a/z": 1}),
    Merge("opaque last", (A_DIR, (file("a/z"), opaque("a"))), {"a": 0, "a/z": 1}),
    Merge("opaque between", (A_DIR, (directory("a"), file("a/x"), opaque("a"), file("a/z"))),
          {"a": 1, "a/x": 1, "a/z": 1}),
    Merge("opaque of a parent", ((directory("a"), directory("a/b"), file("a/b/c")), (opaque("a"),)),
          {"a": 0}),
    Merge("opaque root", (A_DIR, (opaque(""), file("b"))), {"b": 1}),
    Merge("opaque with a name that begins alike", ((file("ab/x"),), (opaque("a"),)), {"ab/x": 0}),
    Merge("a file replaces a directory", (A_DIR, (file("a"),)), {"a": 1}),
    Merge("a symlink replaces a directory", (A_DIR, (symlink("a", "b"),)), {"a": 1}),
    Merge("a directory replaces a file", ((file("a"),), A_DIR), {"a": 1, "a/x": 1, "a/y": 1}),
    Merge("a directory to a symlink and back", (A_DIR, (symlink("a", "b"),), (directory("a"),)),
          {"a": 2}),
    Merge("an implied directory is shared", ((file("a/x"),), (file("a/y"),)), {"a/x": 0, "a/y": 1}),
    Merge("an implied directory replaces a file", ((file("a"),), (file("a/b/x"),)), {"a/b/x": 1}),
    Merge(
        "an implied directory replaces a symlink, as in overlay storage",
        ((symlink("bin", "usr/bin"), file("usr/bin/sh")), (file("bin/app"),)),
        {"usr/bin/sh": 0, "bin/app": 1},
    ),
    Merge("a whiteout implies no directory", ((file("a"),), (whiteout("a/x"),)), {"a": 0}),
    Merge("of a repeated path the last counts", ((file("a"), directory("a")), (file("a/x"),)),
          {"a": 0, "a/x": 1}),
    Merge("a hidden entry still hides", (A_DIR, (file("a"),), (whiteout("a"), directory("a"))),
          {"a": 2}),
    Merge("names are cleaned", ((file("./a/x"), file("/a/y")), (whiteout("a/x"), file("a//y"))),
          {"a/y": 1}),
    Merge("a name of .wh. alone", ((file("a/x"),), (file("a/.wh."),)), {"a/x": 0}),
    Merge("no layers", (), {}),
]  # fmt: skip


@pytest.mark.parametrize("case", MERGES, ids=lambda case: case.name)
def test_merge(case: Merge) -> None:
    rootfs = merge(*case.layers)
    assert visible(rootfs) == case.expected
    assert len(rootfs) == len(case.expected)
    for path, position in case.expected.items():
        placed = rootfs.get(path)
        assert placed is not None
        assert placed.layer.position == position


def test_a_hidden_path_is_not_found() -> None:
    rootfs = merge(A_DIR, (whiteout("a/x"),))
    assert rootfs.get("a/x") is None
    assert rootfs.get("a/.wh.x") is None


# --- against a reference that applies one layer after the other


State: TypeAlias = dict[str, tuple[int, bool]]


def apply_layer(state: State, position: int, layer: dict[str, bytes]) -> None:
    """Change ``state`` (layer and whether it is a directory, by path) as a layer says."""
    for path in layer:
        parent, _, base = path.rpartition("/")
        prefix = f"{parent}/" if parent else ""
        if base == ".wh..wh..opq":
            remove(state, prefix_of(prefix))
        elif base.startswith(".wh."):
            gone = prefix + base.removeprefix(".wh.")
            remove(state, prefix_of(f"{gone}/"))
            state.pop(gone, None)
    for path, kind in layer.items():
        if path.rpartition("/")[2].startswith(".wh."):
            continue
        for parent in parents(path):
            if parent in state and not state[parent][1]:
                del state[parent]
        if kind != b"5":
            remove(state, prefix_of(f"{path}/"))
        state[path] = (position, kind == b"5")


def prefix_of(prefix: str) -> Callable[[str], bool]:
    return lambda path: path.startswith(prefix)


def remove(state: State, condition: Callable[[str], bool]) -> None:
    for path in [path for path in state if condition(path)]:
        del state[path]


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:i]) for i in range(1, len(parts))]


def consistent(layer: dict[str, bytes]) -> dict[str, bytes]:
    """A layer without entries below its own files, of which readers think differently."""
    return {
        path: kind
        for path, kind in layer.items()
        if all(layer.get(parent, b"5") == b"5" for parent in parents(path))
    }


NAMES = st.sampled_from(["a", "b", "c"])
MARKERS = st.sampled_from([".wh.a", ".wh.b", ".wh.c", ".wh..wh..opq"])
FOLDERS = st.lists(NAMES, max_size=2)
ENTRIES = st.tuples(FOLDERS, NAMES, st.sampled_from([b"0", b"5", b"2"]))
WHITEOUTS = st.tuples(FOLDERS, MARKERS, st.just(b"0"))
LAYERS = st.lists(ENTRIES | WHITEOUTS, max_size=6).map(
    lambda found: consistent({"/".join((*folder, name)): kind for folder, name, kind in found})
)


@given(st.lists(LAYERS, min_size=1, max_size=4), st.sampled_from([0, 2, 4096]))
def test_merging_is_applying_one_layer_after_the_other(
    layers: list[dict[str, bytes]], small: int
) -> None:
    state: State = {}
    for position, layer in enumerate(layers):
        apply_layer(state, position, layer)
    with pytest.MonkeyPatch.context() as patch:
        # The tables of large layers are kept, the paths of small ones are copied.
        patch.setattr(changesets, "_SMALL", small)
        rootfs = merge(
            *(
                tuple(Member(path, typeflag=kind, linkname="x") for path, kind in layer.items())
                for layer in layers
            )
        )
    assert visible(rootfs) == {path: position for path, (position, _) in state.items()}
    assert len(rootfs) == len(state)


# --- paths through links

LINKS = (
    directory("usr"),
    directory("usr/bin"),
    file("usr/bin/app"),
    symlink("bin", "usr/bin"),
    symlink("absolute", "/usr/bin/app"),
    symlink("usr/bin/relative", "app"),
    symlink("usr/bin/up", "../../absolute"),
    symlink("escape", "../../../usr/bin/app"),
    symlink("usr/far", "/../../usr/bin"),
    symlink("dangling", "nowhere"),
    symlink("loop", "pool"),
    symlink("pool", "loop"),
    symlink("self", "self/x"),
    symlink("dot", "./usr/./bin//app"),
    symlink("root", "/"),
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("usr/bin/app", "usr/bin/app"),
        ("/usr/bin/app", "usr/bin/app"),
        ("/bin/app", "usr/bin/app"),
        ("/bin", "usr/bin"),
        ("/bin/", "usr/bin"),
        ("//bin//.//app/", "usr/bin/app"),
        ("/absolute", "usr/bin/app"),
        ("/bin/relative", "usr/bin/app"),
        ("/bin/up", "usr/bin/app"),
        ("/bin/../bin/app", "usr/bin/app"),
        ("/../../bin/app", "usr/bin/app"),
        ("/escape", "usr/bin/app"),
        ("/usr/far/app", "usr/bin/app"),
        ("/dot", "usr/bin/app"),
        ("/root/bin/app", "usr/bin/app"),
        ("/root", None),
        ("/", None),
        ("", None),
        ("/dangling", None),
        ("/loop", None),
        ("/loop/x", None),
        ("/self", None),
        ("/nowhere", None),
        ("/usr/bin/app/x", None),
    ],
)
def test_resolve(path: str, expected: str | None) -> None:
    placed = merge(LINKS).resolve(path)
    assert (None if placed is None else placed.entry.path) == expected


def test_dots_climb_from_where_a_link_led() -> None:
    rootfs = merge((symlink("a", "b/c"), directory("b/c"), file("b/x"), file("x")))
    placed = rootfs.resolve("/a/../x")
    assert placed is not None
    assert placed.entry.path == "b/x"


def test_what_lies_literally_below_a_symlink_is_where_the_link_leads() -> None:
    rootfs = merge((directory("b/c"), symlink("a", "b"), file("a/x"), file("a/c/y")))
    for path, name in (("/a/x", "a/x"), ("/b/x", "a/x"), ("/b/c/y", "a/c/y")):
        placed = rootfs.resolve(path)
        assert placed is not None
        assert placed.entry.path == name
    assert "b/x" in rootfs
    assert "b/y" not in rootfs


def test_what_lies_literally_below_a_symlink_to_nothing_is_not_reached_by_its_path() -> None:
    rootfs = merge((symlink("a", "b"), file("a/x"), directory("b")))
    assert rootfs.resolve("/a/x") is None


def test_what_an_upper_layer_has_below_the_symlink_of_a_lower_one_is_a_folder_of_its_own() -> None:
    rootfs = merge((directory("b"), symlink("a", "b")), (file("a/x"),))
    assert rootfs.resolve("/a/x") is not None
    assert rootfs.resolve("/b/x") is None


def test_a_chain_of_forty_links_is_followed_and_no_longer_one() -> None:
    chain = [symlink(f"l{i}", f"l{i + 1}") for i in range(41)]
    rootfs = merge((*chain, file("l41")))
    assert rootfs.resolve("l1") is not None
    assert rootfs.resolve("l0") is None


def test_links_lead_through_layers() -> None:
    rootfs = merge((symlink("bin", "usr/bin"),), (file("usr/bin/app"),), (file("usr/bin/app"),))
    placed = rootfs.resolve("/bin/app")
    assert placed is not None
    assert placed.layer.position == 2


def test_what_is_hidden_of_each_layer() -> None:
    rootfs = merge(
        (file("a"), file("b"), directory("c"), file("c/d"), file("e")),
        (file("a"), whiteout("b"), whiteout("c")),
    )
    hidden = {layer.position: set(paths) for layer, paths in rootfs.hidden()}
    assert hidden == {1: {".wh.b", ".wh.c"}, 0: {"a", "b", "c", "c/d"}}


# --- content


def content(rootfs: Rootfs, path: str) -> bytes | None:
    placed = rootfs.get(path)
    assert placed is not None
    return rootfs.content(placed)


def test_content_of_executables() -> None:
    rootfs = merge(
        (file("app", "program", mode=0o755), file("data", "x"), file("empty", mode=0o755))
    )
    assert content(rootfs, "app") == b"program"
    assert content(rootfs, "data") is None
    assert content(rootfs, "empty") == b""


def test_content_of_hard_links() -> None:
    rootfs = merge(
        (
            file("app", "program", mode=0o755),
            hardlink("one", "./app", mode=0o755),
            hardlink("two", "/one", mode=0o755),
            hardlink("loop", "pool"),
            hardlink("pool", "loop"),
            hardlink("broken", "nowhere"),
            hardlink("folder", "etc"),
            directory("etc"),
        )
    )
    assert content(rootfs, "one") == b"program"
    assert content(rootfs, "two") == b"program"
    for path in ("loop", "broken", "folder", "etc"):
        assert content(rootfs, path) is None


def test_a_hard_link_keeps_the_content_that_a_whiteout_takes_away() -> None:
    base = (file("app", "program", mode=0o755), hardlink("link", "app", mode=0o755))
    assert content(merge(base, (whiteout("app"),)), "link") == b"program"
    above = merge(base, (file("app", "other", mode=0o755),))
    assert content(above, "link") == b"program"
    assert content(above, "app") == b"other"


def test_a_hard_link_to_a_file_of_a_lower_layer() -> None:
    rootfs = merge((file("app", "program", mode=0o755),), (hardlink("link", "app", mode=0o755),))
    assert content(rootfs, "link") == b"program"


OLD, NEW = file("app", "old", mode=0o755), file("app", "new", mode=0o755)
LINK = hardlink("link", "app", mode=0o755)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        pytest.param(((OLD, LINK, NEW),), b"old", id="replaced later in its layer"),
        pytest.param(((OLD,), (LINK, NEW)), b"old", id="replaced below, later in its layer"),
        pytest.param(((OLD, NEW, LINK),), b"new", id="the last before it"),
        pytest.param(((OLD,), (LINK,), (NEW,)), b"old", id="replaced above"),
        pytest.param(((OLD,), (LINK,), (directory("app"),)), b"old", id="a directory above"),
        pytest.param(((OLD,), (LINK,), (whiteout("app"),)), b"old", id="removed above"),
        pytest.param(((OLD,), (NEW,), (LINK,), (whiteout("app"),)), b"new", id="the uppermost"),
        pytest.param(((OLD,), (whiteout("app"),), (LINK,)), None, id="removed below"),
        pytest.param(((LINK,), (OLD,)), None, id="only above"),
        pytest.param(
            ((OLD,), (hardlink("other", "app"),), (NEW, hardlink("link", "other"))),
            b"old",
            id="through a link of another layer",
        ),
    ],
)
def test_a_hard_link_shows_what_was_there_when_it_was_made(
    layers: tuple[tuple[Member, ...], ...], expected: bytes | None
) -> None:
    assert content(merge(*layers), "link") == expected


def test_links_to_what_is_hidden_are_followed_within_a_limit() -> None:
    many = tuple(file(f"f{number}", mode=0o755) for number in range(50))
    layers = ((*many, OLD), (LINK,), (NEW, hardlink("other", "f0")), (whiteout("f0"),))
    whole = merge(*layers)
    assert (content(whole, "link"), content(whole, "other")) == (b"old", b"")
    assert whole.reached == ()
    cut = Rootfs(whole.location, whole.layers, lookups=3)
    assert (content(cut, "link"), content(cut, "other")) == (b"old", None)
    (reached,) = cut.reached
    assert (reached.limit, reached.value) == ("lookups", 3)
    assert "hard links" in reached.what


def test_kept_shows_visible_files_alone() -> None:
    rootfs = merge(
        (
            file("gone", "1", mode=0o755),
            file("replaced", "2", mode=0o755),
            file("twice", "3", mode=0o755),
            file("twice", "4", mode=0o755),
            file("plain", "5"),
        ),
        (whiteout("gone"), file("replaced", "6", mode=0o755)),
    )
    kept = [
        (layer.position, layer.entries.paths[position], head)
        for layer, position, head in rootfs.kept_contents()
    ]
    assert kept == [(1, "replaced", b"6"), (0, "twice", b"4")]


# --- whether the layers are there


def test_a_root_is_whole_if_each_layer_was_read_to_its_end() -> None:
    good = layer_of(0, walk(file("a")))
    assert Rootfs(PLACE, (good, good)).is_whole
    assert not Rootfs(PLACE, (good, layer_of(1, None))).is_whole


def test_a_root_without_layers_is_whole_and_empty() -> None:
    assert Rootfs(PLACE, ()).is_whole


def test_a_root_with_an_absent_or_damaged_layer_is_not_whole() -> None:
    absent = Layer(location=PLACE, position=0, descriptor=None, path=None, blob=None, diff_id=None)
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar((file("a", "content"),))[:515])
    assert not Rootfs(PLACE, (absent,)).is_whole
    assert not Rootfs(PLACE, (layer_of(0, walker.finish()),)).is_whole


def test_a_root_whose_layer_reached_a_limit_is_not_whole() -> None:
    members = tuple(file(str(i)) for i in range(5))
    assert not Rootfs(PLACE, (layer_of(0, walk(*members, limits=Limits(entries=3))),)).is_whole
    cut = LimitReached(limit="inflated", value=1, what="too much")
    assert not Rootfs(PLACE, (layer_of(0, walk(*members), limits=(cut,)),)).is_whole


def test_a_root_of_which_not_all_content_was_kept_is_whole() -> None:
    tar = walk(file("app", "program" * 9, mode=0o755), limits=Limits(content=10))
    assert tar.limits
    assert Rootfs(PLACE, (layer_of(0, tar),)).is_whole


ASKED = merge(
    (
        directory("tmp", mode=0o1777),
        file("tmp/hidden", "x", mode=0o666),
        file("tmp/seen", "x", mode=0o4755),
        file("tmpfile", "x", mode=0o602),
        symlink("tmp/link", "seen"),
        symlink("gone", "x"),
    ),
    (whiteout("tmp/hidden"), whiteout("gone"), file("run/a/b", "x", mode=0o2755)),
    (file("run/a/b", "y", mode=0o644), file("run/a/b", "z", mode=0o2755), file("etc/tmp/x", "x")),
)


def paths_of(rows: tuple[RootfsEntry, ...]) -> list[str]:
    return [row.path for row in rows]


def test_visible_entries_of_a_kind() -> None:
    assert paths_of(ASKED.of_kind("2")) == ["tmp/link"]
    assert set(paths_of(ASKED.of_kind("2", "5"))) == {"tmp", "tmp/link"}
    assert ASKED.of_kind("3") == ()


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (0o002, {"tmp", "tmpfile"}),
        (0o4000, {"tmp/seen"}),
        (0o6000, {"tmp/seen", "run/a/b"}),
        (0o2002, {"tmp", "tmpfile", "run/a/b"}),
        (0, set()),
    ],
)
def test_visible_entries_with_mode_bits(bits: int, expected: set[str]) -> None:
    assert set(paths_of(ASKED.with_mode(bits))) == expected


def test_only_the_last_of_a_repeated_path_counts() -> None:
    rows = ASKED.with_mode(0o2000)
    assert [(row.layer.position, row.position) for row in rows] == [(2, 1)]
    assert rows[0].entry.size == 1
    root = merge((file("a", "x", mode=0o4755), file("a", "x", mode=0o755)))
    assert root.with_mode(0o4000) == ()


def test_visible_entries_below_folders() -> None:
    assert set(paths_of(ASKED.below("tmp", "run"))) == {"tmp/seen", "tmp/link", "run/a/b"}
    assert paths_of(ASKED.below("etc/tmp")) == ["etc/tmp/x"]
    assert ASKED.below("t.p") == ()


def test_an_answer_is_kept() -> None:
    assert ASKED.below("tmp") is ASKED.below("tmp")


def test_membership_and_folders_without_an_entry() -> None:
    root = merge((file("a/b/c", "x"), file("gone/d", "x")), (whiteout("gone"), symlink("l", "a")))
    assert "a/b/c" in root
    assert "a/b" not in root
    assert "gone/d" not in root
    assert [
        path for path in ("a", "a/b", "a/b/c", "l", "gone", "l/b", "x") if root.exists(path)
    ] == [
        *("a", "a/b", "a/b/c", "l"),
    ]


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/lib/x", "usr/lib/x"),
        ("lib/../y", "usr/y"),
        ("loop/x", None),
        ("/", ""),
        ("up", "etc"),
    ],
)
def test_follow(path: str, end: str | None) -> None:
    root = merge((symlink("lib", "usr/lib"), symlink("loop", "/loop"), symlink("up", "../../etc")))
    assert root.follow(path) == end


def test_links_to_a_directory_and_in_it_count_together() -> None:
    last = LINKS_FOLLOWED - 1
    links = [symlink(f"l{number}", f"l{number + 1}") for number in range(last)]
    root = merge((*links, symlink(f"l{last}", "d"), file("d/f"), symlink("d/g", "f")))
    assert [root.follow(path) for path in ("l0/f", "l0/g", "l1/g")] == ["d/f", None, "d/f"]


def test_where_a_path_leads_depends_on_all_layers_of_a_root() -> None:
    base, upper, other = (
        layer_of(number, walk(*members))
        for number, members in enumerate(
            (
                (symlink("lib", "usr/lib"), file("usr/lib/x")),
                (file("y"),),
                (symlink("lib", "opt"), file("opt/x")),
            )
        )
    )
    for layers, end in (
        ((base, upper), "usr/lib/x"),
        ((base, upper, other), "opt/x"),
        ((base, other, upper), "opt/x"),
        ((base, upper), "usr/lib/x"),
    ):
        assert Rootfs(PLACE, layers).follow("lib/x") == end


@given(st.lists(st.sampled_from(("a", "b", "a/b", "b/a", "..", "/", "a/..", ".")), min_size=2))
def test_a_path_leads_to_the_same_end_whatever_was_asked_before(paths: list[str]) -> None:
    layer = layer_of(0, walk(symlink("a", "b/a"), symlink("b", "/c/d"), file("c/d/a/f")))
    known = Rootfs(PLACE, (layer,))
    for path in (*paths, "/".join(paths)):
        fresh = merge((symlink("a", "b/a"), symlink("b", "/c/d"), file("c/d/a/f")))
        assert known.follow(path) == fresh.follow(path)
        assert Rootfs(PLACE, (layer,)).follow(path) == fresh.follow(path)


@pytest.mark.parametrize("first", ["a/c", "x", "a/c/e"])
def test_links_that_are_written_through_links_are_followed(first: str) -> None:
    root = merge((symlink("a", "b"), file("a/c/e"), symlink("a/c", "../d"), file("d/f")))
    root.follow(first)
    assert [root.follow(path) for path in ("a/c", "a/c/f", "x")] == ["d", "d/f", "x"]


def test_visible_entries_with_an_attribute() -> None:
    attributes = {"SCHILY.xattr.user.a": "1"}
    root = merge(
        (Member("x", b"x", pax=attributes), Member("y", b"x", pax=attributes), file("z", "x")),
        (whiteout("y"),),
    )
    assert paths_of(root.with_xattr("user.a")) == ["x"]
    assert root.with_xattr("user.b") == ()


def test_visible_entries_by_name() -> None:
    assert set(paths_of(ASKED.named("seen", "b", "hidden"))) == {"tmp/seen", "run/a/b"}
    assert paths_of(ASKED.named("tmpfile")) == ["tmpfile"]
    assert ASKED.named("see", "") == ()


def test_what_is_held_of_many_paths() -> None:
    folders = [f"d{i}" for i in range(20)]
    root = merge(
        tuple(file(f"{folder}/x/y", "x") for folder in folders),
        (whiteout("d3"), file("d4x/y", "x")),
    )
    held = {"d0/x", "d4", "d4x", "d0/x/y"}
    assert root.existing([*held, "d3", "d3/x", "d", "x"]) == held
    assert root.existing(folders) == set(folders) - {"d3"}
    assert root.existing(["d3", "d4", "d5/x", "d5", "d6x"]) == {"d4", "d5", "d5/x"}
    assert root.existing([]) == set()
    assert root.exists("")
    assert not merge(()).exists("")
