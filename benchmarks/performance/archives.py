"""Archives of any size, which take little space: content of zeros is a hole in the file.

What is measured with them is therefore reading and hashing, not the disk.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias

from checker.testing.image import CREATED

BLOCK_BYTES = 512
ZEROS = bytes(1 << 20)
FILES_PER_DIRECTORY = 500
_CHECKSUM = slice(148, 156)

Piece: TypeAlias = bytes | int
"""Bytes, or a number of zeros."""


def write_bytes_archive(path: Path, size: int) -> None:
    """Write a docker-archive whose layer has one file of zeros.

    Args:
        path: The archive.
        size: Size of the file in bytes.
    """
    header = tarfile.TarInfo("srv/zeros")
    header.size = size
    layer: list[Piece] = [
        header.tobuf(tarfile.GNU_FORMAT),
        size + -size % BLOCK_BYTES,
        2 * BLOCK_BYTES,
    ]
    _write(path, lambda: iter(layer))


def write_entries_archive(path: Path, count: int) -> None:
    """Write a docker-archive whose layer has many empty files.

    Args:
        path: The archive.
        count: The number of files; directories come in addition.
    """
    _write(path, lambda: _files(count))


def entries_of(count: int) -> int:
    """The entries of the layer with a number of files: the files and their directories."""
    return count + -(-count // FILES_PER_DIRECTORY)


def _files(count: int) -> Iterator[Piece]:
    for first in range(0, count, FILES_PER_DIRECTORY):
        folder = tarfile.TarInfo(f"srv/{first // FILES_PER_DIRECTORY:06}")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        names = (
            f"/file-{number:08}" for number in range(first, min(count, first + FILES_PER_DIRECTORY))
        )
        yield folder.tobuf(tarfile.USTAR_FORMAT) + b"".join(_headers(folder.name, names))
    yield 2 * BLOCK_BYTES


def _headers(folder: str, names: Iterable[str]) -> Iterator[bytes]:
    """The headers of empty files, of which only the names and checksums differ."""
    template = bytearray(tarfile.TarInfo(folder).tobuf(tarfile.USTAR_FORMAT))
    template[_CHECKSUM] = b" " * 8
    end = len(folder)
    total = sum(template)
    for name in names:
        encoded = name.encode()
        template[end : end + len(encoded)] = encoded
        template[_CHECKSUM] = b"%06o\0 " % (total + sum(encoded))
        yield bytes(template)


def _write(path: Path, layer: Callable[[], Iterator[Piece]]) -> None:
    """Write an archive of one layer, which is made twice: for its digest, and to be written."""
    digest, size = _digest(layer())
    member = f"{digest}.tar"
    config = _json(
        {
            "created": CREATED,
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
            "history": [{"created": CREATED, "created_by": "step"}],
        }
    )
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = _json([{"Config": name, "RepoTags": ["bench:1"], "Layers": [member]}])
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        for title, content in ((name, config), ("manifest.json", manifest)):
            _add(file, title, len(content), [content])
        _add(file, member, size, layer())
        file.truncate(file.seek(2 * BLOCK_BYTES, 1))
    part.rename(path)


def _add(file: BinaryIO, name: str, size: int, pieces: Iterable[Piece]) -> None:
    header = tarfile.TarInfo(name)
    header.size = size
    file.write(header.tobuf(tarfile.GNU_FORMAT))
    for piece in pieces:
        if isinstance(piece, int):
            file.seek(piece, 1)
        else:
            file.write(piece)
    file.seek(-size % BLOCK_BYTES, 1)


def _digest(pieces: Iterable[Piece]) -> tuple[str, int]:
    """The SHA-256 of pieces, and their size in bytes."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        if isinstance(piece, int):
            size += piece
            for left in range(piece, 0, -len(ZEROS)):
                digest.update(ZEROS[:left])
        else:
            size += len(piece)
            digest.update(piece)
    return digest.hexdigest(), size


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
