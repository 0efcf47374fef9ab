"""Root filesystems and their files, as tests ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from checker.model.entries import clean_path
from checker.model.rootfs import Rootfs, RootfsEntry
from checker.reports.printable import printable
from checker.reports.wording import size_words
from checker.suggestion import nearest

TEXT_LIMIT = 1 << 20
"""Bytes of a file that ``text`` and ``content`` give at most."""

_COMPARED = 500
"""Paths of a directory that a missing one is compared with, to suggest the nearest."""

ReadContent = Callable[[RootfsEntry, int], bytes]
"""Reads the first bytes of a file: the entry that has its content, and how many bytes."""


class Mode(int):
    """Permission bits, which failures show in octal."""

    def __repr__(self) -> str:
        return f"{self:#o}"


class MissingPathError(KeyError):
    """A path is not in a root filesystem; the message names the nearest one that is."""

    def __str__(self) -> str:
        return str(self.args[0])


class RootFile:
    """One path of a root filesystem.

    What is asked of it is answered for what the path leads to, symlinks followed, as ``pathlib``
    does; only ``is_symlink`` and ``target`` are about the path itself.

    Attributes:
        path: The path, without a leading slash.
    """

    def __init__(self, root: RootView, path: str, own: RootfsEntry | None) -> None:
        self.path = path
        self._root = root
        self._own = own

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        found = self._root.resolved(self.path)
        content = None if found is None else self._root.rootfs.file_of(found)
        return content is not None and content.entry.is_file

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory; one that only has entries below it is, too."""
        found = self._root.resolved(self.path)
        return self._own is None or (found is not None and found.entry.is_directory)

    @property
    def is_symlink(self) -> bool:
        """Whether the path itself is a symbolic link."""
        return self._own is not None and self._own.entry.is_symlink

    @property
    def target(self) -> str:
        """What the symbolic link points to, as written there; empty if it is none."""
        return "" if self._own is None or not self.is_symlink else self._own.entry.linkname

    @property
    def mode(self) -> Mode:
        """Permission bits, such as ``0o755``."""
        __tracebackhide__ = True
        return Mode(self._found.entry.mode & 0o7777)

    @property
    def uid(self) -> int:
        """Owner."""
        __tracebackhide__ = True
        return self._found.entry.uid

    @property
    def gid(self) -> int:
        """Group."""
        __tracebackhide__ = True
        return self._found.entry.gid

    @property
    def is_executable(self) -> bool:
        """Whether anybody may execute it."""
        return self.is_file and bool(self.mode & 0o111)

    @property
    def size(self) -> int:
        """Size of the content in bytes."""
        __tracebackhide__ = True
        return self._content.entry.size

    @property
    def layer(self) -> int:
        """The layer that it is in, counted from 0 (the base layer)."""
        return self._found.layer.position

    @property
    def content(self) -> bytes:
        """The content.

        Raises:
            ValueError: It has more bytes than `TEXT_LIMIT`; ``head`` gives the first ones.
            UnreadableError: The archive cannot be read any more.
        """
        if self.size > TEXT_LIMIT:
            raise ValueError(f"{self!r} has more than {TEXT_LIMIT} bytes: use head(count)")
        return self.head(TEXT_LIMIT)

    @property
    def text(self) -> str:
        """The content as UTF-8; see ``content``. Bytes that are not become U+FFFD."""
        return self.content.decode("utf-8", "replace")

    def head(self, count: int) -> bytes:
        """The first bytes of the content, at most `TEXT_LIMIT`."""
        return self._root.read(self._content, min(count, TEXT_LIMIT))

    @property
    def _found(self) -> RootfsEntry:
        __tracebackhide__ = True
        found = self._root.resolved(self.path)
        if found is None:
            raise MissingPathError(f"{self!r} has no entry")
        return found

    @property
    def _content(self) -> RootfsEntry:
        __tracebackhide__ = True
        found = self._root.rootfs.file_of(self._found)
        if found is None or not found.entry.is_file:
            raise ValueError(f"{self!r} is not a regular file")
        return found

    def __repr__(self) -> str:
        if self._own is None:
            return f"<{printable(self.path)}: directory, without an entry>"
        found = self._root.resolved(self.path)
        if found is None:
            return f"<{printable(self.path)}: symlink to {printable(self.target)}, dangling>"
        entry = found.entry
        traits = [entry.kind_name, f"{entry.mode & 0o7777:04o}", f"{entry.uid}:{entry.gid}"]
        if entry.is_file:
            traits.append(size_words(entry.size))
        if self._root.is_layered:
            traits.append(f"layer {found.layer.position} of {self._root.label}")
        return f"<{printable(self.path)}: {', '.join(traits)}>"


class RootView:
    """The merged root filesystem of an image, or that of a flat archive.

    ``root["etc/passwd"]`` is a file, ``"etc/passwd" in root`` asks for one, iteration gives the
    paths. A leading slash makes no difference.

    Args:
        rootfs: The facts.
        label: What failures call it.
        read: Reads content.
    """

    def __init__(self, rootfs: Rootfs, label: str, read: ReadContent) -> None:
        self.rootfs = rootfs
        self.label = printable(label)
        self.read = read

    @property
    def is_layered(self) -> bool:
        """Whether it is made of the layers of an image."""
        return self.rootfs.image is not None

    def __getitem__(self, path: str) -> RootFile:
        __tracebackhide__ = True
        found = self.get(path)
        if found is None:
            raise MissingPathError(self._missing(clean_path(path)))
        return found

    def get(self, path: str) -> RootFile | None:
        """What is at a path; None if nothing is. A link that leads nowhere is there."""
        wanted = clean_path(path)
        directory, _, name = wanted.rpartition("/")
        inside = self.rootfs.follow(directory)
        if inside is None:
            return None
        place = f"{inside}/{name}" if inside else name
        own = self.rootfs.get(place)
        is_there = own is not None or self.rootfs.exists(place)
        return RootFile(self, wanted, own) if is_there else None

    def glob(self, pattern: str) -> list[RootFile]:
        """The files whose whole path fits a pattern of ``fnmatch``, such as ``etc/*.conf``.

        A star fits slashes as well.
        """
        wanted = pattern.lstrip("/")
        found = (self.get(path) for path in self if fnmatchcase(path, wanted))
        return [file for file in found if file is not None]

    def resolved(self, path: str) -> RootfsEntry | None:
        """The entry that a path leads to, symlinks followed."""
        return self.rootfs.resolve(path)

    def __contains__(self, path: str) -> bool:
        return self.get(path) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(each.path for each in self.rootfs if each.path))

    def __len__(self) -> int:
        return len(self.rootfs)

    def __repr__(self) -> str:
        return f"<root filesystem of {self.label}: {len(self)} entries>"

    def _missing(self, path: str) -> str:
        name = path.rpartition("/")[2]
        same = sorted(each.path for each in self.rootfs.named(name)) if name else []
        if same:
            hint = f"; {printable(same[0])} is"
        else:
            directory = self.rootfs.follow(path.rpartition("/")[0])
            beside = self.rootfs.below(directory) if directory else ()
            hint = nearest(path, (each.path for each in beside[:_COMPARED]))
        return f"{printable(path)} is not in {self!r}{hint}"
