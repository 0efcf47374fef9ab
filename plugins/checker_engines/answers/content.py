"""The content of members, as far as it was read here."""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker_engines.answers.undecided import Undecided, partly_hashed, unread_of


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
