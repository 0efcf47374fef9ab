"""The content of members, as far as it was read here."""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.entries import DIRECTORY, HARD_LINK, SYMLINK
from checker_engines.answers.undecided import Undecided, partly_hashed, unread_of

_LINKS_MAX = 40
NO_FILE = "no such file or directory"
IS_DIRECTORY = "is a directory"
LOOP = "too many levels of symbolic links"


class NoFileError(Exception):
    """A file of a directory cannot be read; the message is that of the system."""


def file_of(archive: Archive, path: str) -> Blob | None:
    """The content of a file of a directory, links followed; None if it is empty.

    Raises:
        NoFileError: There is no such file.
        Undecided: It was not read.
    """
    entries, pending, found = archive.tar.entries, path.split("/")[::-1], ""
    followed = 0
    while pending:
        part = pending.pop()
        if part in {"", "."}:
            continue
        found = found.rpartition("/")[0] if part == ".." else f"{found}/{part}".lstrip("/")
        position = entries.by_path.get(found)
        kind = DIRECTORY if position is None else chr(entries.kinds[position])
        if position is None or kind not in {HARD_LINK, SYMLINK}:
            continue
        followed += 1
        if followed > _LINKS_MAX:
            raise NoFileError(LOOP)
        target = entries.linknames.get(position, "")
        found = "" if kind == HARD_LINK else found.rpartition("/")[0]
        pending += target.split("/")[::-1]
    position = entries.by_path.get(found)
    if position is None and found not in entries.directories:
        raise NoFileError(NO_FILE)
    if position is None or chr(entries.kinds[position]) == DIRECTORY:
        raise NoFileError(IS_DIRECTORY)
    return member_at(archive, position)


def raw_of(blob: Blob | None) -> bytes:
    """The first bytes of a file: all of what looks like JSON.

    Raises:
        Undecided: They were not read.
    """
    if blob is None:
        return b""
    if blob.document is not None:
        return blob.document.raw
    if blob.unparsed:
        return blob.unparsed
    if blob.limits:
        raise Undecided(blob.limits[0])
    return blob.tar.head if blob.tar is not None else b""


def member_at(archive: Archive, position: int) -> Blob | None:
    """The content of a member; None if it is empty.

    Raises:
        Undecided: It was not read, or not to its end.
    """
    blob = archive.members.blobs.get(position)
    if blob is None:
        reached = unread_of(archive) if archive.entries.sizes[position] else None
    else:
        reached = partly_hashed(blob)
    if reached is not None:
        raise Undecided(reached)
    return blob
