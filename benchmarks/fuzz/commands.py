"""Fuzz targets for commands besides ``check``, and for directories.

Each runs what its command runs, within small limits. What an archive can cause is one of the errors
that the command tells; anything else that is raised is a find.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.fuzz import seeds
from benchmarks.fuzz.running import FoundError, check_whole, session, with_checksums
from checker.comparison.archives import COMPARED, compare
from checker.comparison.document import render_json as render_comparison
from checker.comparison.overview import Subject
from checker.comparison.text import render_text
from checker.conversion.records import Form, Request
from checker.conversion.report import document, summary
from checker.errors import CheckerError
from checker.importing.document import plan_document
from checker.importing.plan import ImportRequest
from checker.importing.text import plan_lines
from checker.inspection.document import render_json
from checker.inspection.inspect import SHOWN, Inspection, found_in, inspect
from checker.inspection.text import View, contents_lines
from checker.model.content import ContentPlan
from checker.model.entries import DIRECTORY, FIFO, HARD_LINK, SYMLINK, Entries, Entry
from checker.model.limits import Limits
from checker.reading.tar.walker import TarWalker
from checker.reports.json_report import json_text

_NAME: Final = "fuzz.tar"
_WIDTHS: Final = (40, 120)
_ENGINES: Final = ("docker", "podman", "docker-28", "podman-4")
_CHANGES: Final = ("CMD /bin/sh", 'ENTRYPOINT ["/bin/app"]', "ENV A=$B", "USER 1:x", "EXPOSE 8x")
_MOST_FILES: Final = 50


def show(data: bytes) -> None:
    """The command ``show``: what is in an archive, and its trees."""
    with contextlib.suppress(CheckerError):
        _render(_inspected(with_checksums(data)))


def _inspected(data: bytes) -> Inspection:
    with session().open(io.BytesIO(data), name=_NAME, plan=SHOWN) as opened:
        archive = found_in(opened.outer, opened.archive)
        steps = () if archive is opened.outer else opened.steps
        checked = session().classified(opened.outer)
        return inspect(checked, archive, steps, session().settings.host, None)


def _render(shown: Inspection) -> None:
    trees: tuple[Callable[[], object], ...] = (
        lambda: shown.tree_of_members("", 3).top,
        lambda: shown.tree_of_root("", 3).top,
        lambda: shown.tree_of_layer(0, "", 3).top,
    )
    for make in trees:
        with contextlib.suppress(CheckerError):
            make()
    json.loads(render_json(shown.checked, shown.contents, None, shown.mask))
    for width in _WIDTHS:
        for view in (View(width, is_whole=True), View(width, is_whole=False)):
            list(contents_lines(shown.checked, shown.contents, view))


def compare_with_itself_and_others(data: bytes) -> None:
    """The command ``compare``: with another archive, and with itself, which must be equal."""
    try:
        found = _subject(with_checksums(data[1:]))
        other = _subject(_others()[data[0] % len(_others())] if data else b"")
    except CheckerError:
        return
    for a, b in ((found, other), (other, found), (found, found)):
        comparison = compare(a, b, frozenset())
        json.loads(render_comparison(comparison))
        render_text(comparison, 20).encode()
        if a is b and comparison.exit_code:
            raise FoundError(f"differs from itself: {render_text(comparison, 20)}")


def _others() -> tuple[bytes, ...]:
    return tuple(seeds.archives())


def _subject(data: bytes) -> Subject:
    with session().open(io.BytesIO(data), name=_NAME, plan=COMPARED) as opened:
        archive = found_in(opened.outer, opened.archive)
        steps = () if archive is opened.outer else opened.steps
        return Subject(session().classified(opened.outer), archive, steps)


def convert(data: bytes) -> None:
    """The command ``convert``; the first byte says which form is written."""
    forms = tuple(Form)
    number = data[0] if data else 0
    request = Request(form=forms[number % len(forms)], is_strict=bool(number & 64), epoch=0)
    with tempfile.TemporaryDirectory() as place, contextlib.suppress(CheckerError):
        target = os.path.join(place, "out")
        done = session().convert(io.BytesIO(with_checksums(data[1:])), target, request, name=_NAME)
        json_text(document(_NAME, target, request, done)).encode()
        "".join(summary(target, request, done)).encode("utf-8", "surrogateescape")
        if not os.path.exists(target):
            raise FoundError(f"wrote nothing: {done}")


def import_plan(data: bytes) -> None:
    """The command ``import-plan``; the first byte says what is asked for."""
    number = data[0] if data else 0
    request = ImportRequest(
        engine=_ENGINES[number % len(_ENGINES)],
        changes=_CHANGES[: number // len(_ENGINES) % (len(_CHANGES) + 1)],
        platform="linux/arm64/v8" if number & 128 else "",
    )
    with contextlib.suppress(CheckerError):
        source = io.BytesIO(with_checksums(data[1:]))
        shown = session().import_plan(source, request, name=_NAME)
        json_text(plan_document(shown, 0)).encode()
        for width in _WIDTHS:
            list(plan_lines(shown, width))


def directory(data: bytes) -> None:
    """A directory with the files of a tar, as far as the system can create them."""
    with tempfile.TemporaryDirectory() as place:
        top = Path(place, "top")
        top.mkdir()
        for entry, content in _files(with_checksums(data)):
            with contextlib.suppress(OSError, ValueError):
                _create(top, entry, content)
        check_whole(session().check(str(top), name="top"))


def _files(data: bytes) -> Iterator[tuple[Entry, bytes]]:
    walker = TarWalker(Limits()._replace(entries=_MOST_FILES), ContentPlan())
    walker.feed(data)
    entries: Entries = walker.finish().entries
    for entry in entries:
        place = entries.content(entry.position)
        yield entry, data[place.offset : place.offset + min(place.length, len(data))]


def _create(top: Path, entry: Entry, content: bytes) -> None:
    """Create one file below a directory; paths have no ``..`` and links are not followed."""
    path = top
    for part in entry.path.split("/")[:-1]:
        path /= part
        if path.is_symlink():
            return
        path.mkdir(exist_ok=True)
    path /= entry.basename
    if not entry.path or path.is_symlink():
        return
    if entry.kind == DIRECTORY:
        path.mkdir(exist_ok=True)
    elif entry.kind == SYMLINK:
        path.symlink_to(entry.linkname)
    elif entry.kind == FIFO:
        os.mkfifo(path)
    elif entry.kind != HARD_LINK:
        path.write_bytes(content)
        path.chmod(entry.mode & 0o777 | 0o600)
