"""All JSON documents of an archive: parsed within the limits that they share."""

from __future__ import annotations

import json
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from checker.model.archive import DockerArchive, OciLayout
from checker.model.blob import Blob
from checker.model.document import pointer
from checker.model.image import Image, items, mapping
from checker.model.limits import LimitReached, Limits
from checker.model.names import REPOSITORIES
from checker.reading.compression import LimitError
from checker.reading.document import read_document
from checker.records import NamedTuple

# Each separates or begins a value; those in strings are counted as well.
_BEGINNINGS = (b",", b"[", b"{")
# Lists of manifests that may be as long as ``Limits.images`` allows, all together.
_INDEXES = 5
_LISTS_OF_IMAGES = frozenset({"manifests"})
_LISTS_OF_LAYERS = frozenset({"layers", "diff_ids", "history"})
_OF_IMAGES = frozenset({"manifests", "layers", "rootfs", "config"})


class DocumentBytes:
    """The bytes of the documents of an archive, the smallest first.

    What is kept does not depend on the order in which members are read: a document is dropped
    if it and all that are smaller have more bytes than the limit allows.

    Args:
        limits: ``json_bytes`` bounds the bytes that are kept.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._kept: list[tuple[int, int]] = []
        self._total = 0
        self.blobs: dict[int, Blob] = {}

    def add(self, blob: Blob) -> None:
        """Add a blob, with the bytes of its document or signature if it is one."""
        self.blobs[blob.position] = blob
        if blob.document is None and not blob.cose:
            return
        insort(self._kept, (blob.size, blob.position))
        self._total += blob.size
        while self._total > self._limits.json_bytes:
            size, position = self._kept.pop()
            self._total -= size
            self.blobs[position] = _unparsed(
                self.blobs[position],
                "json_bytes",
                self._limits.json_bytes,
                "the documents of the archive have more bytes than this; "
                f"one of {size} bytes was not parsed",
            )

    def parsed(self) -> dict[int, Blob]:
        """The blobs by position, with their documents parsed, as many as the limits allow."""
        left = self._limits.json_values
        parser = _Parser(self._limits)
        for _, position in self._kept:
            blob = self.blobs[position]
            if blob.document is None:
                continue
            raw = blob.document.raw
            count = count_values(raw)
            if count > left:
                self.blobs[position] = _unparsed(
                    blob,
                    "json_values",
                    self._limits.json_values,
                    "the documents of the archive have more values than this; "
                    f"one of about {count} values was not parsed",
                )
                continue
            left -= count
            self.blobs[position] = parser.parsed(blob, raw)
        return dict(sorted(self.blobs.items()))


def count_values(raw: bytes) -> int:
    """How many values a document has at most, without parsing it."""
    return 1 + sum(map(raw.count, _BEGINNINGS))


def _unparsed(blob: Blob, limit: str, value: int, what: str) -> Blob:
    place = blob.location
    reached = LimitReached(limit, value, what, place.member, place.offset)
    return blob._replace(document=None, cose=b"", limits=(*blob.limits, reached))


class _Parser:
    """Parses the documents of an archive one by one.

    Args:
        limits: ``images``, ``layers`` and ``json_items`` bound the items of a list.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._manifests_left = _INDEXES * limits.images

    def parsed(self, blob: Blob, raw: bytes) -> Blob:
        """The blob with its document parsed.

        A document that describes images is cut where it has more items than any real one: rules
        and engines follow each of them.
        """
        try:
            document = read_document(raw, self._limits)
        except LimitError as error:
            reached = error.reached._replace(member=blob.location.member)
            return blob._replace(document=None, unparsed=raw, limits=(reached,))
        cuts: tuple[LimitReached, ...] = ()
        if _describes_images(document.value, blob.path):
            cuts = tuple(self._cut(document.value, blob.location.member))
        if cuts:
            document = document._replace(raw=json.dumps(document.value).encode())
        return blob._replace(document=document, cuts=cuts)

    def _cut(self, value: object, member: str | None) -> Iterator[LimitReached]:
        noted: set[str] = set()
        for name, container in _containers(value):
            limit = _limit_of(name, container)
            most: int = getattr(self._limits, limit)
            if name in _LISTS_OF_IMAGES:
                most = min(most, self._manifests_left)
                self._manifests_left -= min(most, len(container))
            count = len(container)
            if count <= most:
                continue
            _cut(container, most)
            if limit not in noted:
                noted.add(limit)
                what = f"{name or 'the document'} has {count} items; the others were ignored"
                yield LimitReached(limit, getattr(self._limits, limit), what, member)


def without_images(
    blobs: Mapping[int, Blob],
    docker: DockerArchive | None,
    oci: OciLayout | None,
    dropped: Iterable[Image],
) -> dict[int, Blob]:
    """The blobs of an archive, the documents written again without some images.

    Args:
        blobs: The blobs by position.
        docker: Where ``manifest.json`` lists images.
        oci: Where indexes list them.
        dropped: The images to leave out.
    """
    found = dict(blobs)
    gone = tuple(dropped)
    if docker is not None and docker.blob is not None:
        pointers = {image.item.location.pointer for image in gone if image.item is not None}
        kept = [
            item
            for number, item in enumerate(items(_value(docker.blob)))
            if pointer(number) not in pointers
        ]
        found[docker.blob.position] = _with_value(docker.blob, kept)
    digests = {image.digest for image in gone if image.manifest is not None}
    for index in () if oci is None else oci.indexes:
        listed = mapping(_value(index.blob)).get("manifests")
        manifests = [each for each in items(listed) if mapping(each).get("digest") not in digests]
        if len(manifests) < len(items(listed)):
            value = {**mapping(_value(index.blob)), "manifests": manifests}
            found[index.blob.position] = _with_value(index.blob, value)
    return found


def _value(blob: Blob) -> object:
    return None if blob.document is None else blob.document.value


def _with_value(blob: Blob, value: object) -> Blob:
    if blob.document is None:
        return blob
    document = blob.document._replace(value=value, raw=json.dumps(value).encode())
    return blob._replace(document=document)


def _describes_images(value: object, path: str) -> bool:
    if isinstance(value, dict):
        return path == REPOSITORIES or any(key.lower() in _OF_IMAGES for key in value)
    return isinstance(value, list)


class _Container(NamedTuple):
    name: str
    value: dict[str, object] | list[object]


def _containers(value: object) -> Iterator[_Container]:
    """The arrays and objects in a value, outer ones first, with the key that leads to each."""
    pending = [("", value)]
    while pending:
        name, each = pending.pop()
        if isinstance(each, dict):
            yield _Container(name, each)
            pending.extend((key, item) for key, item in each.items() if _is_container(item))
        elif isinstance(each, list):
            yield _Container(name, each)
            pending.extend((name, item) for item in each if _is_container(item))


def _is_container(value: object) -> bool:
    return isinstance(value, dict | list)


def _limit_of(name: str, container: Mapping[str, object] | list[object]) -> str:
    """The limit that bounds the items of a container."""
    if isinstance(container, list):
        key = name.lower()
        if not key or key in _LISTS_OF_IMAGES:
            return "images"
        if key in _LISTS_OF_LAYERS:
            return "layers"
    return "json_items"


def _cut(container: dict[str, object] | list[object], most: int) -> None:
    if isinstance(container, list):
        del container[most:]
        return
    for key in list(islice(container, most, None)):
        del container[key]
