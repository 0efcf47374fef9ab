"""Tar bytes for tests: every header field of a member can be set, also to an invalid value.

The writer is independent of :mod:`tarfile`, with which the tests compare it, and it is
reproducible: the same members give the same bytes, whenever and wherever they are written.

Source: POSIX.1-2017, ``pax`` (ustar and pax interchange formats); GNU tar manual, "Basic Tar
Format" (types ``L`` and ``K``, base-256 numbers).
"""

from __future__ import annotations

import bz2
import lzma
import struct
import sys
import zlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 512
"""Size of a tar block in bytes."""

EPOCH = 1_700_000_000
"""The default modification time of a member, in seconds: 2023-11-14T22:13:20Z."""

FIELDS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "name": (0, 100),
        "mode": (100, 8),
        "uid": (108, 8),
        "gid": (116, 8),
        "size": (124, 12),
        "mtime": (136, 12),
        "chksum": (148, 8),
        "typeflag": (156, 1),
        "linkname": (157, 100),
        "magic": (257, 6),
        "version": (263, 2),
        "uname": (265, 32),
        "gname": (297, 32),
        "devmajor": (329, 8),
        "devminor": (337, 8),
        "prefix": (345, 155),
        "pad": (500, 12),
    }
)
"""Offset and width, in bytes, of each field of a ustar header block."""

LongNames = Literal["pax", "gnu"]

