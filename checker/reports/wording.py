"""Words that several reports use: kinds, sizes, counts, places."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import Archive, Kind, Source
from checker.model.compression import CompressionKind
from checker.model.location import Location
from checker.patterns import pattern
from checker.reports.printable import printable
from checker.verdicts import VerdictOutcome

KIND_WORDS = {
    Kind.DOCKER_ARCHIVE: "Docker image archive",
    Kind.DOCKER_ARCHIVE_LEGACY: "legacy Docker image archive",
    Kind.OCI_ARCHIVE: "OCI image archive",
    Kind.DOCKER_OCI_ARCHIVE: "Docker and OCI image archive",
    Kind.OCI_LAYOUT: "OCI image layout directory",
    Kind.ROOTFS: "flat root filesystem",
    Kind.LAYER: "single layer, with whiteouts",
    Kind.WRAPPED: "image archive in a subdirectory",
    Kind.NESTED: "image archive inside a tar",
    Kind.EMPTY: "empty archive",
    Kind.UNKNOWN: "tar archive of unknown kind",
    Kind.NOT_A_TAR: "not a tar archive",
}
"""The kinds in words."""

DIRECTORY_WORDS = {
    **KIND_WORDS,
    Kind.DOCKER_ARCHIVE: "unpacked Docker image archive, a directory",
    Kind.DOCKER_ARCHIVE_LEGACY: "unpacked legacy Docker image archive, a directory",
    Kind.DOCKER_OCI_ARCHIVE: "unpacked Docker and OCI image archive, a directory",
    Kind.ROOTFS: "root filesystem directory",
    Kind.LAYER: "directory of a single layer, with whiteouts",
    Kind.WRAPPED: "directory with an image in a subdirectory",
    Kind.NESTED: "directory with an image archive in it",
    Kind.EMPTY: "empty directory",
    Kind.UNKNOWN: "directory of unknown kind",
}
"""The kinds in words, of directories."""


def kind_words(archive: Archive) -> str:
    """What an archive is, in words."""
    words = _found_words(archive)
    if words is None:
        table = DIRECTORY_WORDS if archive.source is Source.DIRECTORY else KIND_WORDS
        return table[archive.kind]
    article = next((each for each in _ARTICLES if words.startswith(each)), "")
    return words.removeprefix(article)


def _found_words(archive: Archive) -> str | None:
    """What happened to the file, or the other kind that it is recognised as."""
    if archive.damage is not None:
        return archive.damage.summary
    return None if archive.known_kind is None else archive.known_kind.title


OUTCOME_WORDS = {
    VerdictOutcome.ACCEPTS: "accepts",
    VerdictOutcome.ACCEPTS_BROKEN: "loads but broken",
    VerdictOutcome.REJECTS: "rejects",
}
"""The outcomes in words."""

# The first twelve of the 64 digits, as in the listings of container tools.
_HASH = pattern(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_ARTICLES = ("a ", "an ", "the ")
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
_STEP = 1000
_ONE_DECIMAL_BELOW = 100


def compression_words(kind: CompressionKind) -> str:
    """How an archive is compressed."""
    return "not compressed" if kind is CompressionKind.NONE else f"{kind} compressed"


def size_words(size: int) -> str:
    """A number of bytes, in decimal units as container tools print it."""
    if size == 1:
        return "1 byte"
    amount, unit = float(size), 0
    while round(amount) >= _STEP and unit < len(_UNITS) - 1:
        amount /= _STEP
        unit += 1
    digits = 1 if unit and amount < _ONE_DECIMAL_BELOW else 0
    return f"{amount:.{digits}f} {_UNITS[unit]}"


def count_words(count: int, noun: str, plural: str | None = None) -> str:
    """A number and a noun, in the plural (by default with an s) if needed."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural or noun + 's'}"


def place_words(location: Location) -> tuple[str, ...]:
    """The parts of a place, coarse to fine, safe to show; none of them may be broken."""
    return tuple(_place_parts(location))


def short_place_words(location: Location) -> tuple[str, ...]:
    """The parts of a place, with the first digits of digests only."""
    return tuple(_HASH.sub(r"\1...", part) for part in place_words(location))


def _place_parts(location: Location) -> Iterator[str]:
    if location.layer is not None:
        image = "" if location.image is None else f" of {printable(location.image)}"
        yield f"layer {location.layer}{image}"
    elif location.image is not None:
        yield f"image {printable(location.image)}"
    if location.member is not None:
        yield f"member {printable(location.member)}"
    if location.digest is not None and location.digest.rpartition(":")[2] not in (
        location.member or ""
    ):
        yield f"blob {printable(location.digest)}"
    if location.path is not None:
        yield f"path /{printable(location.path)}"
    if location.pointer is not None:
        yield f"pointer {printable(location.pointer) or '(whole document)'}"
    if location.offset is not None:
        yield f"byte {location.offset}"
