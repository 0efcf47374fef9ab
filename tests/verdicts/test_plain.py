"""The short way for plain tars ends where following the extraction entry by entry ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.model.tar import Tar
from checker.model.work import Work
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import Member, write_tar
from checker_engines.containerd.apply import ApplyError, Place, apply_layer
from checker_engines.containerd.parents import Stack
from checker_engines.containers.storage_archive import CONVERTER, LAYERS, UnpackError, untar
from checker_engines.containers.storage_archive import apply_layer as apply_to_storage
from checker_engines.filesystem.dialect import Dialect
from checker_engines.filesystem.errors import ExtractionError
from checker_engines.filesystem.extractor import extract
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.storage.overlay import Converter, OverlayLayers
from checker_engines.filesystem.storage.vfs import VfsLayers
from checker_engines.filesystem.tar_split import find_old_stop
from checker_engines.filesystem.tree import Tree, TreeError
from checker_engines.moby.archive import (
    CHROOT_20,
    CHROOT_28,
    CONVERTER_20,
    CONVERTER_28,
    CONVERTER_29,
    OS_ROOT,
)

_PARTS = st.sampled_from(["a", "b", "c", ".wh.a", ".wh.b", ".wh..wh..opq", ".wh..wh.plnk", ".wh."])
_NAMES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", "", "./", "/", "../"]),
        st.lists(_PARTS, max_size=3).map("/".join),
        st.sampled_from(["", "", "/"]),
    ),
)
_TARGETS = st.one_of(_NAMES, st.sampled_from(["", "..", "../../a", "/", "/a/b", "a/../b"]))
_MEMBERS = st.builds(
    lambda name, kind, target: Member(name, typeflag=kind, linkname=target),
    _NAMES,
    st.sampled_from([b"0", b"0", b"5", b"5", b"1", b"2", b"6", b"3", b"7", b"S", b"g"]),
    _TARGETS,
)
_TARS = st.lists(_MEMBERS, min_size=1, max_size=5)
_STACKS = st.lists(_TARS, min_size=1, max_size=3)
_PLACES = ("", "a", "b", "c", "a/b", "a/a", "b/a", "b/c", "a/b/c", ".wh.a", "a/.wh.b")


def work() -> Work:
    return Work(Limits().simulated)


Way = Callable[[Sequence[Tar]], object]


def tar_of(members: Sequence[Member]) -> Tar:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar(members))
    return walker.finish()


def found_in(tree: Tree) -> list[tuple[str, str, int, bool] | str]:
    """What lies at some places, and what they lead to."""
    found: list[tuple[str, str, int, bool] | str] = []
    for place in _PLACES:
        # As Docker looks for the files that manifest.json names.
        path = tree.real_path(place)
        try:
            node = tree.lstat(path)
        except TreeError as error:
            found.append(f"{path}: {error}")
        else:
            position = -1 if node.children is not None else node.position
            found.append((path, node.kind, position, node.children is None))
    return [*found, *sorted(tree.top())]


def unpacked(dialect: Dialect, tars: Sequence[Tar]) -> object:
    try:
        return found_in(extract(dialect, tars[0].entries, work()))
    except ExtractionError as error:
        return str(error)


def moby_layers(dialect: Dialect, tars: Sequence[Tar]) -> object:
    root = VfsLayers(dialect, work())
    try:
        for tar in tars:
            root.extract_layer(tar.entries, len(tar.entries))
    except ExtractionError as error:
        return str(error), error.position
    return None


def overlay_layers(dialect: Dialect, converter: Converter, tars: Sequence[Tar]) -> object:
    layers = OverlayLayers(dialect, converter, "/l", work())
    try:
        for tar in tars:
            layers.extract_layer(tar.entries, len(tar.entries))
    except ExtractionError as error:
        return str(error), error.position
    return layers.measure_layer()


def storage_untar(tars: Sequence[Tar]) -> object:
    try:
        return found_in(untar(tars[0], work(), "<tmp>/{}".format))
    except UnpackError as error:
        return str(error)


def storage_layers(tars: Sequence[Tar]) -> object:
    root = VfsLayers(LAYERS, work())
    try:
        for tar in tars:
            apply_to_storage(tar, root, None)
    except UnpackError as error:
        return str(error)
    return None


def split_layers(tars: Sequence[Tar]) -> object:
    """Up to the first path that a layer has twice."""
    root = VfsLayers(LAYERS, work())
    try:
        for tar in tars:
            stop = find_old_stop(tar.entries)
            apply_to_storage(tar, root, stop)
            if stop is not None:
                return stop
    except UnpackError as error:
        return str(error)
    return None


def containerd_layers(tars: Sequence[Tar]) -> object:
    try:
        stack = Stack([each.entries for each in tars])
        for number, tar in enumerate(tars):
            apply_layer(tar, None, work(), place=Place(stack, number))
    except ApplyError as error:
        return str(error)
    return None


WAYS: dict[str, Way] = {
    "Docker's archive": lambda tars: unpacked(CHROOT_28, tars),
    "Docker 29's archive": lambda tars: unpacked(OS_ROOT, tars),
    "Docker's layers": lambda tars: moby_layers(CHROOT_28, tars),
    "Docker 29's layers": lambda tars: moby_layers(OS_ROOT, tars),
    "Docker 20.10's layers on overlays": lambda tars: overlay_layers(CHROOT_20, CONVERTER_20, tars),
    "Docker's layers on overlays": lambda tars: overlay_layers(CHROOT_28, CONVERTER_28, tars),
    "Docker 29's layers on overlays": lambda tars: overlay_layers(OS_ROOT, CONVERTER_29, tars),
    "podman's layers on overlays": lambda tars: overlay_layers(LAYERS, CONVERTER, tars),
    "oci-archive": storage_untar,
    "podman's layers": storage_layers,
    "podman's layers through tar-split": split_layers,
    "containerd's layers": containerd_layers,
}


@pytest.mark.parametrize("way", WAYS)
@given(stack=_STACKS)
def test_the_short_way_and_the_long_one_end_alike(way: str, stack: list[list[Member]]) -> None:
    short = [tar_of(members) for members in stack]
    event(f"{sum(is_plain(tar.entries) for tar in short)} of {len(short)} plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("checker_engines.filesystem.plain._inspect", lambda _entries: False)
        added = WAYS[way]([tar_of(members) for members in stack])
        for steps in ("filesystem.extractor.Extractor", "containerd.apply._Application"):
            patch.setattr(f"checker_engines.{steps}._add", lambda *_: False)
        followed = WAYS[way]([tar_of(members) for members in stack])
    assert added == followed
    assert WAYS[way](short) == followed


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([Member("a/b"), Member("a/c")], True),
        ([Member("./a/", typeflag=b"5"), Member("./a/b")], True),
        ([Member("a"), Member("b", typeflag=b"1", linkname="a")], True),
        ([Member("a/.wh.b"), Member("a/.wh..wh..opq")], True),
        ([Member("b", typeflag=b"1", linkname="a"), Member("a")], False),
        ([Member("a", typeflag=b"2", linkname="b"), Member("a/c")], False),
        ([Member("a"), Member("a/b")], False),
        ([Member("a"), Member("a")], True),
        ([Member("a/", typeflag=b"5"), Member("a/b"), Member("a/", typeflag=b"5")], True),
        ([Member("a"), Member("a", typeflag=b"2", linkname="b")], True),
        ([Member("a"), Member("a/", typeflag=b"5")], False),
        ([Member("a/", typeflag=b"5"), Member("a"), Member("a/", typeflag=b"5")], False),
        ([Member(".wh.a"), Member(".wh.a")], False),
        ([Member("a"), Member("b", typeflag=b"1", linkname="a"), Member("a")], False),
        ([Member("a", typeflag=b"1", linkname="a")], False),
        ([Member(".wh.a"), Member("b", typeflag=b"1", linkname=".wh.a")], False),
        (
            [Member("a", typeflag=b"2", linkname="x"), Member("b", typeflag=b"1", linkname="a")],
            True,
        ),
        ([Member("a/", typeflag=b"5"), Member("b", typeflag=b"1", linkname="a")], False),
        ([Member("pax_global_header", typeflag=b"g"), Member("a")], True),
        ([Member("a", typeflag=b"g"), Member("a")], False),
        ([Member(".wh.a"), Member("a/b")], False),
        ([Member("a", typeflag=b"7")], False),
        ([Member("../a")], False),
        ([Member("x" * 256)], False),
        ([Member("é" * 130)], False),
    ],
)
def test_what_is_plain(members: list[Member], *, expected: bool) -> None:
    assert is_plain(tar_of(members).entries) is expected
