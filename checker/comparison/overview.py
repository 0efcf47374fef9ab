"""What two archives are, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from checker.comparison.settings import settings_of
from checker.model.archive import Archive
from checker.model.image import Image
from checker.records import NamedTuple
from checker.reports.wording import compression_words, count_words, kind_words, size_words
from checker.results import CheckedArchive

_MOST_NAMES = 5
_NONE = "-"
_SETTINGS = ("CMD", "ENTRYPOINT", "ENV")
_LABELS = (
    "kind",
    "inside",
    "producer",
    "size",
    "compression",
    "images",
    "platform",
    "layers",
    "metadata",
    *_SETTINGS,
    "restored by",
)


class Subject(NamedTuple):
    """One side of a comparison.

    Attributes:
        checked: The archive as it is, classified.
        archive: What was found in it, without what surrounds it.
        steps: What was removed around that, one sentence each.
    """

    checked: CheckedArchive
    archive: Archive
    steps: tuple[str, ...] = ()


class Row(NamedTuple):
    """A property of both archives.

    Attributes:
        label: The property.
        a: Its value in the first archive.
        b: Its value in the second archive.
    """

    label: str
    a: str
    b: str


def overview(a: Subject, b: Subject) -> tuple[Row, ...]:
    """The properties that tell a saved image from an exported container, and others."""
    one, other = dict(_properties(a)), dict(_properties(b))
    return tuple(
        Row(label, one.get(label, _NONE), other.get(label, _NONE))
        for label in _LABELS
        if label in one or label in other
    )


def _properties(subject: Subject) -> Iterator[tuple[str, str]]:
    archive, found = subject.archive, subject.checked.classification
    yield "kind", kind_words(subject.checked.archive or archive)
    if subject.steps:
        yield "inside", f"{kind_words(archive)}: {'; '.join(subject.steps)}"
    yield "producer", (found.producer if found else None) or "unknown"
    yield "size", size_words(archive.size)
    yield "compression", compression_words(archive.compression.kind)
    yield "images", _names(archive.images)
    yield "platform", _platforms(archive)
    yield "layers", _layers(archive)
    yield "metadata", _metadata(archive)
    image = archive.images[0] if len(archive.images) == 1 else None
    settings = {} if image is None else dict(settings_of(image))
    for instruction in _SETTINGS:
        if instruction in settings:
            yield instruction, settings[instruction]
    yield "restored by", (found.restore if found else None) or "no command"


def _names(images: tuple[Image, ...]) -> str:
    if not images:
        return "none"
    names = [name for image in images for name in (image.names or (image.digest or "unnamed",))]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _platforms(archive: Archive) -> str:
    platforms = dict.fromkeys(str(image.platform) for image in archive.images if image.platform)
    return ", ".join(list(platforms)[:_MOST_NAMES]) or _NONE


def _layers(archive: Archive) -> str:
    if archive.images:
        return " + ".join(str(len(image.layers)) for image in archive.images[:_MOST_NAMES])
    return "none, flat" if archive.rootfs is not None else _NONE


def _metadata(archive: Archive) -> str:
    if not archive.images:
        return "none"
    return count_words(sum(len(settings_of(image)) for image in archive.images), "setting")
