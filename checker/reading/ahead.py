"""Reads the large layers of a stream while it still comes, and gives back their space on the disk.

A stream is copied to a temporary file, since what has to be read of it is known at its end only. A
layer is read from the copy as soon as all of it is there. What is found is used if the layer turns
out to be wanted, and is what reading it at the end would find. Nothing else looks at the middle of
a layer that was read without trouble, so that part of the copy is then released.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.model.entries import CONTIGUOUS, REGULAR, Span
from checker.model.limits import Limits
from checker.model.location import Location
from checker.reading.blob import Task, read_blob
from checker.reading.layer_cache import LayerCache
from checker.reading.source import Seekable, TarContent
from checker.reading.tar.table import Records
from checker.reading.transport.sample import SAMPLE_SIZE

WORTH = 1 << 20
"""Bytes of the smallest member that is read ahead."""

# What the search for damage may look at: the first bytes of the archive, and those around a fault.
_MARGIN = 2 * SAMPLE_SIZE
_BLOCK = 1 << 12
_KEEP_SIZE, _PUNCH_HOLE = 1, 2
_FILES = frozenset((REGULAR + CONTIGUOUS + "\0").encode())


class LayersAhead:
    """Reads layers of one archive on a thread of its own, in their order.

    Args:
        archive: What the archive is called in the facts.
        plan: Which files' first bytes the checks want.
        limits: Bounds on everything.
        cache: Facts of layers that were read before.
    """

    def __init__(
        self, archive: str, plan: ContentPlan, limits: Limits, cache: LayerCache | None
    ) -> None:
        self._archive = archive
        self._plan = plan
        self._limits = limits
        self._cache = cache
        self._blobs: dict[int, Blob] = {}
        self._next = 0
        self._queue: SimpleQueue[int | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._is_closed = self._is_aborted = False

    def advance(self, content: TarContent, size: int) -> None:
        """Take the members that are complete.

        Args:
            content: The copy as far as it is written, and walked.
            size: Its bytes.
        """
        entries = content.entries
        while self._next < len(entries):
            position = self._next
            stored = entries.content(position)
            if stored.offset + stored.length > size:
                return
            self._next += 1
            if _is_layer(content, position):
                self._start(content)
                self._queue.put(position)

    def claim(self, position: int) -> Blob | None:
        """What was found in a member; None if it is to be read."""
        return self._blobs.get(position)

    def abort(self) -> None:
        """End it in the middle of a member."""
        self._is_aborted = True
        self.close()

    def close(self) -> None:
        """End it: what is being read is read to its end, nothing else is begun."""
        self._is_closed = True
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _start(self, content: TarContent) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._run, args=(content,), daemon=True)
            self._thread.start()

    def _run(self, content: TarContent) -> None:
        while not self._is_closed:
            position = self._queue.get()
            if position is None:
                return
            # What goes wrong here is met again at the end, and is told then.
            with suppress(Exception):
                self._read(content, position)

    def _read(self, content: TarContent, position: int) -> None:
        entries = content.entries
        records = Records(self._limits.records)
        task = Task(
            location=Location(
                archive=self._archive,
                member=entries.name(position),
                offset=entries.offsets[position],
            ),
            position=position,
            path=entries.paths[position],
            size=entries.sizes[position],
            is_document=False,
            chunks=lambda: self._until_aborted(content.chunks(position)),
            seekable=lambda: self._seekable_until_aborted(content.seekable(position)),
            is_unchanged=lambda: not self._is_aborted,
        )
        blob = read_blob(task, self._plan, self._limits, records, self._cache)
        if _is_like_at_the_end(blob) and records.is_whole and not self._is_aborted:
            self._blobs[position] = blob
            _release(content.descriptor(), entries.content(position))

    def _until_aborted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._is_aborted:
                return
            yield chunk

    def _seekable_until_aborted(self, content: Seekable | None) -> Seekable | None:
        if content is None:
            return None
        read = content.read
        return content._replace(
            read=lambda offset, count: b"" if self._is_aborted else read(offset, count)
        )


def _is_layer(content: TarContent, position: int) -> bool:
    """Whether a member is large, and named as layers are."""
    entries = content.entries
    if entries.sizes[position] < WORTH or entries.kinds[position] not in _FILES:
        return False
    path = entries.paths[position]
    is_named = path.startswith("blobs/") or path.endswith("/layer.tar")
    return (is_named or (path.endswith(".tar") and "/" not in path)) and (
        position not in entries.sparse
    )


def _is_like_at_the_end(blob: Blob) -> bool:
    """Whether nothing that the members of an archive share, or that fails, has a part in it."""
    tar = blob.tar
    return blob.whole and not blob.cuts and tar is not None and not (tar.limits or tar.crashes)


def _release(file: int, stored: Span) -> None:
    """Give back the disk space of the middle of a layer, where the system can do that."""
    start = -(-(stored.offset + _MARGIN) // _BLOCK) * _BLOCK
    end = (stored.offset + stored.length - _MARGIN) // _BLOCK * _BLOCK
    if end <= start or sys.platform != "linux":
        return
    import ctypes

    release = ctypes.CDLL(None).fallocate64
    release.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    release(file, _KEEP_SIZE | _PUNCH_HOLE, start, end - start)
