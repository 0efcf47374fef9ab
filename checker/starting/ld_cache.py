"""The cache and the lists of directories that dynamic loaders read.

Sources: glibc 2.36, sysdeps/generic/dl-cache.h and elf/ldconfig.c; ldconfig(8); musl 1.2.5,
ldso/dynlink.c, fixup_rpath and load_library.
"""

from __future__ import annotations

import re
import struct

from checker.patterns import pattern
from checker.records import NamedTuple

_MAGIC = b"glibc-ld.so.cache1.1"
_OLD_MAGIC = b"ld.so-1.7.0\0"
_HEADER, _ENTRY, _OLD_ENTRY = 48, 24, 12
_LONGEST = 4096
# Directories that are compiled into the loader of glibc, each ends in a slash and a NUL.
_DIRECTORIES = pattern(rb"(?:(?:/[\w.+-]{1,80}){1,12}/\0){2,8}")


class CachedLibrary(NamedTuple):
    """A library in the cache: its name and its path."""

    name: str
    path: str


def read_cache(content: bytes) -> tuple[CachedLibrary, ...] | None:
    """The libraries in ``/etc/ld.so.cache``.

    Returns:
        None if it is not in the format of glibc 2.2 and later.
    """
    start = _start(content)
    if start is None or len(content) < start + _HEADER:
        return None
    order = _byte_order(content[start + 28])
    (count,) = struct.unpack_from(f"{order}I", content, start + 20)
    if start + _HEADER + count * _ENTRY > len(content):
        return None
    found: list[CachedLibrary] = []
    # Texts may overlap in a hostile file.
    left = len(content)
    for number in range(count):
        at = start + _HEADER + number * _ENTRY
        name, path = struct.unpack_from(f"{order}II", content, at + 4)
        library = CachedLibrary(_text(content, start + name), _text(content, start + path))
        left -= len(library.name) + len(library.path)
        if left < 0:
            return None
        found.append(library)
    return tuple(found)


def _start(content: bytes) -> int | None:
    """Where the cache begins: it may follow one in the older format."""
    if content.startswith(_MAGIC):
        return 0
    if not content.startswith(_OLD_MAGIC) or len(content) < 16:
        return None
    (count,) = struct.unpack_from("<I", content, 12)
    end = 16 + count * _OLD_ENTRY
    start = end + -end % 8
    return start if content[start : start + len(_MAGIC)] == _MAGIC else None


def _byte_order(flags: int) -> str:
    """The byte order of the numbers: 3 is big endian; 2, or 0 before glibc 2.33, little."""
    return ">" if flags & 3 == 3 else "<"


def _text(content: bytes, start: int) -> str:
    end = content.find(b"\0", start, start + _LONGEST)
    return content[start : max(start, end)].decode("utf-8", "surrogateescape")


def read_directories(loader: bytes) -> tuple[str, ...]:
    """The directories that a loader of glibc searches last, from its content; empty if unknown."""
    # To search for these three bytes takes a tenth of the time of the expression, which is tried at
    # the text that ends there and looks at the next one: each byte is looked at a few times.
    at = loader.find(b"/\0/")
    while at >= 0:
        start = loader.find(b"/", loader.rfind(b"\0", 0, at) + 1)
        match = _DIRECTORIES.match(loader, start)
        if match is not None:
            found = match[0].decode("ascii", "replace").split("\0")
            return tuple(each.rstrip("/") for each in found if each)
        at = loader.find(b"/\0/", at + 1)
    return ()


def read_musl_path(content: bytes) -> tuple[str, ...]:
    """The directories in ``/etc/ld-musl-ARCH.path``, between colons or line ends."""
    text = content.decode("utf-8", "surrogateescape")
    return tuple(each for each in re.split("[:\n]", text) if each)