_POSIX_MAGIC: Mapping[str, bytes] = MappingProxyType({"magic": b"ustar\0", "version": b"00"})
_GNU_MAGIC: Mapping[str, bytes] = MappingProxyType({"magic": b"ustar ", "version": b" \0"})


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a tar: its header fields and its content.

    Attributes:
        name: Name as read; code points of ``surrogateescape`` represent raw bytes.
        content: Data after the header; the size field is derived from it.
        typeflag: One byte: ``0`` file, ``1`` hard link, ``2`` symbolic link, ``3`` and ``4``
            character and block device, ``5`` directory, ``6`` fifo.
        mode: Permission bits.
        uid: Number of the owner.
        gid: Number of the group.
        mtime: Modification time in seconds since 1970.
        linkname: Target of a link.
        uname: Name of the owner.
        gname: Name of the group.
        devmajor: Major number of a device.
        devminor: Minor number of a device.
        pax: Records of a local extended header (type ``x``) before the member.
        long_names: How names that exceed their field are stored: as pax records, or as members of
            type ``L`` and ``K`` as GNU tar writes them.
        raw: Header fields to overwrite, see :data:`FIELDS`, padded with NUL bytes. The checksum
            is computed afterwards, unless it is overwritten itself.
    """

    name: str
    content: bytes = b""
    typeflag: bytes = b"0"
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = EPOCH
    linkname: str = ""
    uname: str = ""
    gname: str = ""
    devmajor: int = 0
    devminor: int = 0
    pax: Mapping[str, str] = field(default_factory=dict, hash=False)
    long_names: LongNames = "pax"
    raw: Mapping[str, bytes] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Extent:
    """The offsets of a member in the tar, in bytes.

    Attributes:
        start: The first block that belongs to the member, including extended headers.
        header: The member's own header block.
        data: The first byte after that header.
        end: The first block after the member.
    """

    start: int
    header: int
    data: int
    end: int


def file(name: str, content: bytes | str = b"", *, mode: int = 0o644) -> Member:
    """A regular file; text is encoded as UTF-8."""
    data = content.encode() if isinstance(content, str) else content
    return Member(name, data, mode=mode)


def directory(name: str, *, mode: int = 0o755) -> Member:
    """A directory; a trailing slash is added to the name, as writers do."""
    return Member(name.rstrip("/") + "/", typeflag=b"5", mode=mode)


def symlink(name: str, target: str) -> Member:
    """A symbolic link to ``target``."""
    return Member(name, typeflag=b"2", mode=0o777, linkname=target)


def hardlink(name: str, target: str, *, mode: int = 0o644) -> Member:
    """A hard link to the member ``target``."""
    return Member(name, typeflag=b"1", mode=mode, linkname=target)


def device(name: str, major: int, minor: int, *, block: bool = False) -> Member:
    """A character device, or a block device, with its numbers."""
    flag = b"4" if block else b"3"
    return Member(name, typeflag=flag, mode=0o660, devmajor=major, devminor=minor)


def fifo(name: str) -> Member:
    """A named pipe."""
    return Member(name, typeflag=b"6")


def whiteout(path: str) -> Member:
    """The marker that removes ``path`` of a lower layer (OCI image-spec, layer.md)."""
    parent, slash, name = path.rstrip("/").rpartition("/")
    return Member(f"{parent}{slash}.wh.{name}", mode=0)


def opaque(path: str) -> Member:
    """The marker that hides the content of the directory ``path`` in lower layers."""
    folder = path.strip("/")
    return Member(f"{folder}/.wh..wh..opq" if folder else ".wh..wh..opq", mode=0)


def pax_records(records: Mapping[str, str]) -> bytes:
    """Encode pax records, each ``length key=value`` with its own length in bytes."""
    return b"".join(_record(key, value) for key, value in records.items())


def pax_global(records: Mapping[str, str]) -> Member:
    """A global extended header (type ``g``), which applies to all members after it."""
    return Member("pax_global_header", pax_records(records), typeflag=b"g")


def header(member: Member) -> bytes:
    """The member's own header block of 512 bytes, without extended headers and content.

    Raises:
        ValueError: A number is too large for its field (use ``pax`` or ``raw``), or ``raw`` has an
            unknown field or more bytes than the field.
    """
    block = bytearray(BLOCK)
    for name, value in {**_plain_fields(member), **member.raw}.items():
        _put(block, name, value)
    if "chksum" not in member.raw:
        _put(block, "chksum", b"%06o\0 " % _checksum(block))
    return bytes(block)


def encode(member: Member) -> bytes:
    """The member as stored in a tar: extended headers, header and padded content."""
    return _extensions(member) + header(member) + _padded(member.content)


def write_tar(members: Iterable[Member], *, end_blocks: int = 2, padding: bytes = b"") -> bytes:
    """Write a tar.

    Args:
        members: The members in order.
        end_blocks: Number of zero blocks that mark the end; the format requires two.
        padding: Bytes after the end marker.

    Raises:
        ValueError: A field is too small for its value, see :func:`header`.
    """
    return b"".join(map(encode, members)) + bytes(BLOCK * end_blocks) + padding


def offsets(members: Iterable[Member]) -> tuple[Extent, ...]:
    """The offsets of each member in the output of :func:`write_tar`."""
    extents = []
    position = 0
    for member in members:
        own = position + len(_extensions(member))
        end = own + BLOCK + len(_padded(member.content))
        extents.append(Extent(position, own, own + BLOCK, end))
        position = end
    return tuple(extents)


def compress(data: bytes, kind: str) -> bytes:
    """Compress reproducibly.

    Args:
        data: The bytes.
        kind: ``none``, ``gzip``, ``bzip2``, ``xz`` or ``zstd``.

    Raises:
        ValueError: The kind is unknown.
    """
    if kind not in COMPRESSIONS:
        raise ValueError(f"unknown compression {kind!r}; known: {', '.join(COMPRESSIONS)}")
    return COMPRESSIONS[kind](data)


def _identity(data: bytes) -> bytes:
    return data


def _gzip(data: bytes) -> bytes:
    # gzip.compress writes the name of the operating system on some Python versions.
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = squeeze.compress(data) + squeeze.flush()
    head = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
    return head + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _zstd(data: bytes) -> bytes:
    return zstd.compress(data)


COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "none": _identity,
        "gzip": _gzip,
        "bzip2": bz2.compress,
        "xz": lzma.compress,
        "zstd": _zstd,
    }
)
"""The compressions by name."""


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % BLOCK)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _octal(name: str, value: int) -> bytes:
    digits = FIELDS[name][1] - 1
    if not 0 <= value < 8**digits:
        raise ValueError(f"{name} {value} does not fit in {digits} octal digits; use pax or raw")
    return b"%0*o\0" % (digits, value)


def _plain_fields(member: Member) -> dict[str, bytes]:
    numbers = {
        "mode": member.mode,
        "uid": member.uid,
        "gid": member.gid,
        "size": len(member.content),
        "mtime": member.mtime,
        "devmajor": member.devmajor,
        "devminor": member.devminor,
    }
    fields = {
        name: _octal(name, value) for name, value in numbers.items() if name not in member.raw
    }
    return fields | {
        "name": _bytes(member.name)[: FIELDS["name"][1]],
        "chksum": b" " * 8,
        "typeflag": member.typeflag,
        "linkname": _bytes(member.linkname)[: FIELDS["linkname"][1]],
        **(_GNU_MAGIC if member.long_names == "gnu" else _POSIX_MAGIC),
        "uname": _bytes(member.uname),
        "gname": _bytes(member.gname),
    }


def _put(block: bytearray, name: str, value: bytes) -> None:
    if name not in FIELDS:
        raise ValueError(f"unknown header field {name!r}; known: {', '.join(FIELDS)}")
    start, width = FIELDS[name]
    if len(value) > width:
        raise ValueError(
            f"{len(value)} bytes do not fit in the header field {name} of {width} bytes"
        )
    block[start : start + width] = value.ljust(width, b"\0")


def _checksum(block: bytes | bytearray) -> int:
    start, width = FIELDS["chksum"]
    return sum(block[:start]) + 8 * ord(" ") + sum(block[start + width :])


def _record(key: str, value: str) -> bytes:
    body = b" " + _bytes(key) + b"=" + _bytes(value) + b"\n"
    length = len(body)
    while length != len(body) + len(str(length)):
        length = len(body) + len(str(length))
    return b"%d" % length + body


def _long_fields(member: Member) -> dict[str, str]:
    texts = {"name": member.name, "linkname": member.linkname}
    return {name: text for name, text in texts.items() if len(_bytes(text)) > FIELDS[name][1]}


def _extensions(member: Member) -> bytes:
    long = _long_fields(member)
    if member.long_names == "gnu":
        return _pax_blocks(member, member.pax) + _gnu_blocks(long)
    keys = {"name": "path", "linkname": "linkpath"}
    return _pax_blocks(member, {keys[name]: text for name, text in long.items()} | {**member.pax})


def _pax_blocks(member: Member, records: Mapping[str, str]) -> bytes:
    if not records:
        return b""
    base = member.name.rstrip("/").rpartition("/")[2]
    name = _bytes(f"PaxHeaders.0/{base}")[:100].decode("utf-8", "surrogateescape")
    return encode(Member(name, pax_records(records), typeflag=b"x"))


def _gnu_blocks(long: Mapping[str, str]) -> bytes:
    flags: Sequence[tuple[str, bytes]] = (("linkname", b"K"), ("name", b"L"))
    return b"".join(
        encode(Member("././@LongLink", _bytes(long[name]) + b"\0", flag, mtime=0, raw=_GNU_MAGIC))
        for name, flag in flags
        if name in long
    )
