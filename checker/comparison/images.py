"""Compares images: which of two archives belong together, and what differs between two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from checker.comparison.differences import Category, Difference, Differences, Ignored
from checker.comparison.documents import compare_documents
from checker.comparison.files import Growth, compare_files, compare_sizes, diff_id_of
from checker.comparison.layers import LayerPair, LayerState, compare_layers
from checker.comparison.trees import Tree
from checker.model.document import pointer
from checker.model.image import Image, Layer
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple

_DIFF_IDS = pointer("rootfs", "diff_ids")


class ImageComparison(NamedTuple):
    """Two images, or two root filesystems, and what differs between them.

    Attributes:
        a: Name of the first one.
        b: Name of the second one.
        config_digests: Digests of both configs, which are the image IDs of Docker.
        is_same_image: Whether config and diffIDs are the same; None of root filesystems.
        layers: The layers, in pairs.
        config: Differences between the configs, the diffIDs left out.
        files: Differences between the merged root filesystems.
        growth: Directories whose files differ in size altogether.
        incomplete: Why files could not be compared completely.
        categories: What kinds of things differ, over everything.
    """

    a: str
    b: str
    config_digests: tuple[str | None, str | None] = (None, None)
    is_same_image: bool | None = None
    layers: tuple[LayerPair, ...] = ()
    config: Differences = Differences()
    files: Differences = Differences()
    growth: tuple[Growth, ...] = ()
    incomplete: tuple[str, ...] = ()
    categories: frozenset[Category] = frozenset()


class Side(NamedTuple):
    """The files of one side.

    Attributes:
        name: What they are called.
        files: The files.
        layers: The layers that they come from.
    """

    name: str
    files: Tree
    layers: tuple[Layer, ...]


class Paired(NamedTuple):
    """The images of two archives.

    Attributes:
        pairs: Images that belong together.
        only_a: Images of the first archive without a counterpart.
        only_b: Images of the second archive without a counterpart.
    """

    pairs: tuple[tuple[Image, Image], ...]
    only_a: tuple[Image, ...]
    only_b: tuple[Image, ...]


def pair_images(a: Iterable[Image], b: Iterable[Image]) -> Paired:
    """Pair images: by config, by name and platform, by platform, and the last one of each."""
    left_a, left_b = list(a), list(b)
    pairs: list[tuple[Image, Image]] = []
    for keys in (_config_keys, _name_keys, _platform_keys, _any_key):
        taken = list(_matches(left_a, left_b, keys))
        pairs += taken
        left_a = [one for one in left_a if all(one is not pair[0] for pair in taken)]
        left_b = [one for one in left_b if all(one is not pair[1] for pair in taken)]
    return Paired(tuple(pairs), tuple(left_a), tuple(left_b))


_Keys = Callable[[Image], Iterator[object]]


def _matches(a: list[Image], b: list[Image], keys: _Keys) -> Iterator[tuple[Image, Image]]:
    by_key: dict[object, list[Image]] = {}
    for image in b:
        for key in keys(image):
            by_key.setdefault(key, []).append(image)
    taken: set[int] = set()
    for image in a:
        candidates = (one for key in keys(image) for one in by_key.get(key, ()))
        other = next((one for one in candidates if id(one) not in taken), None)
        if other is not None:
            taken.add(id(other))
            yield image, other


def _config_keys(image: Image) -> Iterator[object]:
    if image.config is not None:
        yield image.config.blob.digest, image.platform


def _name_keys(image: Image) -> Iterator[object]:
    for name in image.names:
        yield name, image.platform


def _platform_keys(image: Image) -> Iterator[object]:
    yield image.platform


def _any_key(_image: Image) -> Iterator[object]:
    yield None


def compare_images(a: Image, b: Image, ignored: Ignored) -> ImageComparison:
    """What differs between two images."""
    layers = compare_layers(a, b, ignored)
    config = Differences.of(_config_differences(a, b), ignored)
    digests = _config_digest(a), _config_digest(b)
    is_same_root = len(a.layers) == len(b.layers) and all(
        pair.a is not None
        and pair.b is not None
        and pair.a.position == pair.b.position
        and pair.state in (LayerState.SHARED, LayerState.RECOMPRESSED)
        for pair in layers
    )
    sides = side_of(a), side_of(b)
    compared = _same_roots(*sides) if is_same_root else compare_roots(*sides, ignored)
    categories = compared.categories | config.categories
    categories |= frozenset(one for pair in layers for one in pair.categories)
    if None not in digests and digests[0] != digests[1] and not categories:
        categories |= {Category.ENCODING}
    return compared._replace(
        config_digests=digests,
        is_same_image=is_same_root and digests[0] is not None and digests[0] == digests[1],
        layers=layers,
        config=config,
        categories=categories,
    )


def compare_roots(a: Side, b: Side, ignored: Ignored) -> ImageComparison:
    """What differs between two sets of files."""
    files = compare_files(a.files, b.files, ignored)
    incomplete = (*_incomplete(a), *_incomplete(b))
    unknown = frozenset({Category.UNKNOWN}) if incomplete else frozenset[Category]()
    return ImageComparison(
        a=a.name,
        b=b.name,
        files=files,
        growth=compare_sizes(a.files, b.files),
        incomplete=incomplete,
        categories=files.categories | unknown,
    )


def _same_roots(a: Side, b: Side) -> ImageComparison:
    """Two images with the same diffIDs, whose files are the same.

    That is so of layers as well that cannot be unpacked, if their content was hashed.
    """
    incomplete = (*_incomplete(_unhashed(a)), *_incomplete(_unhashed(b)))
    unknown = frozenset({Category.UNKNOWN}) if incomplete else frozenset[Category]()
    return ImageComparison(a.name, b.name, incomplete=incomplete, categories=unknown)


def side_of(image: Image) -> Side:
    """The merged files of an image."""
    return Side(image.label, Rootfs(image.location, image.layers, image), image.layers)


def _unhashed(side: Side) -> Side:
    """The layers whose diffID is only what the config says."""
    return side._replace(layers=tuple(each for each in side.layers if diff_id_of(each) is None))


def _incomplete(side: Side) -> Iterator[str]:
    for layer in side.layers:
        place = f"layer {layer.position} of {side.name}"
        if layer.blob is None:
            yield f"{place} is not in the archive"
        elif layer.is_encrypted:
            yield f"{place} is encrypted"
        elif layer.blob.tar is None or layer.blob.tar.fatal is not None or not layer.blob.whole:
            yield f"{place} could not be read completely"


def _config_digest(image: Image) -> str | None:
    return None if image.config is None else image.config.blob.digest


def _config_differences(a: Image, b: Image) -> Iterator[Difference]:
    one = None if a.config is None else a.config.document.value
    other = None if b.config is None else b.config.document.value
    for difference in compare_documents(one, other):
        if not difference.where.startswith(_DIFF_IDS):
            yield difference
