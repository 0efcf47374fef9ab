"""The files that are compared: of a merged root filesystem, or of one layer as it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.model.entries import DIRECTORY, HARD_LINK, KIND_NAMES, REGULAR, Entry, clean_path
from checker.model.image import Layer
from checker.model.rootfs import RootfsEntry, follow_hard_links
from checker.records import NamedTuple
from checker.typing_names import Protocol

_FILE_KINDS = frozenset("07S")


class Tree(Protocol):
    """Files by path."""

    def __iter__(self) -> Iterator[RootfsEntry]:
        """Every entry."""
        ...

    def get(self, path: str) -> RootfsEntry | None:
        """The entry at a cleaned path."""
        ...

    def exists(self, path: str) -> bool:
        """Whether there is an entry at a cleaned path or below it."""
        ...

    def file_of(self, found: RootfsEntry) -> RootfsEntry | None:
        """The entry with the content: of a hard link, the file that it links to."""
        ...


class LayerTree:
    """The entries of one layer, whiteouts included.

    Args:
        layer: The layer.
    """

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._entries = layer.entries

    def __iter__(self) -> Iterator[RootfsEntry]:
        """Every entry; of entries with the same path the last."""
        return (RootfsEntry(self._layer, at) for at in self._entries.by_path.values())

    def get(self, path: str) -> RootfsEntry | None:
        """The entry at a cleaned path."""
        position = self._entries.by_path.get(path)
        return None if position is None else RootfsEntry(self._layer, position)

    def exists(self, path: str) -> bool:
        """Whether there is an entry at a cleaned path or below it."""
        return path in self._entries.by_path or path in self._entries.directories

    def file_of(self, found: RootfsEntry) -> RootfsEntry | None:
        """The entry with the content; a hard link to a file of a lower layer has none here."""
        return follow_hard_links(found, self._target_of)

    def _target_of(self, link: RootfsEntry) -> RootfsEntry | None:
        target = clean_path(link.entry.linkname)
        before = self._entries.last_before(target, link.position)
        return self.get(target) if before is None else RootfsEntry(self._layer, before)


class FileFacts(NamedTuple):
    """What is compared of a file.

    Attributes:
        kind: Type flag of the tar header; ``0`` for every form of a regular file.
        mode: Permission bits; None of links, whose mode has no meaning.
        uid: Owner.
        gid: Group.
        size: Size of the content in bytes; 0 of what has none.
        content: SHA-256 of the content; None if it was not computed.
        target: Target of a symbolic link, or of a hard link to something absent.
        device: Major and minor number of a device node.
        xattrs: Extended attributes.
        mtime: Modification time in whole seconds since 1970.
    """

    kind: str
    mode: int | None
    uid: int
    gid: int
    size: int
    content: bytes | None
    target: str
    device: tuple[int, int] | None
    xattrs: Mapping[str, bytes]
    mtime: int

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return KIND_NAMES.get(self.kind, f"entry of type {self.kind!r}")


def facts_of(tree: Tree, found: RootfsEntry) -> FileFacts:
    """What is compared of an entry; a hard link has the properties of the file it links to."""
    file = tree.file_of(found)
    return _facts(found if file is None else file)


def is_directory(found: RootfsEntry) -> bool:
    """Whether an entry is a directory."""
    return found.layer.entries.kinds[found.position] == ord(DIRECTORY)


def _facts(found: RootfsEntry) -> FileFacts:
    entry = found.entry
    kind = REGULAR if entry.kind in _FILE_KINDS else entry.kind
    blob = found.layer.blob
    digests = {} if blob is None or blob.tar is None else blob.tar.digests
    return FileFacts(
        kind=kind,
        mode=None if entry.is_symlink else entry.mode & 0o7777,
        uid=entry.uid,
        gid=entry.gid,
        size=entry.size if kind == REGULAR else 0,
        content=digests.get(entry.position),
        target=_target(entry),
        device=entry.device,
        xattrs=entry.xattrs,
        mtime=entry.mtime,
    )


def _target(entry: Entry) -> str:
    return entry.linkname if entry.is_symlink or entry.is_hard_link else ""


def linked_paths(tree: Tree) -> dict[str, frozenset[str]]:
    """The paths of each file that has several, by each of these paths."""
    # Layers are not hashable, and the same file is always in the same one.
    groups: dict[tuple[int, int], _Linked] = {}
    for found in tree:
        if found.layer.entries.kinds[found.position] == ord(HARD_LINK):
            file = tree.file_of(found)
            if file is not None:
                key = (id(file.layer), file.position)
                groups.setdefault(key, _Linked(file, set())).paths.add(found.path)
    for file, paths in groups.values():
        own = tree.get(file.path)
        if own is not None and own.layer is file.layer and own.position == file.position:
            paths.add(file.path)
    return {path: frozenset(paths) for _, paths in groups.values() for path in paths}


class _Linked(NamedTuple):
    """A file, and the paths that were found so far."""

    file: RootfsEntry
    paths: set[str]
