"""What is in an archive, as text for people: by default no longer than a screen of 24 lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from checker.contents.history import instruction_of
from checker.contents.records import (
    ArtifactFacts,
    Contents,
    ImageFacts,
    LayerFacts,
    PartFacts,
    RootFacts,
    Settings,
    SignatureFacts,
    StartFacts,
    Step,
)
from checker.contents.settings import compact_instructions, instructions
from checker.inspection.tree_text import cut
from checker.model.archive import Archive, Source
from checker.model.compression import CompressionKind
from checker.model.names import shorten
from checker.records import NamedTuple
from checker.reports.layout import Line, Style, paragraph, pieces, safe, wrap
from checker.reports.printable import cells, printable
from checker.reports.wording import compression_words, count_words, kind_words, size_words
from checker.results import CheckedArchive

_LABEL = 9
_SCREEN = 23
"""Lines of a terminal with 24 of them, the next prompt aside."""
_FEWEST_LAYERS = 3
_MOST_IMAGES = 8
_MOST_ARTIFACTS = 5
_MOST_SIGNATURES = 5
_STATES = {"verified": Style.GOOD, "invalid": Style.ERROR, "not-verifiable": Style.WARNING}
_MOST_PROBLEMS = 3
_MOST_NAMES = 4
_HEX = re.compile("(sha256:)?[0-9a-f]{64}")
_TIME = len("2024-01-01T00:00:00")


class View(NamedTuple):
    """How much is shown.

    Attributes:
        width: Columns.
        is_whole: Whether everything is shown, however long it is.
    """

    width: int
    is_whole: bool


def contents_lines(checked: CheckedArchive, contents: Contents, view: View) -> Iterator[Line]:
    """The lines of an archive.

    Args:
        checked: The archive, classified.
        contents: What is in it; of several images those that were chosen.
        view: How much is shown.
    """
    head = [*_head(checked, contents, view)]
    yield from head
    if len(contents.images) == 1:
        yield from _image(contents.images[0], view, _SCREEN - len(head))
    else:
        yield from _images(contents.images, view)
    yield from _signatures(contents.signatures, view)
    yield from _artifacts(contents.artifacts, view)
    if contents.root is not None:
        yield from _root(contents.root, view)


# --- the archive


def _head(checked: CheckedArchive, contents: Contents, view: View) -> Iterator[Line]:
    yield ((Style.TITLE, printable(checked.path)),)
    archive = checked.archive
    if archive is not None:
        rows = pieces(tuple(_kind(checked, archive)), view.width - _LABEL)
        yield from paragraph(((Style.LABEL, "kind".ljust(_LABEL)),), rows, Style.PLAIN)
        yield from _labelled("files", _files(archive), view)
    for step in contents.steps:
        yield from _labelled("inside", step, view)
    yield from _problems(contents.problems, view)


def _kind(checked: CheckedArchive, archive: Archive) -> Iterator[str]:
    yield safe(kind_words(archive))
    yield size_words(archive.size)
    if archive.compression.kind is not CompressionKind.NONE:
        yield compression_words(archive.compression.kind)
    found = checked.classification
    if found is not None and found.producer is not None:
        yield f"written by {safe(found.producer)}"


def _files(archive: Archive) -> str:
    """The members at the top level, directories with the number of what is below them."""
    paths = [path for path in archive.entries.by_path if path]
    tops = dict.fromkeys(path.partition("/")[0] for path in paths)
    below = Counter(path.partition("/")[0] for path in paths if "/" in path)
    named = [name for name in tops if not _HEX.match(name)]
    words = [f"{name}/ ({below[name]})" if name in below else name for name in sorted(named)]
    if len(named) < len(tops):
        words.append(f"{len(tops) - len(named)} named by digest")
    noun = ("entry", "entries") if archive.source is Source.DIRECTORY else ("member",)
    count = len(archive.entries.by_path)
    listed = f": {', '.join(map(printable, words))}" if words else ""
    return f"{count_words(count, *noun)}{listed}"


def _problems(problems: Sequence[str], view: View) -> Iterator[Line]:
    shown = problems if view.is_whole else problems[:_MOST_PROBLEMS]
    for problem in shown:
        yield from paragraph(
            ((Style.WARNING, "damage".ljust(_LABEL)),),
            wrap(safe(problem), view.width - _LABEL),
            Style.PLAIN,
        )
    yield from _more(len(problems) - len(shown), "problem", view)


def _labelled(label: str, text: str, view: View, style: Style = Style.PLAIN) -> Iterator[Line]:
    """A labelled text, on one line unless everything is shown."""
    start = ((Style.LABEL, label.ljust(_LABEL)),)
    room = view.width - _LABEL
    rows = wrap(text, room) if view.is_whole else [cut(text, room)]
    return paragraph(start, rows, style)


def _beneath(text: str, view: View, style: Style = Style.PLAIN) -> Iterator[Line]:
    return _labelled("", text, view, style)


def _more(count: int, noun: str, view: View) -> Iterator[Line]:
    if count > 0:
        yield from _beneath(
            f"... and {count_words(count, f'more {noun}')} (--all)", view, Style.FAINT
        )


# --- images


def _images(images: Sequence[ImageFacts], view: View) -> Iterator[Line]:
    """Several images, two lines each."""
    shown = images if view.is_whole else images[:_MOST_IMAGES]
    for image in shown:
        parts = [_names(image), *_platform(image), count_words(len(image.layers), "layer")]
        parts.append(size_words(image.space.stored))
        yield from _labelled("image", ", ".join(parts), view, Style.TITLE)
        if view.is_whole:
            yield from _image(image, view, len(image.layers) + len(image.history))
            continue
        start = "" if image.start is None else f", starts: {image.start.answer}"
        yield from _beneath(f"{safe(shorten(image.config_digest or image.label))}{start}", view)
    yield from _more(len(images) - len(shown), "image", view)
    if images:
        hint = f"one of them in full: --image {safe(_selector(images))}"
        yield from _beneath(hint, view, Style.FAINT)


def _selector(images: Sequence[ImageFacts]) -> str:
    """A name that only the first image has, else the start of its digest."""
    others = {name for image in images[1:] for name in image.names}
    own = next((name for name in images[0].names if name not in others), None)
    return own or shorten(images[0].config_digest or images[0].label).removeprefix("sha256:")


def _names(image: ImageFacts) -> str:
    names = [safe(name) for name in image.names[:_MOST_NAMES]] or ["(no name)"]
    hidden = len(image.names) - _MOST_NAMES
    return ", ".join((*names, *((f"{hidden} more names",) if hidden > 0 else ())))


def _platform(image: ImageFacts) -> Iterator[str]:
    if image.platform is not None:
        yield safe(image.platform)
    if image.created is not None:
        yield f"created {safe(image.created[:_TIME])}"


def _image(image: ImageFacts, view: View, room: int) -> Iterator[Line]:
    """One image; without everything, no more than some lines."""
    lines = [*_about(image, view), *_settings(image.settings, view)]
    yield from lines
    if view.is_whole:
        yield from _layers(image, view, len(image.layers))
        yield from _history(image.history, view)
    else:
        # One line has the headings, one what is left out.
        yield from _layers(image, view, max(_FEWEST_LAYERS, room - len(lines) - 2))


def _about(image: ImageFacts, view: View) -> Iterator[Line]:
    yield from _labelled("image", ", ".join((_names(image), *_platform(image))), view, Style.TITLE)
    if image.author:
        yield from _labelled("author", safe(image.author), view)
    if image.config_digest is not None:
        yield from _labelled("id", safe(image.config_digest), view)
    if image.manifest_digest is not None:
        yield from _labelled("digest", safe(image.manifest_digest), view)
    yield from _problems(image.problems, view)
    yield from _start(image.start, view)
    space = image.space
    yield from _labelled(
        "size",
        f"{size_words(space.stored)} in the archive, {size_words(space.unpacked)} on disk, "
        f"{size_words(space.peak)} during docker load",
        view,
    )


def _start(start: StartFacts | None, view: View) -> Iterator[Line]:
    if start is not None:
        said = f"{safe(start.message)}: " if start.message else ""
        style = {"yes": Style.GOOD, "no": Style.ERROR}.get(start.answer, Style.WARNING)
        yield from _labelled("starts", f"{start.answer}: {said}{safe(start.reason)}", view, style)


def _settings(settings: Settings | None, view: View) -> Iterator[Line]:
    if settings is None:
        return
    make = instructions if view.is_whole else compact_instructions
    for number, line in enumerate(make(settings)):
        yield from _labelled("" if number else "config", safe(line), view)


def _layers(image: ImageFacts, view: View, room: int) -> Iterator[Line]:
    """The layers, each with the step of the history that made it."""
    made = {step.layer: step for step in image.history if step.layer is not None}
    empty = len(image.history) - len(made)
    words = count_words(len(image.layers), "layer")
    if image.history:
        words += f", {count_words(len(image.history), 'step')} of history, {empty} without a layer"
    shown = image.layers if len(image.layers) <= room else image.layers[: max(1, room - 1)]
    if not shown:
        yield from _labelled("layers", words, view)
        return
    rows = [_layer_columns(layer) for layer in shown]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield from _labelled("layers", words, view)
    for layer, row in zip(shown, rows, strict=True):
        columns = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield from _layer(layer, made.get(layer.position), columns, view)
    yield from _more(len(image.layers) - len(shown), "layer", view)


def _layer_columns(layer: LayerFacts) -> tuple[str, ...]:
    unknown = "?"
    size = unknown if layer.size is None else size_words(layer.size)
    inflated = layer.uncompressed_size
    return (
        f"L{layer.position}",
        size,
        unknown if inflated is None else size_words(inflated),
        unknown if layer.entries is None else count_words(layer.entries, "entry", "entries"),
    )


def _layer(layer: LayerFacts, step: Step | None, columns: str, view: View) -> Iterator[Line]:
    start: Line = ((Style.PLAIN, "  "), (Style.FAINT, f"{columns}  "))
    room = view.width - cells(columns) - 4
    words = safe(instruction_of(step))
    style = Style.PLAIN
    if layer.problems:
        words, style = f"! {'; '.join(map(safe, layer.problems))}", Style.WARNING
    yield from paragraph(start, [cut(words, room)], style)
    if view.is_whole:
        for label, text in (
            ("digest", layer.digest),
            ("diffID", layer.diff_id),
            ("type", layer.media_type),
            ("member", layer.member),
        ):
            if text is not None:
                yield ((Style.FAINT, f"      {label.ljust(7)}"), (Style.PLAIN, safe(text)))


def _history(history: Iterable[Step], view: View) -> Iterator[Line]:
    steps = tuple(history)
    if steps:
        yield from _labelled("history", count_words(len(steps), "step"), view)
    for number, step in enumerate(steps):
        made = "no layer" if step.layer is None else f"L{step.layer}"
        when = safe((step.created or "")[:_TIME]).ljust(_TIME)
        start = ((Style.FAINT, f"  {number:>3}  {made.ljust(8)}  {when}  "),)
        rows = wrap(safe(instruction_of(step)), view.width - sum(cells(text) for _, text in start))
        yield from paragraph(start, rows, Style.PLAIN)


# --- signatures, artifacts and roots


def _signatures(signatures: Sequence[SignatureFacts], view: View) -> Iterator[Line]:
    shown = signatures if view.is_whole else signatures[:_MOST_SIGNATURES]
    for signature in shown:
        style = _STATES.get(signature.state, Style.PLAIN)
        yield from _labelled("signed", _signature(signature), view, style)
        if view.is_whole:
            for digest in signature.subjects:
                yield from _beneath(f"about {safe(digest)}", view)
    yield from _more(len(signatures) - len(shown), "signature", view)


def _signature(signature: SignatureFacts) -> str:
    state = signature.state.replace("-", " ")
    words = f"{state}: {signature.form} {signature.use}"
    what = signature.sbom or signature.predicate_type
    if what is not None:
        words += f", {safe(what)}"
    if signature.builder is not None:
        words += f", built by {safe(signature.builder)}"
    if signature.key is not None:
        words += f", with {safe(signature.key)}"
    return words if signature.reason is None else f"{words}: {safe(signature.reason)}"


def _artifacts(artifacts: Sequence[ArtifactFacts], view: View) -> Iterator[Line]:
    shown = artifacts if view.is_whole else artifacts[:_MOST_ARTIFACTS]
    for artifact in shown:
        config = artifact.config
        parts = [safe(artifact.kind or "artifact without a type"), *map(safe, artifact.names)]
        yield from _labelled("artifact", ", ".join(parts), view, Style.TITLE)
        if artifact.digest is not None:
            yield from _beneath(f"digest {safe(artifact.digest)}", view)
        if artifact.subject is not None:
            yield from _beneath(f"about {safe(artifact.subject)}", view)
        if config is not None:
            yield from _beneath(f"config {_part(config)}", view)
        layers = artifact.layers if view.is_whole else artifact.layers[:_MOST_NAMES]
        for layer in layers:
            yield from _beneath(f"layer  {_part(layer)}", view)
        yield from _more(len(artifact.layers) - len(layers), "layer", view)
    yield from _more(len(artifacts) - len(shown), "artifact", view)


def _part(part: PartFacts) -> str:
    words = [safe(part.media_type or "no media type")]
    if part.size is not None:
        words.append(size_words(part.size))
    if part.title is not None:
        words.append(safe(part.title))
    if not part.is_present:
        words.append("not in the archive")
    if part.digest is not None:
        words.append(safe(shorten(part.digest)))
    return ", ".join(words)


def _root(root: RootFacts, view: View) -> Iterator[Line]:
    words = [count_words(root.entries, "entry", "entries"), f"{size_words(root.unpacked)} on disk"]
    if root.system is not None:
        words.append(safe(root.system))
    yield from _labelled("root", ", ".join(words), view)
    yield from _start(root.start, view)
