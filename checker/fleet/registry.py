"""The registry of judged layers: the facts of each, by its digest, shared by all tasks of a sweep.

A layer that is in it is not fetched again. Whether a layer of another archive is the same is told
by the digest in its name, its size and its first bytes. It is in a store, so a worker that dies
loses nothing, and the next sweep knows it too.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections import OrderedDict
from threading import Lock

from checker.cache.encoding import DamagedError, decoded, encoded
from checker.fleet.stores import Place
from checker.model.blob import Blob
from checker.reading.blob import Task, known_blob
from checker.reading.layer_cache import LayerFacts, facts_of
from checker.records import NamedTuple

_HEAD = 4096
_KEPT = 64 << 20
# A mark, the size of the layer, the hash of its first bytes; then the facts, as the cache has them.
_FORM = struct.Struct("<8sQ32s")
_MARK = b"layer-1\n"
_NAMED = re.compile(r"(?:blobs/sha256/|(?:[^/]+/)*)([0-9a-f]{64})(?:\.tar(?:\.gz)?)?")


class KnownLayer(NamedTuple):
    """A layer that was judged.

    Attributes:
        size: Its bytes as stored.
        head: SHA-256 of its first bytes.
        facts: What reading it showed.
    """

    size: int
    head: bytes
    facts: LayerFacts


class Registry:
    """Facts of layers in a directory of a store, and those that were used last in memory.

    Args:
        place: The directory; facts that were read in another way are in other ones.
        kept: Bytes that are kept in memory.
    """

    def __init__(self, place: Place, kept: int = _KEPT) -> None:
        self._place = place
        self._most = kept
        self._kept = 0
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: str) -> KnownLayer | None:
        """What is known of a layer.

        Args:
            digest: Its sha256 in hexadecimal.
        """
        with self._lock:
            data = self._recent.get(digest)
            if data is not None:
                self._recent.move_to_end(digest)
        try:
            if data is None:
                data = self._place.files.cat_file(self._path(digest))
                self._keep(digest, data)
            return _loaded(data)
        except DamagedError:
            return None  # it is read, and written, again
        except Exception:  # noqa: BLE001 - libraries of stores raise anything
            return None

    def put(self, digest: str, known: KnownLayer) -> None:
        """Add what is known of a layer; if that cannot be written, the layer is read again.

        Args:
            digest: Its sha256 in hexadecimal.
            known: What is known of it.
        """
        data = _dumped(known)
        if data is None:
            return
        try:
            write_whole(self._place.at(self._path(digest)), data)
        except Exception:  # noqa: BLE001 - libraries of stores raise anything
            return
        self._keep(digest, data)

    def _path(self, digest: str) -> str:
        return self._place.below(f"{digest[:2]}/{digest}").path

    def _keep(self, digest: str, data: bytes) -> None:
        with self._lock:
            self._kept += len(data) - len(self._recent.pop(digest, b""))
            self._recent[digest] = data
            while self._kept > self._most:
                _, dropped = self._recent.popitem(last=False)
                self._kept -= len(dropped)


def _dumped(known: KnownLayer) -> bytes | None:
    """The bytes of a file of the registry; None if the facts are too many."""
    facts = encoded(known.facts)
    return None if facts is None else _FORM.pack(_MARK, known.size, known.head) + facts


def _loaded(data: bytes) -> KnownLayer:
    """The layer that a file of the registry is about.

    Raises:
        DamagedError: It is not one, or damaged.
    """
    if len(data) < _FORM.size:
        raise DamagedError("the file is too short")
    mark, size, head = _FORM.unpack_from(data)
    if mark != _MARK:
        raise DamagedError("the file has another form")
    return KnownLayer(size, head, decoded(data[_FORM.size :]))


def write_whole(place: Place, data: bytes) -> None:
    """Write a file that is there completely or not at all.

    Raises:
        Exception: What the library of the store raises.
    """
    parent = place.path.rpartition("/")[0]
    if not place.is_local:
        place.files.pipe_file(place.path, data)
        return
    import os
    import tempfile

    os.makedirs(parent, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".part-", dir=parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        os.replace(name, place.path)
    except BaseException:
        os.unlink(name)
        raise


class KnownLayers:
    """The layers of one archive, as far as the registry knows them; adds those that it does not.

    Args:
        registry: The registry.
        least: Bytes of the smallest layer that is worth asking for.

    Attributes:
        layers: Layers that were known.
        bytes: Bytes of these.
    """

    def __init__(self, registry: Registry, least: int) -> None:
        self.layers = 0
        self.bytes = 0
        self._registry = registry
        self._least = least
        self._heads: dict[int, bytes] = {}
        self._lock = Lock()

    def find(self, task: Task) -> Blob | None:
        """What is known of a member, if it is a layer that was judged before."""
        claimed = claimed_digest(task.path)
        if claimed is None or task.size < self._least:
            return None
        head = _head(task)
        if head is None:
            return None
        self._heads[task.position] = head
        known = self._registry.get(claimed)
        if known is None or (known.size, known.head) != (task.size, head):
            return None
        with self._lock:
            self.layers += 1
            self.bytes += task.size
        return known_blob(task, task.size, {"sha256": claimed}, known.facts)

    def add(self, task: Task, blob: Blob) -> None:
        """Add a layer whose digest is the one in its name."""
        claimed = claimed_digest(task.path)
        head = self._heads.pop(task.position, None)
        facts = facts_of(blob, 0)
        if head is not None and facts is not None and claimed == blob.digests["sha256"]:
            self._registry.put(claimed, KnownLayer(blob.size, head, facts))


def claimed_digest(path: str) -> str | None:
    """The sha256 that the name of a member states, in hexadecimal; None if it states none."""
    found = _NAMED.fullmatch(path)
    return None if found is None else found[1]


class Member(NamedTuple):
    """A layer within an archive.

    Attributes:
        digest: The sha256 in its name, in hexadecimal.
        path: Its path.
        offset: Where its content begins, in bytes.
        size: Bytes of its content.
    """

    digest: str
    path: str
    offset: int
    size: int


def _head(task: Task) -> bytes | None:
    """Hash of the first bytes of a member; None if they cannot be had alone, or it is cut short."""
    content = task.seekable()
    if content is None or content.size != task.size:
        return None
    try:
        return hashlib.sha256(content.read(0, _HEAD)).digest()
    except OSError:
        return None
