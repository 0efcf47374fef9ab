"""The command ``show``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import NamedTuple

from checker.cli.check import settings_of
from checker.cli.progress import Progress
from checker.cli.streams import tell, writing_output
from checker.errors import SettingsError
from checker.inspection.images import images_of
from checker.inspection.records import Contents
from checker.inspection.summary import contents_of
from checker.inspection.text import View, contents_lines
from checker.inspection.tree import DEEPEST, Node, build_tree, of_archive, of_layer, of_root
from checker.inspection.tree_text import MOST_IN_DIRECTORY, tree_lines
from checker.masking import Mask, mask_of
from checker.model.archive import Archive
from checker.model.content import ContentPlan
from checker.model.entries import clean_path
from checker.model.image import Image
from checker.model.rootfs import Rootfs
from checker.model.selection import select_images
from checker.reading.opened import OpenArchive
from checker.reports.layout import Line, guarded
from checker.reports.printable import printable
from checker.results import CheckedArchive
from checker.session import Session
from checker.starting.archive import START_READS, archive_starts

_PLAN = ContentPlan.of(START_READS)
_DEPTH = 2
_NOT_WHOLE = 3


class _Shown(NamedTuple):
    """What is shown.

    Attributes:
        checked: The archive as it is, classified.
        contents: What is in it, or in what it wraps.
        tree: The tree that was asked for.
        title: What the top of the tree is called.
    """

    checked: CheckedArchive
    contents: Contents
    tree: Node | None
    title: str


def run_show(arguments: argparse.Namespace) -> int:
    """Run ``show``; the exit code.

    Raises:
        CheckerError: The command line or the configuration is wrong, or the archive is unreadable.
    """
    _check_options(arguments)
    session = Session(settings_of(arguments))
    with (
        Progress(wanted=not arguments.no_progress) as progress,
        session.open(arguments.path, plan=_PLAN, progress=progress) as opened,
    ):
        shown, mask = _shown(arguments, session, opened)
    text = _json(shown, mask) if arguments.format == "json" else _text(arguments, shown, mask)
    with writing_output():
        sys.stdout.write(text)
    tell(*map(str, shown.checked.problems), *shown.checked.crashes)
    return 0 if shown.checked.is_whole and not shown.checked.problems else _NOT_WHOLE


def _check_options(arguments: argparse.Namespace) -> None:
    if arguments.layer is not None and arguments.outer:
        raise SettingsError("--layer and --outer: choose one of them")
    if arguments.depth is not None and not 1 <= arguments.depth <= DEEPEST:
        raise SettingsError(f"-L: invalid value {arguments.depth} (expected 1 to {DEEPEST})")


def _shown(
    arguments: argparse.Namespace, session: Session, opened: OpenArchive
) -> tuple[_Shown, Mask]:
    outer, archive = opened.outer, opened.archive
    checked = session.classified(outer)
    images = images_of(archive)
    starts = checked.starts
    if archive is not outer or images is not archive.images:
        starts = archive_starts(archive._replace(images=images), session.settings.host)
    chosen = _chosen(archive, images, arguments.image)
    if images:
        starts = tuple(starts[number] for number in chosen)
    images = tuple(images[number] for number in chosen)
    mask = mask_of(archive)
    steps = () if archive is outer else opened.steps
    contents = contents_of(archive, images, starts, steps)
    tree, title = _tree(arguments, outer, archive, images)
    return _Shown(checked, mask.all(contents), tree, title), mask


def _chosen(archive: Archive, images: tuple[Image, ...], wanted: str | None) -> list[int]:
    """The numbers of the images that are shown."""
    if wanted is None:
        return list(range(len(images)))
    found = {id(image) for image in select_images(images, wanted)}
    if not found:
        raise SettingsError(f"--image: {archive.path} does not contain the image {wanted!r}")
    return [number for number, image in enumerate(images) if id(image) in found]


# --- trees


def _tree(
    arguments: argparse.Namespace, outer: Archive, archive: Archive, images: tuple[Image, ...]
) -> tuple[Node | None, str]:
    """The tree that was asked for, and what its top is called."""
    if arguments.tree is None and arguments.layer is None and not arguments.outer:
        return None, ""
    path = clean_path(arguments.tree or "")
    depth = arguments.depth or (DEEPEST if arguments.format == "json" else _DEPTH)
    if arguments.outer:
        tree, where = build_tree(of_archive(outer), path, depth), outer.path
    elif arguments.layer is not None:
        image = _one_image(archive, images)
        layer = _layer_number(image, arguments.layer)
        tree = build_tree(of_layer(image.layers[layer]), path, depth)
        where = f"layer {layer} of {image.label}"
    else:
        root = archive.rootfs if archive.rootfs is not None else _root_of(archive, images)
        path = _followed(root, path)
        tree = build_tree(of_root(root), path, depth)
        where = archive.path if root.image is None else root.image.label
    if tree is None:
        raise SettingsError(f"--tree: {where} does not contain /{path}")
    return tree, f"/{path}"


def _root_of(archive: Archive, images: tuple[Image, ...]) -> Rootfs:
    image = _one_image(archive, images)
    return Rootfs(image.location, image.layers, image)


def _one_image(archive: Archive, images: tuple[Image, ...]) -> Image:
    if not images:
        hint = "its members are shown with --outer"
        raise SettingsError(f"--tree: {archive.path} has no image and no root filesystem; {hint}")
    if len(images) > 1:
        names = ", ".join(image.label for image in images[:5])
        raise SettingsError(f"--tree: choose one of {len(images)} images with --image: {names}")
    return images[0]


def _layer_number(image: Image, number: int) -> int:
    if not 0 <= number < len(image.layers):
        raise SettingsError(
            f"--layer: {image.label} has {len(image.layers)} layers, numbered from 0, and no "
            f"layer {number}"
        )
    return number


def _followed(root: Rootfs, path: str) -> str:
    """The path with the links to it followed, as far as they lead somewhere."""
    followed = root.follow(path)
    return path if followed is None else followed


# --- output


def _json(shown: _Shown, mask: Mask) -> str:
    from checker.inspection.document import document
    from checker.reports.json_report import json_text

    return json_text(mask.all(document(shown.checked, shown.contents, shown.tree)))


def _text(arguments: argparse.Namespace, shown: _Shown, mask: Mask) -> str:
    from checker.reports.text import rendered

    def make(width: int) -> list[Line]:
        view = View(width, arguments.all)
        return [guarded(line) for line in _lines(shown, view, mask)]

    return rendered(make, sys.stdout)


def _lines(shown: _Shown, view: View, mask: Mask) -> Iterator[Line]:
    if shown.tree is None:
        yield from contents_lines(shown.checked, shown.contents, view)
        return
    most = None if view.is_whole else MOST_IN_DIRECTORY
    for line in tree_lines(shown.tree, printable(shown.title), view.width, most):
        yield tuple((style, mask.text(text)) for style, text in line)
