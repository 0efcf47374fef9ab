"""tar-split, which stores what is needed to reassemble a layer, and refuses duplicate names.

Sources: vbatts/tar-split, tar/storage/packer.go (AddEntry), tar/asm/disassemble.go, and its fork of
archive/tar, as in Docker's classic store and in containers-storage. An entry that it refuses has
already been passed on to the extractor.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from checker.model.collisions import collisions
from checker.model.entries import Entries
from checker.patterns import pattern
from checker.records import NamedTuple

DUPLICATES = "duplicates of file paths not supported"
_INVALID_HEADER = "archive/tar: invalid tar header"
_NUMBER = pattern("[+-]?[0-9]+")
_TIME = pattern(r"[+-]?[0-9]+(?:\.[0-9]*)?")
_RECORDS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("uid", "gid", "size"), _NUMBER),
    **dict.fromkeys(("atime", "ctime", "mtime"), _TIME),
}
_LARGEST = 2**63


class Stop(NamedTuple):
    """Where tar-split ends a stream with an error.

    Attributes:
        position: Position of the entry that it refuses.
        error: Its error.
    """

    position: int
    error: str


def first_duplicate(entries: Entries) -> int | None:
    """Position of the first entry that tar-split refuses; None if there is none."""
    refused = (each for each in collisions(entries) if each.refused)
    return min((each.positions[1] for each in refused), default=None)


def find_stop(entries: Entries) -> Stop | None:
    """The first entry that tar-split refuses.

    It applies the records of a global header to that header itself: ``path`` becomes its name, and
    since tar-split 0.12 an invalid number is an error.
    """
    stops = []
    duplicate = _first_duplicate(entries)
    if duplicate is not None:
        stops.append(Stop(duplicate, DUPLICATES))
    for position, records in entries.global_records.items():
        if any(not _is_valid(key, value) for key, value in records.items()):
            stops.append(Stop(position, _INVALID_HEADER))
            break
    return min(stops, default=None)


def find_old_stop(entries: Entries) -> Stop | None:
    """The same before tar-split 0.12, which ignores invalid numbers in global headers."""
    duplicate = _first_duplicate(entries)
    return None if duplicate is None else Stop(duplicate, DUPLICATES)


def _first_duplicate(entries: Entries) -> int | None:
    renamed = {
        position: records["path"]
        for position, records in entries.global_records.items()
        if records.get("path")
    }
    if not renamed:
        return first_duplicate(entries)
    seen: set[str] = set()
    for position in range(len(entries)):
        name = posixpath.normpath(renamed.get(position) or entries.name(position) or ".")
        if name in seen:
            return position
        seen.add(name)
    return None


def _is_valid(key: str, value: str) -> bool:
    pattern = _RECORDS.get(key)
    if pattern is None or not value:
        return True
    if pattern.fullmatch(value) is None:
        return False
    digits = value.partition(".")[0].lstrip("+-0")
    limit = str(_LARGEST - (not value.startswith("-")))
    return (len(digits), digits) <= (len(limit), limit)
