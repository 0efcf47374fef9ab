"""Writes tar headers: USTAR, and PAX where a value does not fit (POSIX.1-2017, pax)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checker.records import NamedTuple

BLOCK = 512
_NAME, _LINK = 100, 100
_MODE, _UID, _GID, _SIZE, _MTIME, _SUM = 100, 108, 116, 124, 136, 148
_TYPE, _LINKNAME, _MAGIC, _MAJOR, _MINOR, _PREFIX = 156, 157, 257, 329, 337, 345
_USTAR = b"ustar\x0000"
_GNU_MAGIC = b"ustar  \0"
_MOST_OCTAL_7 = 0o7777777
_MOST_OCTAL_11 = 0o77777777777
_PERMISSIONS = 0o7777
FILE_TYPE, LINK_TYPE, DIRECTORY_TYPE, PAX_TYPE, LONG_NAME_TYPE = b"0", b"1", b"5", b"x", b"L"


class NewHeader(NamedTuple):
    """The fields of a header that is written.

    Attributes:
        name: The name.
        kind: The type flag.
        mode: Permission bits.
        uid: Owner.
        gid: Group.
        size: Bytes of the content.
        mtime: Modification time in whole seconds since 1970.
        link: The target of a link.
        device: Major and minor number of a device node.
    """

    name: bytes
    kind: bytes = FILE_TYPE
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    link: bytes = b""
    device: tuple[int, int] = (0, 0)


def file_header(name: str, size: int, mtime: int) -> bytes:
    """One block for a file of root, whatever its size: base-256 from 8 GiB on.

    Raises:
        ValueError: The name has more than 100 bytes.
    """
    encoded = name.encode("ascii")
    if len(encoded) > _NAME:
        raise ValueError(name)
    block = bytearray(_block(NewHeader(encoded, size=min(size, _MOST_OCTAL_11), mtime=mtime)))
    if size > _MOST_OCTAL_11:
        block[_SIZE:_MTIME] = b"\x80" + size.to_bytes(11, "big")
        block[_MAGIC : _MAGIC + 8] = _GNU_MAGIC
    return sealed(block)


def directory_header(name: str, mtime: int) -> bytes:
    """One block for a directory of root."""
    return written(NewHeader(name.encode(), DIRECTORY_TYPE, 0o755, mtime=mtime))


def written(header: NewHeader, attributes: Mapping[bytes, bytes] = MappingProxyType({})) -> bytes:
    """The blocks of a header; with a PAX header before it where a value does not fit.

    Args:
        header: The header.
        attributes: Further PAX records.
    """
    records = dict(attributes)
    if len(header.name) > _NAME:
        records[b"path"] = header.name
    if len(header.link) > _LINK:
        records[b"linkpath"] = header.link
    for key, value, most in (
        (b"uid", header.uid, _MOST_OCTAL_7),
        (b"gid", header.gid, _MOST_OCTAL_7),
        (b"size", header.size, _MOST_OCTAL_11),
        (b"mtime", header.mtime, _MOST_OCTAL_11),
    ):
        if not 0 <= value <= most:
            records[key] = str(value).encode()
    return pax_blocks(records, header.mtime) + sealed(bytearray(_block(header)))


def pax_blocks(records: Mapping[bytes, bytes], mtime: int = 0) -> bytes:
    """A PAX header with some records; nothing without any."""
    if not records:
        return b""
    body = b"".join(_record(key, value) for key, value in records.items())
    return _extension(b"PaxHeaders.0/entry", PAX_TYPE, body, mtime)


def long_name_blocks(name: bytes) -> bytes:
    """A GNU header for a long name."""
    return _extension(b"././@LongLink", LONG_NAME_TYPE, name + b"\0", 0)


def _extension(name: bytes, kind: bytes, body: bytes, mtime: int) -> bytes:
    fits = mtime if 0 <= mtime <= _MOST_OCTAL_11 else 0
    header = _block(NewHeader(name, kind, size=len(body), mtime=fits))
    return sealed(bytearray(header)) + body + bytes(-len(body) % BLOCK)


def _record(key: bytes, value: bytes) -> bytes:
    """``LENGTH KEY=VALUE`` and a newline, whose length counts itself."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return str(length).encode() + b" " + key + b"=" + value + b"\n"


def _block(header: NewHeader) -> bytes:
    block = bytearray(BLOCK)
    put(block, 0, _NAME, header.name[:_NAME])
    put(block, _MODE, 8, _octal(header.mode & _PERMISSIONS, 7))
    put(block, _UID, 8, _octal(header.uid, 7))
    put(block, _GID, 8, _octal(header.gid, 7))
    put(block, _SIZE, 12, _octal(header.size, 11))
    put(block, _MTIME, 12, _octal(header.mtime, 11))
    block[_TYPE : _TYPE + 1] = header.kind
    put(block, _LINKNAME, _LINK, header.link[:_LINK])
    block[_MAGIC : _MAGIC + 8] = _USTAR
    major, minor = header.device
    put(block, _MAJOR, 8, _octal(major, 7))
    put(block, _MINOR, 8, _octal(minor, 7))
    return bytes(block)


def _octal(value: int, digits: int) -> bytes:
    """Octal digits; zeros if the value does not fit, which a PAX record then has."""
    text = b"%0*o" % (digits, value) if value >= 0 else b""
    return text if 0 < len(text) <= digits else b"0" * digits


def put(block: bytearray, start: int, size: int, value: bytes) -> None:
    """Put a value into a field, with NULs after it."""
    block[start : start + size] = value.ljust(size, b"\0")


def sealed(block: bytearray) -> bytes:
    """A header with its checksum."""
    block[_SUM : _SUM + 8] = b" " * 8
    block[_SUM : _SUM + 8] = b"%06o\0 " % sum(block)
    return bytes(block)


def renamed(block: bytes, name: bytes) -> bytes:
    """A header with another name of at most 100 bytes; its other fields stay as they are."""
    changed = bytearray(block)
    put(changed, 0, _NAME, name[:_NAME])
    if changed[_MAGIC : _MAGIC + 6] == _USTAR[:6]:
        # The prefix of a name; in the formats of GNU and v7 something else is there.
        put(changed, _PREFIX, BLOCK - _PREFIX, b"")
    return sealed(changed)


def is_gnu(block: bytes) -> bool:
    """Whether a header is in the format of GNU."""
    return block[_MAGIC : _MAGIC + 8] == _GNU_MAGIC
