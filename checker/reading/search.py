"""Finds the archives below a directory: files by their first bytes, directories by what is in them.

Links are not followed. Directories whose names begin with a dot and those of version control are
ignored, and so are the files that macOS writes beside others (``._name``).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from itertools import islice

from checker.interpretation.kind import is_dir_layout, is_image_directory
from checker.model.compression import CompressionKind
from checker.model.entries import WINDOWS_DIRECTORIES
from checker.model.limits import Limits
from checker.model.names import (
    DOCKER_ENV,
    INDEX_JSON,
    MANIFEST_JSON,
    OCI_LAYOUT,
    REPOSITORIES,
    ROOT_DIRECTORIES,
)
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.records import NamedTuple

MOST_FILES = 200_000
DEEPEST = 64
_APPLE_DOUBLE = "._"
_HIDDEN = "."
_VERSION_CONTROL = frozenset({"CVS", "SCCS", "RCS", "_darcs"})
_ARCHIVE_NAME = re.compile(
    r".+\.(?:tar|t[bgx]z|tbz2|tzst|tlz4?)(?:\.(?:gz|bz2|xz|zst|zstd|lz4|lzma|lz))?"
    r"(?:\.(?:\d{1,4}|a[a-z]|part[-_.]?\w{1,4}))?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_ID = re.compile(r"[0-9a-f]{64}")
# Enough for the first block of bzip2, which is decompressed as a whole.
_SAMPLE = 1 << 20
_PIECE = 1 << 16
_USTAR = slice(257, 262)
_USTAR_MAGIC = b"ustar"
_MOST_LAYERS_TRIED = 64
_SURE = 3
_ROOT_FILES = ("etc/passwd", "etc/os-release", "usr/lib/os-release")
_LAYER = "layer.tar"
_BLOBS = "blobs"
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Found(NamedTuple):
    """What is below a directory.

    Attributes:
        files: Paths of the files that are archives, or named like archives.
        directories: Paths of the directories that are images or root filesystems, and of those
            that cannot be listed.
        others: Number of other files.
    """

    files: tuple[str, ...]
    directories: tuple[str, ...]
    others: int

    @property
    def archives(self) -> tuple[str, ...]:
        """All paths, in the order of their names."""
        return tuple(sorted((*self.files, *self.directories), key=_parts))


class SearchError(Exception):
    """There is too much below a directory to look at all of it."""


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def is_one_archive(directory: str) -> bool:
    """Whether a directory is surely an image or a root filesystem itself.

    Args:
        directory: Its path; a link there is followed.

    Raises:
        OSError: It cannot be listed.
    """
    names = frozenset(islice(_names(directory), MOST_FILES))
    return _is_image(directory, names) or _is_root(directory, names)


def find_archives(directory: str) -> Found:
    """Find the archives below a directory that is not one itself.

    Args:
        directory: Its path.

    Raises:
        SearchError: There are more than ``MOST_FILES`` names below it, or more than ``DEEPEST``
            directories in one another.
    """
    search = _Search(directory)
    search.run()
    return Found(tuple(search.files), tuple(search.directories), search.others)


class _Pending(NamedTuple):
    path: str
    depth: int


class _Search:
    def __init__(self, top: str) -> None:
        self._top = top
        self._seen = 0
        self.files: list[str] = []
        self.directories: list[str] = []
        self.others = 0

    def run(self) -> None:
        pending = [_Pending(self._top, 0)]
        while pending:
            place = pending.pop()
            if place.depth > DEEPEST:
                raise SearchError(
                    f"more than {DEEPEST} directories in one another below {self._top}"
                )
            pending.extend(_Pending(path, place.depth + 1) for path in self._list(place))

    def _list(self, place: _Pending) -> list[str]:
        """Look at what is in a directory; the directories to go on with."""
        below: list[str] = []
        try:
            with os.scandir(place.path) as items:
                for item in items:
                    self._count()
                    if item.is_dir(follow_symlinks=False):
                        below.extend(self._directory(item))
                    else:
                        self._file(item)
        except OSError:
            # Reading it as an archive says why.
            self.directories.append(place.path)
        return below

    def _count(self) -> None:
        self._seen += 1
        if self._seen > MOST_FILES:
            raise SearchError(f"more than {MOST_FILES:,} files below {self._top}")

    def _directory(self, item: os.DirEntry[str]) -> Iterator[str]:
        if item.name.startswith(_HIDDEN) or item.name in _VERSION_CONTROL:
            return
        try:
            is_archive = is_one_archive(item.path)
        except OSError:
            is_archive = True
        if is_archive:
            self.directories.append(item.path)
        else:
            yield item.path

    def _file(self, item: os.DirEntry[str]) -> None:
        if not item.name.startswith(_APPLE_DOUBLE) and _is_archive(item):
            self.files.append(item.path)
        else:
            self.others += 1


def _names(directory: str) -> Iterator[str]:
    with os.scandir(directory) as items:
        yield from (item.name for item in items)


def _is_image(directory: str, names: frozenset[str]) -> bool:
    if OCI_LAYOUT in names or {INDEX_JSON, _BLOBS} <= names or is_dir_layout(names):
        return True
    layers = _layers(directory, names)
    is_listed = MANIFEST_JSON in names or REPOSITORIES in names
    return (is_listed or bool(layers)) and is_image_directory(names | layers)


def _layers(directory: str, names: frozenset[str]) -> frozenset[str]:
    """The layers of a directory as ``docker save`` wrote it, each in a directory."""
    tried = (f"{name}/{_LAYER}" for name in names if _ID.fullmatch(name))
    return frozenset(
        path
        for path in islice(tried, _MOST_LAYERS_TRIED)
        if os.path.lexists(os.path.join(directory, path))
    )


def _is_root(directory: str, names: frozenset[str]) -> bool:
    if DOCKER_ENV in names or len(names & ROOT_DIRECTORIES) >= _SURE:
        return True
    if len(names & WINDOWS_DIRECTORIES) > 1:
        return True
    return any(os.path.lexists(os.path.join(directory, path)) for path in _ROOT_FILES)


def _is_archive(item: os.DirEntry[str]) -> bool:
    """Whether a file is an archive by its first bytes, or ought to be by its name."""
    if not item.is_file(follow_symlinks=False):
        return False
    if _ARCHIVE_NAME.fullmatch(item.name):
        return True
    try:
        file = os.open(item.path, _OPEN)
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(file).st_mode) and _begins_as_archive(file)
    except OSError:
        return False
    finally:
        os.close(file)


def _begins_as_archive(file: int) -> bool:
    head = os.pread(file, BLOCK, 0)
    kind = detect(head[:MAGIC_SIZE])
    if kind is CompressionKind.NONE:
        return _is_header(head)
    inflated = _first_block(file, kind)
    return _is_header(inflated) or detect(inflated[:MAGIC_SIZE]) is not CompressionKind.NONE


def _is_header(block: bytes) -> bool:
    return block[_USTAR] == _USTAR_MAGIC or looks_like_header(block)


def _first_block(file: int, kind: CompressionKind) -> bytes:
    """The first bytes that are compressed in a file."""
    inflater = Inflater(kind, Limits())
    block = b""
    try:
        for data in _sample(file):
            for piece in inflater.feed(data):
                block += piece[: BLOCK - len(block)]
                if len(block) == BLOCK:
                    return block
    except LimitError:
        return b""
    return block


def _sample(file: int) -> Iterator[bytes]:
    for offset in range(0, _SAMPLE, _PIECE):
        piece = os.pread(file, _PIECE, offset)
        if not piece:
            return
        yield piece
