"""The command ``compare``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from checker.cli.check import settings_of
from checker.cli.progress import Progress
from checker.cli.streams import writing_output
from checker.comparison.archives import COMPARED, compare
from checker.comparison.differences import IGNORABLE, MOST_LISTED, Category
from checker.comparison.overview import Subject
from checker.errors import SettingsError
from checker.inspection.inspect import found_in
from checker.model.archive import Archive
from checker.model.selection import select_images
from checker.session import Session
from checker.suggestion import nearest

_SHOWN = 20


def run_compare(arguments: argparse.Namespace) -> int:
    """Run ``compare``; the exit code.

    Raises:
        CheckerError: The command line or the configuration is wrong, or an archive is unreadable.
    """
    ignored = frozenset(_ignored(arguments.ignore))
    if arguments.a == arguments.b == "-":
        raise SettingsError("compare: only one of the archives can be standard input")
    settings = settings_of(arguments)
    with (
        Progress(wanted=settings.progress, archives=2) as progress,
        Session(settings, whole_digest=True, watch=progress.watch) as session,
    ):
        a, b = (
            _chosen(_read(session, path), arguments.image) for path in (arguments.a, arguments.b)
        )
    comparison = compare(a, b, ignored)
    if arguments.format == "json":
        from checker.comparison.document import render_json

        text = render_json(comparison)
    else:
        from checker.comparison.text import render_text

        text = render_text(comparison, MOST_LISTED if arguments.all else _SHOWN)
    with writing_output():
        sys.stdout.write(text)
    return comparison.exit_code


def _ignored(values: Iterable[str]) -> Iterable[Category]:
    names = [name.strip() for value in values for name in value.split(",")]
    for name in names:
        if name not in IGNORABLE:
            known = ", ".join(IGNORABLE)
            hint = nearest(name, map(str, IGNORABLE))
            raise SettingsError(f"--ignore: invalid value {name!r} (choose from: {known}){hint}")
        yield Category(name)


def _read(session: Session, path: str) -> Subject:
    with session.open(path, plan=COMPARED) as opened:
        checked = session.classified(opened.outer)
        archive = found_in(opened.outer, opened.archive)
        return Subject(checked, archive, () if archive is opened.outer else opened.steps)


def _chosen(subject: Subject, wanted: str | None) -> Subject:
    """The archive with only the image that was asked for, if it has images."""
    if wanted is None or not subject.archive.images:
        return subject
    return subject._replace(archive=_with_image(subject.archive, wanted))


def _with_image(archive: Archive, wanted: str) -> Archive:
    images = select_images(archive.images, wanted)
    if not images:
        raise SettingsError(f"--image: {archive.path} does not contain the image {wanted!r}")
    return archive._replace(images=images)
