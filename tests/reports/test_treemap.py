"""Pictures of files: areas by size, inside each other and side by side, however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.contents.tree import of_root
from checker.contents.usage import DEEPEST, Usage, hidden_of, usage_of
from checker.model.rootfs import Rootfs
from checker.reading.archive import ReadOptions, read_archive
from checker.reports.html.treemap import MOST_TILES, Box, tiles
from checker.testing import Image, Member, build, sample_image
from checker.testing.tar import directory, file, opaque, symlink, whiteout

PARTS = st.sampled_from(["a", "b", "usr", "lib", "share", "x" * 90, "a b", "1"])
PATHS = st.lists(PARTS, min_size=1, max_size=DEEPEST + 3).map("/".join)
SIZES = st.integers(0, 10_000)
TOLERANCE = 0.01


def tree(sizes: Mapping[str, int]) -> Usage:
    """A tree of files, the layers of which follow from their sizes."""
    root = Usage("")
    nodes = {"": root}
    for path, size in sorted(sizes.items()):
        parts = path.split("/")
        chain = ["/".join(parts[:end]) for end in range(len(parts) + 1)]
        for parent, child in pairwise(chain):
            if child not in nodes:
                nodes[child] = Usage(child)
                nodes[parent].below.append(nodes[child])
        for each in chain:
            nodes[each].add(size % 3, size)
    for node in nodes.values():
        node.below.sort(key=lambda each: -each.size)
    return root


def overlaps(one: Box, other: Box) -> bool:
    return (
        min(one.x + one.width, other.x + other.width) - max(one.x, other.x) > TOLERANCE
        and min(one.y + one.height, other.y + other.height) - max(one.y, other.y) > TOLERANCE
    )


@settings(deadline=None)
@given(
    st.dictionaries(PATHS, SIZES, max_size=60), st.sampled_from([(1000.0, 480.0), (400.0, 560.0)])
)
def test_areas_are_inside_the_picture_and_side_by_side(
    sizes: dict[str, int], shape: tuple[float, float]
) -> None:
    width, height = shape
    made = tiles(tree(sizes), width, height)
    assert bool(made) is any(sizes.values())
    for tile in made:
        box = tile.box
        assert box.x >= -TOLERANCE
        assert box.y >= -TOLERANCE
        assert box.x + box.width <= width + TOLERANCE
        assert box.y + box.height <= height + TOLERANCE
    leaves = [tile.box for tile in made if tile.colour is not None]
    assert not any(overlaps(one, two) for n, one in enumerate(leaves) for two in leaves[:n])


@settings(deadline=None)
@given(st.dictionaries(PARTS, st.integers(1, 10_000), min_size=1, max_size=8))
def test_areas_are_in_proportion(sizes: dict[str, int]) -> None:
    made = tiles(tree(sizes), 1000, 480)
    assert sum(tile.box.area for tile in made) == pytest.approx(1000 * 480)
    unit = 1000 * 480 / sum(sizes.values())
    for tile in made:
        path = tile.title.partition(":")[0]
        if not path.startswith("other"):
            assert tile.box.area == pytest.approx(unit * sizes[path[1:]])


def test_areas_are_near_squares() -> None:
    made = tiles(tree({f"f{number}": 100 for number in range(24)}), 600, 400)
    assert len(made) == 24
    for tile in made:
        assert 0.5 <= tile.box.width / tile.box.height <= 2


def test_what_is_too_small_is_together() -> None:
    sizes = {f"d{number % 90}/e{number}": 100 + number % 7 for number in range(50_000)}
    made = tiles(tree(sizes), 1000, 480)
    assert 50 < len(made) <= MOST_TILES + 100
    assert any(tile.title.startswith("other files in /") for tile in made)


def test_labels_fit_and_say_what_is_drawn() -> None:
    made = tiles(tree({"usr/share/" + "n" * 180: 5000, "usr/lib/b": 3000, "c": 10}), 1000, 480)
    titles = {tile.title: tile for tile in made}
    long = next(tile for title, tile in titles.items() if "nnn" in title)
    assert long.label.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert 80 < len(long.label) < long.box.width / 6
    assert (long.amount, titles["/usr/lib/b: 3.0 kB, layer 0"].label) == ("5.0 kB", "lib/b")
    assert next(tile for tile in made if tile.colour is None).label == "usr"


# --- where the sizes come from


def rootfs_of(*layers: tuple[Member, ...]) -> Rootfs:
    image = Image(layers=layers, tags=sample_image().tags)
    with open("app.tar", "wb") as written:
        written.write(build("docker-archive", image).tar())
    found = read_archive("app.tar", ReadOptions(jobs=1)).images[0]
    return Rootfs(found.location, found.layers, found)


@pytest.fixture(autouse=True)
def _folder(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))


def test_bytes_are_counted_by_directory_and_layer() -> None:
    deep = "/".join("abcdefghi")
    top = usage_of(
        of_root(
            rootfs_of(
                (file("usr/lib/a", "x" * 700), file("usr/b", "x" * 20), symlink("l", "usr/b")),
                (file("usr/lib/c", "x" * 300), file(deep, "x" * 5), directory("empty")),
                (file("usr/lib/a", "x" * 900),),
            )
        )
    )
    assert (top.size, top.layers) == (1225, {0: 20, 1: 305, 2: 900})
    usr, a = top.below
    assert (usr.path, usr.size, [each.path for each in usr.below]) == (
        "usr",
        1220,
        ["usr/lib", "usr/b"],
    )
    assert (a.path, a.size) == ("a", 5)
    # What is deeper is counted in the last directory that is told apart.
    for _ in range(DEEPEST - 1):
        (a,) = a.below
    assert (a.path, [each.path for each in a.below]) == ("a/b/c/d/e/f", [deep])


def test_hidden_files_are_those_that_later_layers_replace_or_remove() -> None:
    rootfs = rootfs_of(
        (file("a", "x" * 10), file("b", "x" * 200), file("d/c", "x" * 3000), file("e", "x")),
        (file("a", "y" * 50), whiteout("b"), opaque("d"), file("d/c", "z")),
        (file("a", "y" * 70),),
    )
    assert hidden_of(rootfs) == {0: (3, 3210), 1: (1, 50), 2: (0, 0)}


def test_a_layer_that_is_listed_twice_is_hidden_below() -> None:
    layer = (file("a", "x" * 10),)
    rootfs = rootfs_of(layer, layer, layer)
    assert hidden_of(rootfs) == {0: (1, 10), 1: (1, 10), 2: (0, 0)}
