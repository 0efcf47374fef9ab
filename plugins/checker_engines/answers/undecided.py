"""What an engine does is not known, since a limit ended the reading of what it would read."""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.limits import ENDING, LimitReached
from checker.model.work import OutOfWork
from checker.verdicts import Verdict, VerdictOutcome

_MEMBERS = "members"
# Of a document that is too large or too deep, all bytes are hashed.
_HASHED = frozenset({"json_size", "json_depth"})


class Undecided(OutOfWork):
    """A profile needs what was not read."""


def cut_of(archive: Archive) -> LimitReached | None:
    """The limit that ended the reading of the archive itself, so that members are not known."""
    for reached in archive.limits:
        if reached.member is None and reached.limit in ENDING:
            return reached
    return None


def unread_of(archive: Archive) -> LimitReached | None:
    """The limit on the number of members that are read, if there are more."""
    found = (each for each in archive.limits if each.limit == _MEMBERS)
    return next(found, None)


def partly_hashed(blob: Blob) -> LimitReached | None:
    """The limit because of which the digests of a member are not known."""
    return next((each for each in blob.limits if each.limit not in _HASHED), None)


def undecided(verdict: Verdict, reached: LimitReached) -> Verdict:
    """A verdict that the archive is not refused as far as it was read."""
    reason = (
        f"not refused as far as the archive was read; what follows is not known: {reached.what}"
    )
    return verdict._replace(
        outcome=VerdictOutcome.ACCEPTS,
        reason=reason,
        message=None,
        rules=("ARC010",),
        limit=reached,
    )
