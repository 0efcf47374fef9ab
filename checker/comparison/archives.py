"""Compares two archives."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from checker.comparison.differences import Category, Ignored
from checker.comparison.images import (
    ImageComparison,
    Side,
    compare_images,
    compare_roots,
    pair_images,
    side_of,
)
from checker.comparison.overview import Row, Subject, overview
from checker.comparison.settings import Setting, settings_of
from checker.comparison.trees import LayerTree
from checker.masking import mask_of
from checker.model.archive import FLAT_KINDS, IMAGE_KINDS, Archive, Kind
from checker.model.content import ContentPlan
from checker.model.rootfs import flat_layer
from checker.records import NamedTuple

COMPARED = ContentPlan(digests=True)
"""What must be read of archives that are compared."""


class Comparison(NamedTuple):
    """Two archives side by side.

    Attributes:
        a: Path of the first archive.
        b: Path of the second archive.
        rows: What they are.
        images: What belongs together, and what differs.
        only_a: Images that only the first archive contains.
        only_b: Images that only the second archive contains.
        lost: Settings of the image that its root filesystem does not contain.
        categories: What kinds of things differ, over everything.
        ignored: What kinds of differences do not count.
        are_identical: Whether the files are the same, byte by byte.
    """

    a: str
    b: str
    rows: tuple[Row, ...]
    images: tuple[ImageComparison, ...] = ()
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    lost: tuple[Setting, ...] = ()
    categories: frozenset[Category] = frozenset()
    ignored: frozenset[Category] = frozenset()
    are_identical: bool = False

    @property
    def is_same(self) -> bool:
        """Whether nothing differs but what is ignored."""
        return not self.categories - self.ignored

    @property
    def exit_code(self) -> int:
        """0 if the archives are the same, 1 if they differ."""
        return 0 if self.is_same else 1


def compare(a: Subject, b: Subject, ignored: Collection[Category] = ()) -> Comparison:
    """Compare two archives that were read with the digests of their files.

    Args:
        a: The first archive.
        b: The second archive.
        ignored: What kinds of differences do not count.
    """
    compared = _compare(a, b, frozenset(ignored))
    masks = mask_of(a.archive), mask_of(b.archive)
    return masks[1].all(masks[0].all(compared))


def _compare(a: Subject, b: Subject, ignored: Ignored) -> Comparison:
    one, other = a.archive, b.archive
    found = Comparison(one.path, other.path, overview(a, b), ignored=ignored)
    if one.sha256 is not None and one.sha256 == other.sha256:
        return found._replace(are_identical=True)
    unread = tuple(_unread(one)) + tuple(_unread(other))
    if unread:
        return _uncompared(found, unread)
    if _is_image(one) and _is_image(other):
        return _images(found, one, other)
    if one.images or other.images:
        return _image_and_root(found, one, other)
    compared = compare_roots(_root_side(one), _root_side(other), ignored)
    categories = compared.categories | _form(one, other, compared)
    return found._replace(images=(compared,), categories=categories)


def _unread(archive: Archive) -> Iterator[str]:
    """Why nothing of a file can be compared."""
    if archive.damage is not None and not archive.images:
        yield f"{archive.path}: the file is {archive.damage.summary}"


def _uncompared(comparison: Comparison, reasons: tuple[str, ...]) -> Comparison:
    unknown = frozenset({Category.UNKNOWN})
    pair = ImageComparison(comparison.a, comparison.b, incomplete=reasons, categories=unknown)
    return comparison._replace(images=(pair,), categories=unknown)


def _is_image(archive: Archive) -> bool:
    """Whether it contains images, or is meant to."""
    return bool(archive.images) or archive.kind in IMAGE_KINDS


def _images(comparison: Comparison, a: Archive, b: Archive) -> Comparison:
    paired = pair_images(a.images, b.images)
    compared = tuple(compare_images(*pair, comparison.ignored) for pair in paired.pairs)
    categories = frozenset(one for each in compared for one in each.categories)
    if paired.only_a or paired.only_b:
        categories |= {Category.CONTENT}
    return comparison._replace(
        images=compared,
        only_a=tuple(image.label for image in paired.only_a),
        only_b=tuple(image.label for image in paired.only_b),
        categories=categories,
    )


def _image_and_root(comparison: Comparison, a: Archive, b: Archive) -> Comparison:
    """Compare the first image of one archive with the files of the other."""
    image = (a.images or b.images)[0]
    one, other = (side_of(image) if each.images else _root_side(each) for each in (a, b))
    compared = compare_roots(one, other, comparison.ignored)
    root = b if a.images else a
    lost = settings_of(image) if root.kind in FLAT_KINDS else ()
    categories = compared.categories
    if lost:
        categories |= {Category.CONTENT}
    return comparison._replace(images=(compared,), lost=lost, categories=categories)


def _root_side(archive: Archive) -> Side:
    """The files of an archive: its root filesystem, or its members."""
    if archive.kind is Kind.ROOTFS and archive.rootfs is not None:
        return Side(archive.path, archive.rootfs, archive.rootfs.layers)
    layer = flat_layer(archive.path, archive.tar, archive.size, archive.compression)
    return Side(archive.path, LayerTree(layer), (layer,))


def _form(a: Archive, b: Archive, compared: ImageComparison) -> frozenset[Category]:
    """How two files differ whose entries do not, or not only."""
    if a.compression.kind is not b.compression.kind:
        return frozenset({Category.COMPRESSION})
    if compared.files.categories:
        return frozenset()
    if list(a.tar.entries.paths) != list(b.tar.entries.paths):
        return frozenset({Category.ORDER})
    is_compressed = bool(a.compression.streams)
    return frozenset({Category.COMPRESSION if is_compressed else Category.ENCODING})
