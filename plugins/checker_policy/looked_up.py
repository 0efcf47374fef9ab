"""Files of a root filesystem as policies name them, and their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker import ContentRequest, Entry, Rootfs, RootfsEntry
from checker.model.entries import SYMLINK
from checker.records import NamedTuple
from checker_policy.patterns import Glob

_SYMLINK = ord(SYMLINK)
SEARCHED = 1 << 20
"""Bytes of each file that patterns are looked for in."""


class Found(NamedTuple):
    """A file of a root filesystem.

    Attributes:
        path: The path at which it was found.
        placed: Its entry, links followed; None of a directory without one.
    """

    path: str
    placed: RootfsEntry | None

    @property
    def entry(self) -> Entry | None:
        """Its entry as a record."""
        return None if self.placed is None else self.placed.entry


class Content(NamedTuple):
    """What is known of the content of a file.

    Attributes:
        text: Its first bytes as text; what is not UTF-8 is replaced.
        is_whole: Whether that is all of it.
    """

    text: str
    is_whole: bool


def find(rootfs: Rootfs, glob: Glob, *, follow: bool) -> Iterator[Found]:
    """The files that a pattern of paths means.

    Args:
        rootfs: The root filesystem.
        glob: A path, or a pattern.
        follow: Whether a symlink at the end of a path is followed.
    """
    if glob.is_path:
        found = find_path(rootfs, glob.text, follow=follow)
        if found is not None:
            yield found
        return
    matches = glob.matcher()
    for placed in _candidates(rootfs, glob):
        path = placed.path
        if matches(path):
            is_link = placed.layer.entries.kinds[placed.position] == _SYMLINK
            end = rootfs.resolve(path) if follow and is_link else placed
            if end is not None:
                yield Found(path, end)


def _candidates(rootfs: Rootfs, glob: Glob) -> Iterable[RootfsEntry]:
    """The entries that a pattern may match, found without a look at each where that is possible."""
    if glob.directory:
        return rootfs.below(glob.directory)
    return iter(rootfs) if glob.last_part is None else rootfs.named(glob.last_part)


def find_path(rootfs: Rootfs, path: str, *, follow: bool) -> Found | None:
    """The file at a path, symlinks of directories followed; None if there is none."""
    end = rootfs.follow(path) if follow else _parent_followed(rootfs, path)
    if end is None:
        return None
    placed = rootfs.get(end) if end else None
    if placed is None and not rootfs.exists(end):
        return None
    return Found(path, placed)


def _parent_followed(rootfs: Rootfs, path: str) -> str | None:
    directory, _, last = path.rpartition("/")
    end = rootfs.follow(directory)
    return None if end is None else f"{end}/{last}".lstrip("/")


def content_of(rootfs: Rootfs, found: Found) -> Content | None:
    """The content of a file; None if it is not a file, or nothing of it was kept."""
    if found.placed is None:
        return None
    file = rootfs.file_of(found.placed)
    kept = rootfs.content(found.placed)
    if file is None or kept is None:
        return None
    return Content(kept.decode("utf-8", "replace"), len(kept) >= file.entry.size)


def digest_of(rootfs: Rootfs, found: Found) -> str | None:
    """The SHA-256 of a file in hexadecimal; None if it is not known."""
    file = None if found.placed is None else rootfs.file_of(found.placed)
    tar = None if file is None or file.layer.blob is None else file.layer.blob.tar
    if file is None or tar is None:
        return None
    if file.entry.is_file and not file.entry.size:
        return _OF_NOTHING
    digest = tar.digests.get(file.position)
    return None if digest is None else digest.hex()


_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def request(glob: Glob, *, limit: int = SEARCHED, digests: bool = False) -> ContentRequest | None:
    """The content of the files that a pattern of paths means; None if that cannot be asked for.

    A path can lead through symlinks, so that the file itself is elsewhere. All files with its name
    are therefore asked for.
    """
    last = glob.last_part
    if last is not None:
        return ContentRequest(endings=frozenset({last}), limit=limit, digests=digests)
    if glob.directory and not digests:
        return ContentRequest(below=frozenset({glob.directory}), limit=limit)
    return None
