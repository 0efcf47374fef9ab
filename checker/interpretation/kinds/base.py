"""How a known kind of archive is recognised."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from checker.model.archive import OciLayout
from checker.model.document import Document
from checker.model.known_kind import KnownKind
from checker.model.members import Members
from checker.records import NamedTuple


class Traits(NamedTuple):
    """What a kind is recognised by: the members of an archive, or those below a directory of it.

    Attributes:
        members: The members of the archive.
        oci: Its image layout, if it has one.
        directory: The directory that is looked at; empty for the top.
    """

    members: Members
    oci: OciLayout | None
    directory: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all members below the directory, relative to it."""
        start = f"{self.directory}/" if self.directory else ""
        paths = self.members.entries.by_path
        return tuple(
            path.removeprefix(start) for path in paths if path.startswith(start) and path != start
        )

    def has(self, *paths: str) -> bool:
        """Whether all of some paths exist, be it as parents of others."""
        return all(self.is_member(path) or self.has_below(path) for path in paths)

    def is_member(self, path: str) -> bool:
        """Whether there is a member at a path."""
        return posixpath.join(self.directory, path) in self.members

    def has_below(self, directory: str) -> bool:
        """Whether anything is below a directory."""
        start = posixpath.join(self.directory, directory, "")
        return any(path.startswith(start) for path in self.members.entries.by_path)

    def document(self, path: str) -> Document | None:
        """The JSON document at a path; None if there is none, or if it was not read."""
        return self.members.document(posixpath.join(self.directory, path))

    @property
    def top_names(self) -> frozenset[str]:
        """The names at the top level; the top itself, of which tar packs an entry, is not one."""
        return frozenset(path.partition("/")[0] for path in self.paths if path)


class Recognizer(NamedTuple):
    """A kind, and the test for it.

    Attributes:
        kind: The kind.
        fits: Whether an archive is of this kind.
        contains_images: Whether images can be part of it, so that it is more than a directory or a
            tar with an image in it.
    """

    kind: KnownKind
    fits: Callable[[Traits], bool]
    contains_images: bool = False
