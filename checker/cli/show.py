"""The command ``show``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from checker.cli.check import settings_of
from checker.cli.progress import Progress
from checker.cli.streams import tell, writing_output
from checker.contents.tree import DEEPEST
from checker.errors import SettingsError
from checker.inspection.inspect import SHOWN, Inspection, Tree, found_in, inspect
from checker.inspection.text import View, contents_lines
from checker.inspection.tree_text import MOST_IN_DIRECTORY, tree_lines
from checker.reading.early import EarlyHashes
from checker.reports.layout import Line, guarded
from checker.reports.printable import printable
from checker.reports.terminal import Color, rendered
from checker.session import Session

_DEPTH = 2
_MOST_AT_TOP = 14
_NOT_WHOLE = 3


def run_show(arguments: argparse.Namespace, early: EarlyHashes) -> int:
    """Run ``show``; the exit code.

    Args:
        arguments: The command line.
        early: Hashes of the archive's members that are being computed already.

    Raises:
        CheckerError: The command line or the configuration is wrong, or the archive is unreadable.
    """
    _check_options(arguments)
    settings = settings_of(arguments)
    with (
        Progress(wanted=settings.progress) as progress,
        Session(settings, watch=progress.watch, early=early) as session,
        session.open(arguments.path, plan=SHOWN) as opened,
    ):
        archive = found_in(opened.outer, opened.archive)
        shown = inspect(
            session.classified(opened.outer),
            archive,
            () if archive is opened.outer else opened.steps,
            session.settings.host,
            arguments.image,
            session.signatures_of(archive),
        )
    tree = _tree(arguments, shown)
    color = Color(session.settings.color)
    is_json = arguments.format == "json"
    text = _json(shown, tree) if is_json else _text(arguments, shown, tree, color)
    with writing_output():
        sys.stdout.write(text)
    checked = shown.checked
    tell(*map(str, checked.problems), *checked.crashes)
    return 0 if checked.is_whole else _NOT_WHOLE


def _check_options(arguments: argparse.Namespace) -> None:
    if arguments.layer is not None and arguments.outer:
        raise SettingsError("--layer and --outer: choose one of them")
    if arguments.depth is not None and not 1 <= arguments.depth <= DEEPEST:
        raise SettingsError(f"-L: invalid value {arguments.depth} (expected 1 to {DEEPEST})")


def _tree(arguments: argparse.Namespace, shown: Inspection) -> Tree | None:
    path = arguments.tree or ""
    depth = arguments.depth or (DEEPEST if arguments.format == "json" else _DEPTH)
    if arguments.outer:
        return shown.tree_of_members(path, depth)
    if arguments.layer is not None:
        return shown.tree_of_layer(arguments.layer, path, depth)
    return None if arguments.tree is None else shown.tree_of_root(path, depth)


def _json(shown: Inspection, tree: Tree | None) -> str:
    from checker.inspection.document import render_json

    return render_json(
        shown.checked, shown.contents, None if tree is None else tree.top, shown.mask
    )


def _text(arguments: argparse.Namespace, shown: Inspection, tree: Tree | None, color: Color) -> str:
    def make(width: int) -> list[Line]:
        view = View(width, is_whole=arguments.all)
        return [guarded(line) for line in _lines(shown, tree, view)]

    return rendered(make, sys.stdout, color)


def _lines(shown: Inspection, tree: Tree | None, view: View) -> Iterator[Line]:
    most = None if view.is_whole else MOST_IN_DIRECTORY
    if tree is None:
        yield from contents_lines(shown.checked, shown.contents, view)
        if shown.contents.images or shown.contents.artifacts:
            return
        # Without an image, what is at the top says most.
        has_root = shown.archive.rootfs is not None
        tree = shown.tree_of_root("", 1) if has_root else shown.tree_of_members("", 1)
        if not tree.top.children:
            return
        most = None if view.is_whole else _MOST_AT_TOP
    for line in tree_lines(tree.top, printable(tree.title), view.width, most):
        yield tuple((style, shown.mask.text(text)) for style, text in line)
