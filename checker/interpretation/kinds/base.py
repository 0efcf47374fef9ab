"""How a known kind of archive is recognised."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from checker.model.archive import OciLayout
from checker.model.known_kind import KnownKind
from checker.model.members import Members


class Traits(NamedTuple):
    """What a kind is recognised by.

    Attributes:
        members: The members of the archive.
        oci: Its image layout, if it has one.
    """

    members: Members
    oci: OciLayout | None

    def has(self, *paths: str) -> bool:
        """Whether all of some paths exist, be it as parents of others."""
        return all(path in self.members or self.has_below(path) for path in paths)

    def has_below(self, directory: str) -> bool:
        """Whether anything is below a directory."""
        return any(path.startswith(f"{directory}/") for path in self.members.entries.by_path)

    @property
    def top_names(self) -> frozenset[str]:
        """The names at the top level; the top itself, of which tar packs an entry, is not one."""
        return frozenset(path.partition("/")[0] for path in self.members.entries.by_path if path)


class Recognizer(NamedTuple):
    """A kind, and the test for it.

    Attributes:
        kind: The kind.
        fits: Whether an archive is of this kind.
    """

    kind: KnownKind
    fits: Callable[[Traits], bool]
