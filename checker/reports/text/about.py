"""What an archive is, how it is restored, and what its images are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from checker.model.archive import Archive, Source
from checker.model.image import Image
from checker.reports.alike import kept_and_lost, starts_alike
from checker.reports.layout import Line, Style, paragraph, pieces, prose, safe, safe_advice
from checker.reports.printable import printable
from checker.reports.text.engines import READERS, answers, reasons, tools
from checker.reports.text.rows import LABEL, beneath, label, labelled, wrapped
from checker.reports.text.view import View
from checker.reports.wording import (
    compression_words,
    count_words,
    kind_words,
    size_words,
)
from checker.results import CheckedArchive, Run
from checker.starting.obstacle import Answer, Start
from checker.typing_names import TYPE_CHECKING
from checker.verdicts import Classification, Loadable

if TYPE_CHECKING:
    from checker.model.signatures import Signature

_ANSWER = len(Loadable.DEPENDS) + 2
_START_STYLES = {
    Answer.YES: Style.GOOD,
    Answer.NO: Style.BAD,
    Answer.UNKNOWN: Style.WARNING,
}


def about(run: Run, checked: CheckedArchive, view: View) -> Iterator[Line]:
    """What an archive is, in rows with labels."""
    archive, found = checked.archive, checked.classification
    if checked.error is not None:
        reason = safe(checked.error.removeprefix(f"{checked.path}: "))
        yield from labelled("error", Style.ERROR, reason, view.width)
    if archive is not None:
        rows = pieces(tuple(_traits(archive, found)), view.width - LABEL)
        yield from paragraph(label("kind"), rows, Style.PLAIN)
    if found is not None:
        yield from _load_and_import(found, checked.starts, view.width)
    if archive is not None:
        yield from _starts(archive, checked.starts, view)
    if found is not None:
        yield from _restoring(found, view)
    yield from _engines(run, checked, view)
    if archive is not None:
        yield from _images(archive.images, view)
    yield from _signed(checked.signatures, view)


def _signed(signatures: Sequence[Signature], view: View) -> Iterator[Line]:
    """What the given keys verify; findings say what they do not."""
    counts = Counter((each.key or "", each.use) for each in signatures if each.is_verified)
    for (key, use), count in islice(counts.items(), view.images):
        text = f"{count_words(count, use)} verified with {safe(key)}"
        yield from labelled("signed", Style.LABEL, text, view.width)


def _traits(archive: Archive, found: Classification | None) -> Iterator[str]:
    yield kind_words(archive)
    yield size_words(archive.size)
    if archive.source is not Source.DIRECTORY:
        yield compression_words(archive.compression.kind)
    if archive.rootfs is not None:
        yield count_words(archive.stats.entries, "entry", "entries")
    if found is not None and found.producer is not None:
        yield f"written by {safe(found.producer)}"


def _load_and_import(found: Classification, starts: Sequence[Start], width: int) -> Iterator[Line]:
    """Whether an archive can be loaded and imported; not in green if what results is of no use."""
    importable = Loadable.YES if found.importable else Loadable.NO
    loads, imports = _commands(found)
    is_useless = any(start.answer is Answer.NO for start in starts)
    styles = {
        Loadable.YES: Style.WARNING if is_useless else Style.GOOD,
        Loadable.DEPENDS: Style.WARNING,
        Loadable.NO: Style.BAD,
    }
    for word, answer, command, reason in (
        ("load", found.loadable, loads, found.loadable_reason),
        ("import", importable, imports, found.importable_reason),
    ):
        yield from _answer(word, (styles[answer], answer), command, reason, width)


def _commands(found: Classification) -> tuple[str | None, str | None]:
    """The command that restores an archive beside the answer that it belongs to: load, import."""
    restore = None if found.restore is None else printable(found.restore)
    loads = restore if found.loadable is Loadable.YES else None
    imports = restore if found.importable and found.loadable is Loadable.NO else None
    return loads, imports


def _answer(
    word: str, answer: tuple[Style, str], command: str | None, reason: str, width: int
) -> Iterator[Line]:
    """Whether an archive can be loaded or imported: the command, if any, and the reason."""
    style, text = answer
    start = (*label(word), (style, text.ljust(_ANSWER)))
    if command is None:
        yield from wrapped(start, safe(reason), width, Style.PLAIN)
        return
    yield (*start, (Style.COMMAND, command))
    yield from wrapped(_under_answers(), safe(reason), width, Style.FAINT)


def _under_answers() -> Line:
    return ((Style.PLAIN, " " * (LABEL + _ANSWER)),)


def _starts(archive: Archive, starts: Sequence[Start], view: View) -> Iterator[Line]:
    """Whether containers start; images with the same answer and reason share a row."""
    groups = starts_alike([image.label for image in archive.images], starts)
    for number, ((answer, text), images) in enumerate(islice(groups.items(), view.images)):
        shown = (_START_STYLES[answer], answer.ljust(_ANSWER))
        start_of_row = (*label("" if number else "starts"), shown)
        yield from wrapped(start_of_row, text, view.width, Style.PLAIN)
        if len(groups) > 1:
            rows = pieces(tuple(images[: view.images]), view.width - LABEL - _ANSWER)
            yield from paragraph(_under_answers(), rows, Style.FAINT)
    if len(groups) > view.images:
        yield from beneath(f"... and more ({view.see})", view.width, Style.FAINT)


def _restoring(found: Classification, view: View) -> Iterator[Line]:
    restore = None if found.restore is None else printable(found.restore)
    if restore is not None:
        yield from _kept(found, view)
        if restore not in _commands(found):
            yield (*label("restore"), (Style.COMMAND, restore))
    for advice in found.advice:
        yield from prose(label("advice"), safe_advice(advice), view.width, Style.PLAIN)


def _kept(found: Classification, view: View) -> Iterator[Line]:
    """What restoring loses; what it keeps is not shown unless everything is."""
    kept, lost = kept_and_lost(found)
    if kept and view.is_verbose:
        yield from labelled("keeps", Style.LABEL, "; ".join(kept), view.width)
    if lost:
        yield from labelled("loses", Style.LABEL, "; ".join(lost), view.width)


def _engines(run: Run, checked: CheckedArchive, view: View) -> Iterator[Line]:
    """All engines if everything is shown; else the required ones, or those of one archive."""
    if view.is_verbose:
        yield from reasons(checked.verdicts, view.width)
        yield from reasons(checked.reader_verdicts, view.width, READERS)
    elif run.command == "check":
        yield from reasons(checked.required_verdicts, view.width)
    elif len(run.archives) == 1:
        yield from answers(checked.verdicts, view.width)
        yield from tools(checked.reader_verdicts, view.width)


def _images(images: Sequence[Image], view: View) -> Iterator[Line]:
    for image in images[: view.images]:
        rows = pieces(tuple(_image_traits(image)), view.width - LABEL)
        yield from paragraph(label("image"), rows, Style.PLAIN)
    if len(images) > view.images:
        more = count_words(len(images) - view.images, "more image")
        yield from beneath(f"... and {more} ({view.see})", view.width, Style.FAINT)


def _image_traits(image: Image) -> Iterator[str]:
    yield from (safe(name) for name in image.names or ("(no name)",))
    if image.platform is not None:
        yield safe(str(image.platform))
    found = [layer.blob for layer in image.layers if layer.blob is not None]
    missing = len(image.layers) - len(found)
    yield count_words(len(image.layers), "layer")
    yield size_words(sum(blob.size for blob in found))
    if missing:
        yield f"{missing} not in the archive"
