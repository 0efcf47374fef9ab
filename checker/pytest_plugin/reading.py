"""The archives of a test session: each is read once, whichever process runs the tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from checker.model.archive import Archive
from checker.model.entries import Entries
from checker.model.image import Image
from checker.model.limits import Limits
from checker.model.rootfs import RootfsEntry
from checker.parallel.crossing import packed, unpacked
from checker.reading.inflated import InflatedBlobs
from checker.reading.opened import OpenArchive, reopen
from checker.records import NamedTuple
from checker.results import CheckedArchive
from checker.session import Session


class Subject(NamedTuple):
    """What a test is about: an archive, or one image of it.

    Attributes:
        session: The session that read it.
        checked: The archive and its results.
        image: The image; None for the archive as a whole.
        read: Reads the content of files.
    """

    session: Session
    checked: CheckedArchive
    image: Image | None
    read: Callable[[RootfsEntry, int], bytes]

    @property
    def archive(self) -> Archive:
        """The facts of the archive."""
        assert self.checked.archive is not None
        return self.checked.archive

    @property
    def label(self) -> str:
        """What tests and failures call it."""
        return self.checked.path if self.image is None else self.image.label


class Bytes:
    """The content of files of one archive, which is opened when a test asks for some.

    Args:
        archive: The facts.
        limits: Limits of the reading.
    """

    def __init__(self, archive: Archive, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._stack = ExitStack()
        self._opened: tuple[OpenArchive, InflatedBlobs] | None = None

    def read(self, file: RootfsEntry, count: int) -> bytes:
        """The first bytes of a file.

        Args:
            file: The entry that has the content.
            count: How many bytes, at most.

        Raises:
            UnreadableError: The archive cannot be read any more.
        """
        if not file.entry.size:
            return b""
        opened, blobs = self._open()
        blob = file.layer.blob
        if blob is None or blob.position < 0:
            return _first(opened.member(file.position), count)
        entries = file.layer.entries
        tar = blobs.of(blob)
        if file.position not in entries.sparse:
            span = entries.content(file.position)
            return tar.read(span.offset, min(count, span.length))
        return _sparse(entries, file.position, tar.read, count)

    def _open(self) -> tuple[OpenArchive, InflatedBlobs]:
        if self._opened is None:
            opened = reopen(self._archive, self._limits)
            self._stack.callback(opened.close)
            blobs = InflatedBlobs(opened)
            self._stack.callback(blobs.close)
            self._opened = (opened, blobs)
        return self._opened

    def close(self) -> None:
        """Close the archive."""
        self._stack.close()


def _first(chunks: Iterator[bytes], count: int) -> bytes:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) >= count:
            break
    return bytes(data[:count])


def _sparse(
    entries: Entries, position: int, read: Callable[[int, int], bytes], count: int
) -> bytes:
    """The first bytes of a sparse file, its holes filled with zeros."""
    data = bytearray(min(count, entries.sizes[position]))
    stored = entries.content(position).offset
    for hole_end, length in entries.sparse[position]:
        there = read(stored, max(0, min(length, len(data) - hole_end)))
        data[hole_end : hole_end + len(there)] = there
        stored += length
    return bytes(data)


class Reading:
    """The archives of a session, read or received from the process that read them.

    Args:
        session: Checks them.
        checked: The archives and their results.
    """

    def __init__(self, session: Session, checked: Sequence[CheckedArchive]) -> None:
        self.session = session
        self.checked = tuple(checked)
        self._bytes = [
            Bytes(one.archive, session.settings.limits) for one in checked if one.archive
        ]

    @property
    def archives(self) -> list[Subject]:
        """The archives."""
        pairs = zip(self.checked, self._bytes, strict=True)
        return [Subject(self.session, checked, None, data.read) for checked, data in pairs]

    @property
    def images(self) -> list[Subject]:
        """The images of all archives; an archive without images stands for its root."""
        return [
            subject._replace(image=image)
            for subject in self.archives
            for image in subject.archive.images or (None,)
        ]

    def close(self) -> None:
        """Close the archives."""
        for each in self._bytes:
            each.close()


def read_archives(session: Session, paths: Sequence[str]) -> Reading:
    """Read, classify and check archives.

    Raises:
        UnreadableError: One cannot be read.
        PluginError: No rules are loaded.
    """
    return Reading(session, [session.check(path) for path in paths])


def hand_over(reading: Reading, directory: str) -> str:
    """Write what was read to a file for the workers of pytest-xdist; returns its path.

    Args:
        reading: The archives.
        directory: A directory that no other user can write to, since the file is executed as
            Python's pickles are.
    """
    with tempfile.NamedTemporaryFile(dir=directory, suffix=".facts", delete=False) as file:
        file.write(packed(reading.checked))
    return file.name


def receive(session: Session, path: str) -> Reading:
    """What another process read and handed over; see ``hand_over``."""
    with open(path, "rb") as file:
        return Reading(session, unpacked(file.read()))
