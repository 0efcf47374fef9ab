"""Writes a flat root filesystem, as ``docker export`` does.

Headers are copied byte for byte, with extended attributes, times and sparse maps, unless the entry
gets another name; so is content.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.conversion.copying import copy_span, write_all
from checker.conversion.merging import flat_entries
from checker.conversion.records import ConversionError
from checker.conversion.tar_headers import (
    BLOCK,
    DIRECTORY_TYPE,
    LINK_TYPE,
    NewHeader,
    long_name_blocks,
    pax_blocks,
    renamed,
    written,
)
from checker.model.blob import Blob
from checker.model.entries import DIRECTORY, GNU_SPARSE, REGULAR, Entries, Span
from checker.model.image import Layer
from checker.model.rootfs import Rootfs
from checker.model.untrusted import utf8
from checker.reading.inflated import InflatedBlobs
from checker.reading.opened import OpenArchive, Row, TarBytes, row_of
from checker.reading.tar.header import parse_number
from checker.reading.tar.pax import SPARSE_MAP, XATTR_PREFIX, PaxError, parse_pax

_SMALL = 1 << 17
_BUFFER = 1 << 20
_NAME = 100
_SPARSE_NAME = b"GNU.sparse.name"
_NAMES = frozenset({b"path", b"linkpath"})
_DIRECTORY, _OLD_SPARSE, _REGULAR = ord(DIRECTORY), ord(GNU_SPARSE), ord(REGULAR)
_LOCAL_PAX, _LONG_LINK = b"xK"
_ROOT_MODE = 0o755
_TYPE = 156


def write_rootfs(opened: OpenArchive, root: Rootfs, target: int, mtime: int) -> int:
    """Write the merged root of an image as a tar.

    Args:
        opened: The source.
        root: The merged layers.
        target: Descriptor of the file to write, at its position.
        mtime: Time of directories that no layer has an entry of.

    Returns:
        The number of entries.

    Raises:
        ConversionError: A layer is missing or changed.
    """
    blobs = InflatedBlobs(opened)
    try:
        writer = RootWriter(target, mtime)
        for entry in flat_entries(root):
            if entry.place is None:
                writer.add_directory(entry.path)
                continue
            layer = root.layers[entry.place.layer]
            if not entry.path and is_usual_root(layer.entries, entry.place.position):
                continue
            if entry.link is not None:
                writer.add_link(entry.path, layer.entries, entry.place.position, entry.link)
            else:
                source = blobs.of(_blob_of(layer))
                writer.add(entry.path, layer.entries, entry.place.position, source)
        return writer.finish()
    finally:
        blobs.close()


def _blob_of(layer: Layer) -> Blob:
    if layer.blob is None:
        raise ConversionError(f"{layer.label} is not in the archive")
    return layer.blob


def is_usual_root(entries: Entries, position: int) -> bool:
    """Whether an entry for the root says what is so without it; ``docker export`` has none."""
    owner = entries.uids[position], entries.gids[position]
    return (
        entries.modes[position] == _ROOT_MODE and owner == (0, 0) and position not in entries.xattrs
    )


class RootWriter:
    """Writes entries, from the headers and content of others.

    Args:
        target: Descriptor of the file to write, at its position.
        mtime: Time of directories that are added.
    """

    def __init__(self, target: int, mtime: int) -> None:
        self._target = target
        self._mtime = mtime
        self._buffer = bytearray()
        self._count = 0

    def add_directory(self, path: str) -> None:
        """Add a directory of root."""
        header = NewHeader(utf8(path) + b"/", DIRECTORY_TYPE, _ROOT_MODE, mtime=self._mtime)
        self._put(written(header))
        self._count += 1

    def add_link(self, path: str, entries: Entries, position: int, link: str) -> None:
        """Add a hard link to an entry that was added before."""
        header = NewHeader(
            name=utf8(path),
            kind=LINK_TYPE,
            mode=entries.modes[position],
            uid=entries.uids[position],
            gid=entries.gids[position],
            mtime=entries.mtimes[position],
            link=utf8(link),
        )
        self._put(written(header))
        self._count += 1

    def add(self, path: str, entries: Entries, position: int, source: TarBytes) -> None:
        """Add an entry with the headers and content of another one.

        Raises:
            ConversionError: The bytes of the source are not those that were read before.
        """
        row = row_of(entries, position)
        name = entries.name(position)
        slash = "/" if entries.kinds[position] == _DIRECTORY else ""
        if path and name in (path, path + slash):
            self._copy(source, row.start, row.end)
        else:
            self._put(_renamed_headers(source, row, utf8((path or ".") + slash)))
            self._copy(source, row.header + BLOCK, row.end)
        self._count += 1

    def add_file(
        self, path: str, entries: Entries, position: int, content: Iterator[bytes]
    ) -> None:
        """Add an entry with a header that is made, as of a file of a directory.

        Raises:
            ConversionError: An extended attribute was not kept whole, or the file changed.
        """
        if position in entries.xattr_sizes:
            raise ConversionError(f"{path}: an extended attribute is too long to be kept")
        kind = entries.kinds[position]
        slash = "/" if kind == _DIRECTORY else ""
        size = entries.sizes[position]
        header = NewHeader(
            name=utf8((path or ".") + slash),
            kind=bytes([kind]),
            mode=entries.modes[position],
            uid=entries.uids[position],
            gid=entries.gids[position],
            size=size,
            mtime=entries.mtimes[position],
            link=utf8(entries.linknames.get(position, "")),
            device=entries.devices.get(position, (0, 0)),
        )
        attributes = {
            XATTR_PREFIX + utf8(name): value
            for name, value in entries.xattrs.get(position, {}).items()
        }
        self._put(written(header, attributes))
        count = 0
        for chunk in content if kind == _REGULAR else ():
            self._put(chunk)
            count += len(chunk)
        if count != size:
            raise ConversionError(f"{path} changed while it was converted")
        self._put(bytes(-size % BLOCK))
        self._count += 1

    def finish(self) -> int:
        """Write the end of the archive; the number of entries."""
        self._put(bytes(2 * BLOCK))
        self._flush()
        return self._count

    def _put(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= _BUFFER:
            self._flush()

    def _copy(self, source: TarBytes, start: int, end: int) -> None:
        """Copy whole blocks; the last one may lack its padding."""
        size = end - start
        there = max(0, min(size, source.part.length - start))
        if there < size - BLOCK + 1:
            raise ConversionError("a layer became shorter while it was converted")
        if there <= _SMALL:
            self._put(source.read(start, there))
        else:
            self._flush()
            copy_span(source.file, Span(source.part.offset + start, there), self._target)
        self._put(bytes(size - there))

    def _flush(self) -> None:
        write_all(self._target, self._buffer)
        self._buffer = bytearray()


def _renamed_headers(source: TarBytes, row: Row, name: bytes) -> bytes:
    """The headers of an entry with another name."""
    header = source.read(row.header, BLOCK)
    if len(header) < BLOCK:
        raise ConversionError("a layer became shorter while it was converted")
    records = _pax_records(source, row)
    kept = {key: value for key, value in records.items() if key not in _NAMES}
    before = b""
    if _SPARSE_NAME in kept:
        kept[_SPARSE_NAME] = name
    elif len(name) > _NAME and header[_TYPE] == _OLD_SPARSE:
        before = long_name_blocks(name)
    elif len(name) > _NAME:
        kept[b"path"] = name
    link = _long_link(source, row, records)
    if link:
        kept[b"linkpath"] = link
    return before + pax_blocks(_as_written(kept)) + renamed(header, name)


def _pax_records(source: TarBytes, row: Row) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for kind, body in _extensions(source, row):
        if kind == _LOCAL_PAX:
            try:
                found = parse_pax(body)
            except PaxError as error:
                raise ConversionError(f"a PAX header is malformed: {error}") from error
    return found


def _long_link(source: TarBytes, row: Row, records: dict[bytes, bytes]) -> bytes:
    for kind, body in _extensions(source, row):
        if kind == _LONG_LINK:
            return body.partition(b"\0")[0]
    return records.get(b"linkpath", b"")


def _extensions(source: TarBytes, row: Row) -> Iterator[tuple[int, bytes]]:
    """The extension headers before an entry: type flag and body."""
    offset = row.start
    while offset < row.header:
        header = source.read(offset, BLOCK)
        size = parse_number(header[124:136]) or 0
        yield header[_TYPE], source.read(offset + BLOCK, size)
        offset += BLOCK + -(-size // BLOCK) * BLOCK


def _as_written(records: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """The records of a sparse map of version 0.0 as those of version 0.1, which says the same."""
    found = dict(records)
    if SPARSE_MAP in found:
        found[b"GNU.sparse.major"] = b"0"
        found[b"GNU.sparse.minor"] = b"1"
    return found
