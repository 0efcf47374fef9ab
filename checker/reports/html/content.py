"""What is shown of the content of an archive: small, so that the content itself can be dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from checker.contents.images import images_of
from checker.contents.records import ArtifactFacts, Contents, ImageFacts
from checker.contents.settings import instructions
from checker.contents.summary import contents_of
from checker.contents.tree import Placed, of_archive, of_root
from checker.contents.usage import hidden_of, usage_of
from checker.masking import Mask, mask_of
from checker.model.archive import Archive
from checker.model.image import Image
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple
from checker.reports.html.layers import LayerChart, layer_chart
from checker.reports.html.treemap import Tile, tiles
from checker.reports.layout import safe
from checker.reports.wording import count_words, size_words
from checker.results import CheckedArchive

MOST_IMAGES = 10
"""The images of an archive that are shown."""

WIDE, NARROW = (1000.0, 480.0), (400.0, 560.0)
"""Width and height of the pictures of files, for large and for small screens."""

_MOST_LINES = 200
_MOST_NAMES = 20
_MOST_LARGEST = 12
_MOST_ARTIFACTS = 50


class Largest(NamedTuple):
    """A directory or a file at the top.

    Attributes:
        path: Its path.
        size: Its size in words.
        share: Its share of all bytes, in percent.
    """

    path: str
    size: str
    share: str


class TreeChart(NamedTuple):
    """The files of a root filesystem or an archive.

    Attributes:
        wide: The picture for large screens.
        narrow: That for small ones.
        largest: What takes most space at the top.
        total: The size of all files, in words.
        by_layer: Whether colours are layers.
    """

    wide: tuple[Tile, ...]
    narrow: tuple[Tile, ...]
    largest: tuple[Largest, ...]
    total: str
    by_layer: bool


class ImageView(NamedTuple):
    """An image.

    Attributes:
        title: How it is called.
        facts: Names and values.
        instructions: Its settings as instructions of a Dockerfile.
        layers: Its layers.
        tree: Its files; None if it has none.
        problems: What is wrong with it.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    instructions: tuple[str, ...]
    layers: LayerChart
    tree: TreeChart | None
    problems: tuple[str, ...]


class ContentView(NamedTuple):
    """The content of an archive.

    Attributes:
        images: Its images.
        more_images: How many are not shown.
        artifacts: Its other manifests, in words.
        facts: Names and values of its root filesystem.
        tree: The files of its root filesystem, or its members if it is none of what is known.
        problems: What is wrong with it.
    """

    images: tuple[ImageView, ...] = ()
    more_images: int = 0
    artifacts: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    tree: TreeChart | None = None
    problems: tuple[str, ...] = ()


def content_view(checked: CheckedArchive) -> ContentView:
    """What is shown of the content of an archive, without secrets.

    Args:
        checked: The archive; if its content was dropped, nothing can be shown of it.
    """
    archive = checked.archive
    if archive is None or not len(archive.entries):
        return ContentView()
    all_images = images_of(archive)
    images = all_images[:MOST_IMAGES]
    mask = mask_of(archive)
    contents = mask.all(contents_of(archive, archive, images, checked.starts, ()))
    return ContentView(
        images=tuple(
            _image(facts, image, mask) for facts, image in zip(contents.images, images, strict=True)
        ),
        more_images=len(all_images) - len(images),
        artifacts=tuple(_artifacts(contents.artifacts)),
        facts=tuple(_root_facts(contents)),
        tree=_own_tree(archive, mask),
        problems=tuple(map(safe, contents.problems)),
    )


def _own_tree(archive: Archive, mask: Mask) -> TreeChart | None:
    """The files of a root filesystem; the members of what is no image."""
    if archive.rootfs is not None:
        return _tree(of_root(archive.rootfs), mask)
    return None if archive.images else _tree(of_archive(archive), mask)


# --- images


def _image(facts: ImageFacts, image: Image, mask: Mask) -> ImageView:
    rootfs = Rootfs(image.location, image.layers, image)
    return ImageView(
        title=safe(facts.label).strip() or "(no name)",
        facts=tuple((name, safe(value)) for name, value in _image_facts(facts) if value),
        instructions=_instructions(facts),
        layers=layer_chart(facts, hidden_of(rootfs)),
        tree=_tree(of_root(rootfs), mask),
        problems=tuple(map(safe, facts.problems)),
    )


def _image_facts(facts: ImageFacts) -> Iterator[tuple[str, str]]:
    yield "Names", ", ".join(_bounded(facts.names, _MOST_NAMES))
    yield "Platform", facts.platform or ""
    yield "Created", facts.created or ""
    yield "Author", facts.author or ""
    yield "Image ID", facts.config_digest or ""
    yield "Manifest", facts.manifest_digest or ""
    yield "In the archive", size_words(facts.space.stored)
    yield "On disk", size_words(facts.space.unpacked)
    yield "During docker load", size_words(facts.space.peak)


def _instructions(facts: ImageFacts) -> tuple[str, ...]:
    settings = facts.settings
    return (
        () if settings is None else tuple(map(safe, _bounded(instructions(settings), _MOST_LINES)))
    )


def _bounded(texts: Iterable[str], most: int) -> Iterator[str]:
    given = iter(texts)
    yield from islice(given, most)
    left = sum(1 for _ in given)
    if left:
        yield f"... and {left:,} more"


# --- what else there is


def _root_facts(contents: Contents) -> Iterator[tuple[str, str]]:
    root = contents.root
    if root is None:
        return
    if root.system:
        yield "System", safe(root.system)
    yield "Content", count_words(root.entries, "entry", "entries")
    yield "On disk", size_words(root.unpacked)


def _artifacts(artifacts: Sequence[ArtifactFacts]) -> Iterator[str]:
    for artifact in artifacts[:_MOST_ARTIFACTS]:
        parts = (artifact.kind or "manifest", *artifact.names, artifact.digest or "")
        yield safe(", ".join(filter(None, parts)))
    if len(artifacts) > _MOST_ARTIFACTS:
        yield f"... and {len(artifacts) - _MOST_ARTIFACTS:,} more"


def _tree(found: Iterable[Placed], mask: Mask) -> TreeChart | None:
    top = usage_of(found)
    if not top.size:
        return None
    return TreeChart(
        wide=tiles(top, *WIDE, mask.text),
        narrow=tiles(top, *NARROW, mask.text),
        largest=tuple(
            Largest(
                safe(mask.text(f"/{each.path}")),
                size_words(each.size),
                f"{100 * each.size / top.size:.0f} %",
            )
            for each in top.below[:_MOST_LARGEST]
        ),
        total=size_words(top.size),
        by_layer=any(layer is not None for layer in top.layers),
    )
