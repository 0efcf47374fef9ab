"""What an engine is given, whether importing it makes sense, and how much of it was read here."""

from __future__ import annotations

from checker.model.archive import IMAGE_KINDS, Archive, Kind, Source
from checker.verdicts import Question
from checker_engines.steps.refusal import Refusal

_CUT_SHORT = (
    "what a limit kept this program from reading holds no fault (--limit raises it): {what}"
)


def check_is_file(question: Question, message: str) -> None:
    """Refuse a folder: the engine reads a stream.

    Args:
        question: What is asked.
        message: What the engine prints of a folder.

    Raises:
        Refusal: It is a folder.
    """
    if question.archive.source is Source.FOLDER:
        reason = "the engine reads a file, and this is a folder; pack it into a tar, or use skopeo"
        raise Refusal(message, reason)


def why_import_is_senseless(kind: Kind) -> str | None:
    """Why nothing good comes of importing an archive, which engines do all the same."""
    exits = "docker import exits 0, but "
    if kind in IMAGE_KINDS:
        return f"{exits}the root of the image holds the archive's own files; use docker load"
    if kind in {Kind.WRAPPED, Kind.NESTED}:
        return f"{exits}the root of the image holds an image archive, which must be unpacked first"
    if kind in {Kind.EMPTY, Kind.NOT_A_TAR}:
        return f"{exits}the image is empty"
    return None


def reading_conditions(archive: Archive) -> tuple[str, ...]:
    """What is not known because the reading stopped at a limit."""
    return tuple(dict.fromkeys(_CUT_SHORT.format(what=reached.what) for reached in archive.limits))
