"""What a program in C reads of a tar, one step after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.model.entries import GLOBAL_HEADER, Entries
from checker.model.xattrs import XattrError, errors_of, xattr_errors
from checker.records import NamedTuple
from checker.typing_names import TypeAlias


class Remark(NamedTuple):
    """What a program says while it reads.

    Attributes:
        lines: What it prints.
        is_failure: Whether it exits with a failure because of it.
        ends: Whether it reads no more.
        cause: The cause, for a person; empty without one.
        is_after_name: Whether the line begins with the name of the entry, not of the program.
    """

    lines: tuple[str, ...]
    is_failure: bool = True
    ends: bool = False
    cause: str = ""
    is_after_name: bool = False


class Member(NamedTuple):
    """An entry as a program in C reads it.

    Attributes:
        name: Its name.
        kind: Type flag.
        target: Target of a link.
        device: Major and minor number of a device node.
        xattr_errors: Extended attributes that cannot be set.
        mtime: Modification time in seconds since 1970, rounded down, if it is read.
        nanoseconds: What was rounded off.
        sets_twice: Whether its attributes are set before and after its content is written.
        forgets_error: Whether the program does not say why it cannot create the file.
        is_incremental: Whether it has the list of a directory of an incremental archive.
        position: Its position among the entries of the tar; -1 if it is not known.
        written: What the program says of its content if it writes the file.
        skipped: What it says of its content otherwise.
    """

    name: str
    kind: str
    target: str = ""
    device: tuple[int, int] = (0, 0)
    xattr_errors: tuple[XattrError, ...] = ()
    mtime: int = 0
    nanoseconds: int = 0
    sets_twice: bool = False
    forgets_error: bool = False
    is_incremental: bool = False
    position: int = -1
    written: tuple[Remark, ...] = ()
    skipped: tuple[Remark, ...] = ()


Step: TypeAlias = Member | Remark


def members_of(entries: Entries) -> Iterator[Member]:
    """The entries that Go reads, without global headers."""
    for position in range(len(entries)):
        kind = chr(entries.kinds[position])
        if kind != GLOBAL_HEADER:
            yield Member(
                entries.name(position),
                kind,
                entries.linknames.get(position, ""),
                entries.devices.get(position, (0, 0)),
                tuple(xattr_errors(entries, position)),
                entries.mtimes[position],
                position=position,
            )


def errors_in(kind: str, values: Mapping[str, bytes]) -> tuple[XattrError, ...]:
    """The extended attributes of an entry that cannot be set."""
    return tuple(errors_of(kind, values, {name: len(value) for name, value in values.items()}))
