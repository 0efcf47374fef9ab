"""Where the files of an archive are written: a tar, or a directory.

The content of a file is written before its name and size need be known, because a blob is named by
the digest of what compression makes of it.
"""

from __future__ import annotations

import os

from checker.conversion.copying import write_all
from checker.conversion.tar_headers import BLOCK, directory_header, file_header
from checker.typing_names import Protocol

_END = bytes(2 * BLOCK)
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Sink(Protocol):
    """Takes the files of an archive, one after the other."""

    def begin(self) -> int:
        """Begin a file; the descriptor that its content is written to, at its position."""
        ...

    def end(self, name: str) -> None:
        """End a file and give it its name; one with a name that exists already is dropped."""
        ...

    def drop(self) -> None:
        """Give up the file that was begun."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is a file with this name."""
        ...

    def size(self) -> int:
        """The bytes that are written; may be called by another thread.

        Raises:
            OSError: The file was closed in the meantime.
        """
        ...

    def close(self) -> None:
        """No file follows."""
        ...


def add(sink: Sink, name: str, data: bytes) -> None:
    """Add a file with some content."""
    if sink.has(name):
        return
    write_all(sink.begin(), data)
    sink.end(name)


class TarSink:
    """Writes a tar of regular files and the directories that they are in.

    Args:
        file: Descriptor of an empty file that can be sought in.
        mtime: Time of all members.
    """

    def __init__(self, file: int, mtime: int) -> None:
        self._file = file
        self._mtime = mtime
        self._names: set[str] = set()
        self._start = 0

    def begin(self) -> int:
        """Leave space for a header."""
        self._start = os.lseek(self._file, 0, os.SEEK_CUR)
        os.lseek(self._file, BLOCK, os.SEEK_CUR)
        return self._file

    def end(self, name: str) -> None:
        """Write the header into its space, and the padding after the content."""
        if name in self._names:
            self.drop()
            return
        self._names.add(name)
        end = os.lseek(self._file, 0, os.SEEK_CUR)
        size = end - self._start - BLOCK
        write_all(self._file, bytes(-size % BLOCK))
        header = file_header(name, size, self._mtime)
        os.pwrite(self._file, header, self._start)

    def size(self) -> int:
        """The bytes that are written."""
        return os.fstat(self._file).st_size

    def drop(self) -> None:
        """Go back to where the file began."""
        os.lseek(self._file, self._start, os.SEEK_SET)
        os.ftruncate(self._file, self._start)

    def has(self, name: str) -> bool:
        """Whether there is a member with this name."""
        return name in self._names

    def add_directory(self, name: str) -> None:
        """Add a directory."""
        if name not in self._names:
            self._names.add(name)
            write_all(self._file, directory_header(f"{name}/", self._mtime))

    def close(self) -> None:
        """Write the end of the archive."""
        write_all(self._file, _END)


class DirectorySink:
    """Writes files below a directory.

    Args:
        root: The directory, which exists.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._names: set[str] = set()
        self._file = -1
        self._temporary = os.path.join(root, ".part")
        self._ended = 0

    def begin(self) -> int:
        """Begin a file with a name for the time being."""
        self._file = os.open(self._temporary, _CREATE, 0o666)
        return self._file

    def end(self, name: str) -> None:
        """Give the file its name."""
        if name in self._names:
            self.drop()
            return
        self._names.add(name)
        self._ended = self.size()
        self._close()
        path = os.path.join(self._root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.rename(self._temporary, path)

    def size(self) -> int:
        """The bytes that are written.

        Raises:
            OSError: The file was closed in the meantime.
        """
        return self._ended + (os.fstat(self._file).st_size if self._file >= 0 else 0)

    def drop(self) -> None:
        """Remove the file."""
        self._close()
        os.unlink(self._temporary)

    def has(self, name: str) -> bool:
        """Whether there is a file with this name."""
        return name in self._names

    def add_directory(self, name: str) -> None:
        """Add a directory."""
        os.makedirs(os.path.join(self._root, name), exist_ok=True)

    def close(self) -> None:
        """Close the file that was begun, after an error."""
        if self._file >= 0:
            self._close()

    def _close(self) -> None:
        os.close(self._file)
        self._file = -1
