"""Trees of random layers: nothing is lost, nothing is shown twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.contents.tree import Node, build_tree, of_root
from checker.inspection.tree_text import tree_lines
from checker.model.rootfs import Rootfs
from checker.reading.archive import ReadOptions, read_archive
from checker.reports.layout import plain
from checker.testing import Member, build, sample_image
from checker.testing.tar import directory, file, opaque, symlink, whiteout

PATHS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=5).map("/".join)
MEMBERS = st.one_of(
    st.builds(file, PATHS, st.binary(max_size=40)),
    st.builds(directory, PATHS),
    st.builds(symlink, PATHS, PATHS),
    st.builds(whiteout, PATHS),
    st.builds(opaque, PATHS),
)
LAYERS = st.lists(st.lists(MEMBERS, max_size=8).map(tuple), min_size=1, max_size=3).map(tuple)


def root_of(layers: tuple[tuple[Member, ...], ...], folder: Path) -> Rootfs:
    path = folder / "archive.tar"
    path.write_bytes(build("docker-archive", replace(sample_image(), layers=layers)).tar())
    (image,) = read_archive(str(path), ReadOptions()).images
    return Rootfs(image.location, image.layers, image)


def nodes(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    yield path, node
    for child in node.sorted_children():
        yield from nodes(child, f"{path}/{child.name}".lstrip("/"))


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(layers=LAYERS)
def test_every_entry_of_the_merged_root_occurs_once(
    layers: tuple[tuple[Member, ...], ...], tmp_path_factory: object
) -> None:
    folder = Path(tmp_path_factory.mktemp("tree"))  # type: ignore[attr-defined]
    root = root_of(layers, folder)
    expected = sorted(found.path for found in root)
    tree = build_tree(of_root(root), "", 20)
    assert tree is not None
    found = [path for path, node in nodes(tree) if node.placed is not None]
    assert sorted(found) == expected
    # Each directory counts what is below it.
    for path, node in nodes(tree):
        below = [
            each for each in expected if each != path and (not path or each.startswith(f"{path}/"))
        ]
        assert node.count == len(below)
    size = sum(entry.size for entry in (each.entry for each in root) if entry.is_file)
    assert tree.size == size
    rows = [plain(line) for line in tree_lines(tree, "/", 200, None)]
    assert len(rows) == sum(1 for _ in nodes(tree))


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(layers=LAYERS, depth=st.integers(1, 4))
def test_a_cut_tree_is_the_top_of_the_whole(
    layers: tuple[tuple[Member, ...], ...], depth: int, tmp_path_factory: object
) -> None:
    folder = Path(tmp_path_factory.mktemp("tree"))  # type: ignore[attr-defined]
    root = root_of(layers, folder)
    whole, cut = build_tree(of_root(root), "", 20), build_tree(of_root(root), "", depth)
    assert whole is not None
    assert cut is not None
    upper = {path: node for path, node in nodes(whole) if path.count("/") < depth}
    assert {path: (node.size, node.count) for path, node in nodes(cut)} == {
        path: (node.size, node.count) for path, node in upper.items()
    }
