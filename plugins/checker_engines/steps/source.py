"""What an engine is given: a file that it can read, and how much of it was read here."""

from __future__ import annotations

from checker.model.archive import Archive, Source
from checker_engines.steps.refusal import Refusal

_CUT_SHORT = (
    "what a limit kept this program from reading holds no fault (--limit raises it): {what}"
)


def check_source(archive: Archive) -> None:
    """Refuse a folder: the engine reads a stream.

    Raises:
        Refusal: It is a folder.
    """
    if archive.source is Source.FOLDER:
        raise Refusal(
            f"read {archive.path}: is a directory",
            f"it is a folder, and the engine takes a tar: `tar -C {archive.path} -cf image.tar .`",
        )


def reading_conditions(archive: Archive) -> tuple[str, ...]:
    """What is not known because the reading stopped at a limit."""
    return tuple(dict.fromkeys(_CUT_SHORT.format(what=reached.what) for reached in archive.limits))
