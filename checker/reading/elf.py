"""Reads what an ELF file needs to start: machine, loader, libraries, search paths.

No file is read here: the reading asks for parts of the file, and whoever has it gives them. So the
same code serves a file of which any part can be read and a stream that passes once.

Sources: System V ABI, chapter 4, "ELF Header", chapter 5, "Program Header" and "Dynamic Section";
Linux 6.6, fs/binfmt_elf.c, load_elf_phdrs and load_elf_binary.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Sequence

from checker.model.elf import ELF_MAGIC, ElfFile, Machine
from checker.records import NamedTuple

HEAD_SIZE = 1024
"""Bytes of the beginning that a reading starts with: header, program headers, mostly the loader."""

DYNAMIC_LIMIT = 16 * 1024
"""Bytes of a dynamic section that are read; 500 are usual."""

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 14, 15, 29
_TEXT_TAGS = (_DT_SONAME, _DT_RPATH, _DT_RUNPATH)
_READ = frozenset(_TEXT_TAGS) | {_DT_NULL, _DT_NEEDED, _DT_STRTAB}
_SEGMENTS = 200
# The longest path that Linux takes for a loader (PATH_MAX).
_PATH = 4096
# Of what is known to need many, browsers need 100.
_NEEDED = 500
# A library's name is one part of a path; search paths list many directories.
_NAME, _SEARCH_PATH = 256, 4096
MOST_TEXT = _PATH + (_NEEDED + 1) * _NAME + 2 * _SEARCH_PATH
"""Bytes of all texts that are read of a file, at most."""

# Names that are close together are read as one part.
_CLOSE = 16 * 1024


class Part(NamedTuple):
    """A part of a file that is needed: offset and length in bytes."""

    offset: int
    length: int


ElfReading = Generator[Part, bytes | None, ElfFile | None]
"""Asks for parts; is sent each of them, shorter at the end of the file, or None if it is gone."""


class _Form(NamedTuple):
    """How ELF files of one class and byte order are read; what is not used is left out.

    Attributes:
        header: Type of the file; offset of the program headers, length of one, their number.
        segment: A program header: type, offset in the file, address in memory, size in the file.
        entry: An entry of a dynamic section: tag and value.
    """

    header: struct.Struct
    segment: struct.Struct
    entry: struct.Struct


_LAYOUTS = {
    64: ("16xH14xQ14xHH", "I4xQQ8xQ16x", "QQ"),
    32: ("16xH10xI10xHH", "III4xI12x", "II"),
}
_FORMS = {
    (bits, order): _Form(*(struct.Struct(order + layout) for layout in layouts))
    for bits, layouts in _LAYOUTS.items()
    for order in "<>"
}


class _Segments(NamedTuple):
    """What is read of program headers.

    Attributes:
        interpreter: Offset and size of the name of the loader; None if there is none.
        dynamic: Offset and size of the dynamic section; None if there is none.
        loaded: What is loaded: address in memory, offset and size in the file.
    """

    interpreter: Part | None
    dynamic: Part | None
    loaded: Sequence[tuple[int, int, int]]


class _Dynamic(NamedTuple):
    """What a dynamic section says: where in the table of strings each text is."""

    needed: Sequence[int]
    table: int
    texts: dict[int, int]


class _Fault(NamedTuple):
    """Why a file is not loaded; without a text, what was needed could not be read."""

    text: str | None = None


_UNREAD = _Fault()


def read_elf(head: bytes, size: int) -> ElfReading:
    """Read an ELF file.

    Args:
        head: Its first bytes, ``HEAD_SIZE`` of them or all.
        size: Its size in bytes.

    Returns:
        What was found; None if it is not an ELF file.
    """
    machine = machine_of(head)
    if machine is None:
        return None
    if len(head) < (64 if machine.bits == 64 else 52):
        return ElfFile(machine, 0, fault="ends within its header")
    form = _FORMS[machine.bits, machine.order]
    kind, table, length, count = form.header.unpack_from(head)
    segments = yield from _read_segments(form, (table, length, count), head, size)
    if isinstance(segments, _Fault):
        return ElfFile(machine, kind, needed=None, fault=segments.text)
    interpreter = yield from _read_interpreter(segments.interpreter, head, size)
    if isinstance(interpreter, _Fault):
        return ElfFile(machine, kind, needed=None, fault=interpreter.text)
    place = segments.dynamic
    if place is None or not place.length:
        return ElfFile(machine, kind, interpreter)
    dynamic = yield from _read_dynamic(form, segments, place, head)
    texts = None if dynamic is None else (yield from _read_texts(dynamic, head))
    if dynamic is None or texts is None:
        return ElfFile(machine, kind, interpreter, needed=None)
    needed = tuple([texts[offset] for offset in dynamic.needed])
    if not all(needed):
        return ElfFile(machine, kind, interpreter, needed=None)
    soname, rpath, runpath = (texts.get(dynamic.texts.get(tag, -1)) for tag in _TEXT_TAGS)
    return ElfFile(machine, kind, interpreter, needed, soname, rpath, runpath)


def machine_of(head: bytes) -> Machine | None:
    """What an ELF file was built for; None if it is not an ELF file."""
    if len(head) < 20 or not head.startswith(ELF_MAGIC):
        return None
    if head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    order = "<" if head[5] == 1 else ">"
    (number,) = struct.unpack_from(f"{order}H", head, 18)
    return Machine(head[4] * 32, order, number)


def _read_segments(
    form: _Form, table: tuple[int, int, int], head: bytes, size: int
) -> Generator[Part, bytes | None, _Segments | _Fault]:
    start, length, count = table
    if length != form.segment.size:
        return _Fault(f"has program headers of {length} bytes")
    if not count:
        return _Fault("has no program headers")
    if start + count * length > size:
        return _Fault("ends before its program headers")
    end = start + min(count, _SEGMENTS) * length
    content = head[start:end] if end <= len(head) else (yield Part(start, end - start))
    if content is None or len(content) < end - start:
        return _UNREAD
    interpreter = dynamic = None
    loaded = []
    for kind, offset, address, stored in form.segment.iter_unpack(content):
        if kind == _PT_LOAD:
            loaded.append((address, offset, stored))
        elif kind == _PT_DYNAMIC and dynamic is None:
            dynamic = Part(offset, stored)
        elif kind == _PT_INTERP and interpreter is None:
            interpreter = Part(offset, stored)
    return _Segments(interpreter, dynamic, loaded)


def _read_interpreter(
    place: Part | None, head: bytes, size: int
) -> Generator[Part, bytes | None, str | _Fault | None]:
    if place is None:
        return None
    offset, length = place
    if not 2 <= length <= _PATH:
        return _Fault(f"names a loader with {length} bytes")
    if offset + length > size:
        return _Fault("ends before the name of its loader")
    name = head[offset : offset + length] if offset + length <= len(head) else (yield place)
    if name is None or len(name) < length:
        return _UNREAD
    if name[-1:] != b"\0":
        return _Fault("names a loader without a NUL at the end")
    return _decode(name.partition(b"\0")[0])


def _read_dynamic(
    form: _Form, segments: _Segments, place: Part, head: bytes
) -> Generator[Part, bytes | None, _Dynamic | None]:
    """What the dynamic section says; None if that cannot be followed."""
    offset, length = place
    if length > DYNAMIC_LIMIT:
        return None
    section = head[offset : offset + length] if offset + length <= len(head) else (yield place)
    if section is None:
        return None
    whole = section[: len(section) - len(section) % form.entry.size]
    needed: list[int] = []
    texts: dict[int, int] = {}
    address: int | None = None
    for tag, value in form.entry.iter_unpack(whole):
        if tag not in _READ:
            continue
        if tag == _DT_NEEDED:
            needed.append(value)
        elif tag == _DT_STRTAB:
            address = value
        elif tag == _DT_NULL:
            break
        else:
            texts[tag] = value
    if not needed and not texts:
        return _Dynamic((), 0, {})
    table = None if address is None else _offset_of(segments, address)
    if table is None or len(needed) > _NEEDED:
        return None
    return _Dynamic(needed, table, texts)


def _offset_of(segments: _Segments, address: int) -> int | None:
    """Where in the file the content is that is loaded at an address."""
    for start, offset, size in segments.loaded:
        if 0 <= address - start < size:
            return offset + address - start
    return None


def _read_texts(
    dynamic: _Dynamic, head: bytes
) -> Generator[Part, bytes | None, dict[int, str] | None]:
    """The texts that a dynamic section refers to, by offset; None if one of them cannot be read."""
    limits = dict.fromkeys(dynamic.needed, _NAME)
    for tag, offset in dynamic.texts.items():
        limits[offset] = max(limits.get(offset, 0), _NAME if tag == _DT_SONAME else _SEARCH_PATH)
    if not limits:
        return {}
    first = min(limits)
    length = max(limits) - first + _SEARCH_PATH
    if length > _CLOSE:
        return (yield from _read_distant_texts(dynamic, limits, head))
    start = dynamic.table + first
    end = start + length
    content = head[start:end] if end <= len(head) else (yield Part(start, length))
    if content is None:
        return None
    found = {
        offset: text
        for offset, limit in limits.items()
        if (text := _text(content, offset - first, limit)) is not None
    }
    return found if len(found) == len(limits) else None


def _read_distant_texts(
    dynamic: _Dynamic, limits: dict[int, int], head: bytes
) -> Generator[Part, bytes | None, dict[int, str] | None]:
    found: dict[int, str] = {}
    for offset, limit in limits.items():
        start = dynamic.table + offset
        end = start + limit
        content = head[start:end] if end <= len(head) else (yield Part(start, limit))
        text = None if content is None else _text(content, 0, limit)
        if text is None:
            return None
        found[offset] = text
    return found


def _text(content: bytes, start: int, limit: int) -> str | None:
    """The text at an offset; None if it does not end within so many bytes."""
    end = content.find(b"\0", start, start + limit)
    return None if end < 0 else _decode(content[start:end])


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
