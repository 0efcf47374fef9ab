"""TRP009: a piece of a file that was split."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.checks.fix import quoted
from checker.model.damage import Piece, PiecePosition
from checker_transport.transport import TransportCheck

_TITLE = "join all pieces in order"


class PieceOfSplitFile(TransportCheck):
    """The file is a piece of a split file.

    What it means:
        The archive was split into pieces, for a medium or a service that limits the size of files.
        This file is one of them: it ends early at a round size, or begins within an archive or
        compressed data. The message says what shows it. A download that ended at a round size looks
        the same.

    Why it matters:
        A single piece cannot be loaded. Engines fail with "unexpected EOF" for the first piece, and
        with "invalid tar header" for the others.

    How to fix it:
        Join all pieces in order, then check the result:

            cat image.tar.part* > image.tar

    References:
        - POSIX.1-2017, split: the names of the pieces end in aa, ab, …
    """

    id = "TRP009"
    name = "piece-of-split-file"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report a piece."""
        damage = archive.damage
        if isinstance(damage, Piece):
            yield self.finding(
                archive,
                f"the file of {archive.size} bytes looks like {damage.position} of a split file: "
                f"{damage.evidence}{_end(damage, archive)}",
                at={"offset": _offset(damage, archive)},
                fix=_fix(damage, archive),
            )


def _end(damage: Piece, archive: Archive) -> str:
    if damage.position is not PiecePosition.FIRST:
        return ""
    cut = archive.compression.error or (archive.tar.fatal and archive.tar.fatal.detail)
    return f", and {cut}" if cut else ""


def _offset(damage: Piece, archive: Archive) -> int:
    return archive.size if damage.position is PiecePosition.FIRST else 0


def _fix(damage: Piece, archive: Archive) -> Fix:
    """The command names the pieces where their common name is known and can be shown."""
    directory, slash, _ = archive.path.rpartition("/")
    if damage.stem is None:
        return Fix(_TITLE)
    stem = quoted(f"{directory}{slash}{damage.stem}")
    return Fix(_TITLE, Command(f"cat {stem}* > FIXED"))
