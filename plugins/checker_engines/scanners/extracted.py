"""The files of an image layout that stereoscope reads: of a directory, or extracted from a tar.

stereoscope extracts the regular files of a tar into a temporary directory (stereoscope 0.4.1,
pkg/file/tarutil.go, UntarToDirectory). Links are left out. A later file of the same name overwrites
the first bytes of the earlier one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import DIRECTORY, OWN_SPELLING, REGULAR, Entries
from checker.model.tar import AnomalyKind
from checker.model.untrusted import utf8
from checker.records import NamedTuple
from checker.typing_names import Protocol
from checker_engines.answers.content import IS_DIRECTORY, NO_FILE, member_at, raw_of
from checker_engines.answers.refusal import DAMAGED, NOT_EXTRACTED, Refusal
from checker_engines.answers.undecided import Undecided, cut_of
from checker_engines.filesystem.content import content_error
from checker_engines.ggcr.layout import Directory
from checker_engines.golang.fmt import quote
from checker_engines.golang.tar import not_a_tar_error, tar_error

_NO_DIGEST = ":"
"""A digest that is missing, as it is printed."""
_INDEX = "index.json"
_DIRECTORY, _REGULAR = ord(DIRECTORY), ord(REGULAR)
_NAME_MAX = 255
_FILE_MAX = 16 << 40
_MISSING = ("OCI004", "OCI005", "OCI008")


class Files(Protocol):
    """The files of a layout."""

    def index(self) -> bytes:
        """The content of ``index.json``.

        Raises:
            Refusal: It cannot be read.
        """

    def document(self, digest: str) -> bytes:
        """The content of a document.

        Raises:
            Refusal: It cannot be read.
        """

    def layer(self, digest: str) -> Blob | None:
        """The content of a layer; None if it is empty.

        Raises:
            Refusal: It cannot be read.
        """


class DirectoryFiles:
    """The files of a directory.

    Args:
        archive: The facts of the directory.
    """

    def __init__(self, archive: Archive) -> None:
        self._directory = Directory(archive)

    def index(self) -> bytes:
        """The content of ``index.json``, links followed."""
        return raw_of(self._directory.read(_INDEX))

    def document(self, digest: str) -> bytes:
        """The content of a document."""
        return raw_of(self.layer(digest))

    def layer(self, digest: str) -> Blob | None:
        """The content of a layer."""
        return self._directory.blob(digest or _NO_DIGEST)


class ExtractedFiles:
    """The regular files of a tar, extracted.

    Args:
        archive: The facts of the tar.

    Raises:
        Refusal: It cannot be extracted.
        Undecided: It was not read to its end.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._check_compression()
        extraction = archive.tar.entries.cached(_extracted)
        refusal = extraction.refusal
        if refusal is not None:
            raise Refusal(refusal.message, refusal.reason, refusal.rules)
        self._check_end()
        self._directories, self._files = extraction.directories, extraction.files

    def index(self) -> bytes:
        """The content of ``index.json``."""
        if _INDEX in self._directories:
            reason = f"{_INDEX} is a directory"
            raise Refusal(f"read <tmp>/{_INDEX}: {IS_DIRECTORY}", reason, NOT_EXTRACTED)
        return self._raw(_INDEX)

    def document(self, digest: str) -> bytes:
        """The content of a document, with what is left of longer ones before it."""
        return self._raw(self._path_of(digest))

    def layer(self, digest: str) -> Blob | None:
        """The content of a layer; what is left of longer files follows its end marker."""
        return member_at(self._archive, self._positions(self._path_of(digest))[-1])

    def _path_of(self, digest: str) -> str:
        path = f"blobs/{digest.replace(':', '/', 1)}".rstrip("/")
        if path in self._directories:
            message = f"layout blob {digest or _NO_DIGEST} is not a regular file"
            raise Refusal(message, f"{path} is a directory", (*NOT_EXTRACTED, "OCI008"))
        return path

    def _raw(self, path: str) -> bytes:
        content = b""
        for position in self._positions(path):
            later = raw_of(member_at(self._archive, position))
            content = later + content[len(later) :]
        return content

    def _positions(self, path: str) -> Sequence[int]:
        positions = self._files.get(path)
        if positions is None:
            reason = f"the archive has no regular file {path}; links are not extracted"
            raise Refusal(f"lstat <tmp>/{path}: {NO_FILE}", reason, _MISSING)
        return positions

    def _check_compression(self) -> None:
        archive = self._archive
        if archive.compression.kind is CompressionKind.NONE:
            return
        error = not_a_tar_error(archive.size)
        if error is not None:
            reason = f"the archive is compressed with {archive.compression.kind}: decompress it"
            raise Refusal(error, reason)

    def _check_end(self) -> None:
        tar = self._archive.tar
        error, sizes, fatal = tar_error(tar), tar.entries.sizes, tar.fatal
        is_cut = fatal is not None and fatal.kind is AnomalyKind.TRUNCATED_CONTENT
        if is_cut and sizes and chr(tar.entries.kinds[-1]) == REGULAR:
            name = tar.entries.name(len(sizes) - 1)
            error = f"failed to visit tar entry={quote(name)} : unable to copy file: {error}"
        elif is_cut and sizes and sizes[-1] > _FILE_MAX:
            error = "seek <tmp>: invalid argument"
        if error is not None:
            raise Refusal(error, "the tar cannot be read to its end: get an intact copy", DAMAGED)
        reached = cut_of(self._archive)
        if reached is not None:
            raise Undecided(reached)


