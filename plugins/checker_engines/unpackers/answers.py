"""What is said of a directory that an archive was unpacked into."""

from __future__ import annotations

from checker.model.archive import FLAT_KINDS, IMAGE_KINDS, Archive, Kind
from checker_engines.answers.reading import Answer
from checker_engines.answers.refusal import Refusal
from checker_engines.unpackers.outcome import Unpacking

_BROKEN = ("ARC002", "ARC006", "ARC012", "ARC018", "ARC019", "DKR008", "DKR015")


def answer_of(archive: Archive, unpacking: Unpacking, root: str) -> Answer:
    """What a tool has that was given an archive as a root filesystem.

    Args:
        archive: The archive.
        unpacking: What the program that unpacks it has done.
        root: What the files become, such as ``the directory``.

    Raises:
        Refusal: The program exits with a failure.
    """
    if unpacking.failed:
        raise Refusal(unpacking.message, unpacking.cause, unpacking.rules)
    if unpacking.cause:
        reason = f"{root} lacks what follows, although the program exits 0: {unpacking.cause}"
        return Answer(reason, is_broken=True, rules=unpacking.rules)
    useless = why_useless(archive, root)
    if useless is not None:
        return Answer(f"exits 0, but {useless}", is_broken=True, rules=_BROKEN)
    return Answer(f"{root} has the files of the archive{_left(archive)}")


def why_useless(archive: Archive, root: str) -> str | None:
    """Why what is unpacked is not a root filesystem; None if it is, or one layer of it.

    Args:
        archive: The archive.
        root: What the files become.
    """
    kind = archive.kind
    if kind in FLAT_KINDS:
        return None
    if kind in IMAGE_KINDS:
        return f"{root} has the files of an image archive, not the files of its layers"
    if kind in {Kind.WRAPPED, Kind.NESTED}:
        return f"{root} has an image archive, which must be unpacked itself"
    if kind in {Kind.EMPTY, Kind.NOT_A_TAR}:
        return f"{root} is empty"
    return f"{root} does not have a root filesystem"


def _left(archive: Archive) -> str:
    """What a program that does not know whiteouts leaves."""
    count = len(archive.entries.whiteouts)
    if not count:
        return ""
    what = "1 whiteout is kept as a file" if count == 1 else f"{count} whiteouts are kept as files"
    return f"; {what}: the program does not know names that begin with .wh."
