"""The members of an archive, looked up as an extraction to a directory would leave them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from checker.model.blob import Blob
from checker.model.document import Document
from checker.model.entries import DIRECTORY, HARD_LINK, SYMLINK, Entries, Entry, clean_path
from checker.model.names import Digest

_MOST_WRAPS = 32
LINKS_FOLLOWED = 40
"""Links that one lookup follows, as Linux does (path_resolution(7))."""


# More parents than any archive of an image has; a document may name a path of millions.
_PARENTS = 256


class Members:
    """Entries of the archive and what was read of them.

    Args:
        entries: All entries, in order.
        blobs: Content of the regular files that were read, by position.
    """

    __slots__ = ("blobs", "entries")

    def __init__(self, entries: Entries, blobs: Mapping[int, Blob]) -> None:
        self.entries = entries
        self.blobs = blobs

    def __contains__(self, path: str) -> bool:
        return path in self.entries.by_path

    @property
    def wrapping_directory(self) -> str | None:
        """The deepest directory that contains all members, files of macOS aside; None if none does.

        Engines read the top level only, however the archive was packed.
        """
        paths = [path for path in self.entries.by_path if path and not _is_of_macos(path)]
        files = [path for path in paths if not self._is_directory(path)] or paths
        if not files:
            return None
        shared = posixpath.commonpath(files)
        if len(files) == 1 and not self._is_directory(files[0]):
            shared = posixpath.dirname(shared)
        return "/".join(shared.split("/")[:_MOST_WRAPS]) or None

    def _is_directory(self, path: str) -> bool:
        return chr(self.entries.kinds[self.entries.by_path[path]]) == DIRECTORY

    def find(self, path: str) -> Entry | None:
        """The entry at a path: the last of that name, links followed inside the archive."""
        position = self._position_of(path)
        return None if position is None else self.entries[position]

    def _position_of(self, path: str) -> int | None:
        # By position, because an index may ask for many thousands of blobs, and ask often.
        target = clean_path(path)
        for _ in range(LINKS_FOLLOWED):
            position = self.entries.by_path.get(target)
            kind = None if position is None else chr(self.entries.kinds[position])
            if position is None:
                target_through_parent = self._through_parents(target)
                if target_through_parent is None:
                    return None
                target = target_through_parent
            elif kind == SYMLINK:
                target = _link_target(self.entries[position])
            elif kind == HARD_LINK:
                target = clean_path(self.entries.linknames.get(position, ""))
            else:
                return position
        return None

    def _through_parents(self, path: str) -> str | None:
        """The path with the first symlink among its parents replaced by its target."""
        parts = path.split("/")
        for count in range(1, min(len(parts), _PARENTS)):
            position = self.entries.by_path.get("/".join(parts[:count]))
            if position is not None and chr(self.entries.kinds[position]) == SYMLINK:
                target = _link_target(self.entries[position])
                return clean_path(posixpath.join(target, *parts[count:]))
        return None

    def blob(self, path: str) -> Blob | None:
        """The content at a path; None if it is not a regular file."""
        position = self._position_of(path)
        return None if position is None else self.blobs.get(position)

    def document(self, path: str) -> Document | None:
        """The JSON document at a path; None if there is none, or if it does not look like JSON."""
        blob = self.blob(path)
        return None if blob is None else blob.document

    def blob_of(self, digest: Digest | None) -> Blob | None:
        """The content that an image layout keeps under a digest, whether or not it hashes to it."""
        return None if digest is None else self.blob(digest.blob_path)


def _is_of_macos(path: str) -> bool:
    """Whether macOS adds the file: AppleDouble files, their directory in zips, folder settings."""
    parts = path.split("/")
    return parts[0] == "__MACOSX" or parts[-1] == ".DS_Store" or parts[-1].startswith("._")


def _link_target(entry: Entry) -> str:
    if entry.linkname.startswith("/"):
        return clean_path(entry.linkname)
    return clean_path(posixpath.join(entry.parent, entry.linkname))