class _Extraction(NamedTuple):
    """The files of a tar after an extraction.

    Attributes:
        directories: The directories.
        files: The positions of the entries of each file, in order.
        refusal: The error that ended it; None if there was none.
    """

    directories: AbstractSet[str]
    files: Mapping[str, Sequence[int]]
    refusal: Refusal | None


def _extracted(entries: Entries) -> _Extraction:
    tree = _Tree()
    try:
        for position in range(len(entries)):
            tree.add(entries, position)
    except Refusal as refusal:
        return _Extraction(tree.directories, tree.files, refusal)
    return _Extraction(tree.directories, tree.files, None)


class _Tree:
    """The directory that a tar is extracted to."""

    def __init__(self) -> None:
        self.directories: set[str] = {""}
        self.files: dict[str, list[int]] = {}

    def add(self, entries: Entries, position: int) -> None:
        """Extract an entry.

        Raises:
            Refusal: It cannot be extracted.
        """
        path = entries.paths[position]
        if not path or entries.spellings[position] == OWN_SPELLING:
            _check_place(entries.name(position))
        if entries.kinds[position] == _DIRECTORY:
            if path not in self.files:
                self._make_directories(entries.name(position), path)
        elif entries.kinds[position] == _REGULAR:
            self._add_file(entries, position, path)

    def _add_file(self, entries: Entries, position: int, path: str) -> None:
        directory = path.rpartition("/")[0]
        if directory not in self.directories:
            self._make_directories(entries.name(position), directory)
        if path in self.directories:
            error = f"open <tmp>/{path}: is a directory"
            raise _visiting(entries.name(position), error, f"{path} is a directory as well")
        _check_length(entries.name(position), "open", path)
        if position in entries.sparse:
            damage = content_error(entries, position)
            if damage is not None:
                reason = f"{path} is a damaged sparse file"
                raise _visiting(entries.name(position), f"unable to copy file: {damage}", reason)
        self.files.setdefault(path, []).append(position)

    def _make_directories(self, name: str, path: str) -> None:
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            directory = "/".join(parts[:end])
            if directory in self.files:
                error = f"mkdir <tmp>/{directory}: not a directory"
                raise _visiting(name, error, f"{directory} is a file and a directory")
            _check_length(name, "mkdir", directory)
            self.directories.add(directory)


def _check_place(name: str) -> None:
    joined = posixpath.normpath(f"/<tmp>/{name}")
    if not joined.startswith("/<tmp>/") and name != ".":
        raise _visiting(
            name,
            f"potential path traversal attack with entry: {quote(name)}",
            f"the entry {name!r} is the directory itself or outside of it: pack the archive "
            "without it (tar -cf image.tar *)",
        )


def _check_length(name: str, call: str, path: str) -> None:
    if len(path) > _NAME_MAX // 4 and len(utf8(path.rpartition("/")[2])) > _NAME_MAX:
        reason = f"a name in {path} has more than {_NAME_MAX} bytes"
        raise _visiting(name, f"{call} <tmp>/{path}: file name too long", reason)


def _visiting(name: str, error: str, reason: str) -> Refusal:
    return Refusal(f"failed to visit tar entry={quote(name)} : {error}", reason, NOT_EXTRACTED)
