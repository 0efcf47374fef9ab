"""What the process that extracts a tar may do: as root, or in a user namespace."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE, Entries
from checker.model.xattrs import XattrError, xattr_errors
from checker.records import NamedTuple

DEVICES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE})
MAPPED_IDS = 65_536
"""The highest ID of a usual user namespace: a user's own one is 0, and those of subuid follow."""
_UNCHANGED = 2**32 - 1
"""The ID that chown(2) does not set."""


class Privileges(NamedTuple):
    """The privileges of a process.

    Attributes:
        highest_id: Highest ID of an owner that it can set; None if all.
        owner: The error for another one: a template with ``{path}``, ``{uid}`` and ``{gid}``, and
            with ``{call}`` for the error of the system call.
        creates_devices: Whether it can create device nodes.
        device: The error for a device node, with ``{path}``, if it cannot; empty if the engine
            leaves device nodes out.
        xattr_errors: Finds the attributes of an entry that it cannot set.
        owns_parents: Whether it can give the directories to root that it creates for entries
            without one.
    """

    highest_id: int | None = None
    owner: str = "{call}"
    creates_devices: bool = True
    device: str = ""
    xattr_errors: Callable[[Entries, int], Iterator[XattrError]] = xattr_errors
    owns_parents: bool = True

    def allow(self, entries: Entries) -> bool:
        """Whether nothing in a tar can need more privileges."""
        if self is ROOT:
            return True
        return (
            self.owns_parents
            and not entries.xattrs
            and (self.creates_devices or next(entries.of_kind(*DEVICES), None) is None)
            and self._are_mapped(entries.uids)
            and self._are_mapped(entries.gids)
        )

    def can_own(self, number: int) -> bool:
        """Whether an ID can be that of an owner."""
        highest = self.highest_id
        number &= _UNCHANGED
        return highest is None or number <= highest or number == _UNCHANGED

    def _are_mapped(self, ids: array[int]) -> bool:
        highest = self.highest_id
        return highest is None or not ids or (min(ids) >= 0 and max(ids) <= highest)


ROOT = Privileges()
"""Root of the host."""
