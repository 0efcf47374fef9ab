"""Small well-formed ELF executables for tests, for the architectures that images are built for.

Source: System V ABI, chapter 4 (object files) and 5 (program loading), and its supplements.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Order = Literal["<", ">"]


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture in an ELF header.

    Attributes:
        number: ``e_machine``.
        bits: 32 or 64.
        order: ``<`` for little endian, ``>`` for big endian.
        flags: ``e_flags``.
        code: Instructions that exit with status 0 on Linux, or an illegal instruction.
    """

    number: int
    bits: Literal[32, 64]
    order: Order = "<"
    flags: int = 0
    code: bytes = bytes(4)


MACHINES: Mapping[str, Machine] = MappingProxyType(
    {
        # mov eax, 60; xor edi, edi; syscall
        "amd64": Machine(62, 64, code=bytes.fromhex("b83c00000031ff0f05")),
        "arm64": Machine(183, 64),
        # mov eax, 1; xor ebx, ebx; int 0x80
        "386": Machine(3, 32, code=bytes.fromhex("b80100000031dbcd80")),
        "arm": Machine(40, 32, flags=0x05000400),  # EABI 5, hard float
        "riscv64": Machine(243, 64, flags=0x5),  # compressed instructions, double float
        "ppc64le": Machine(21, 64, flags=0x2),  # ELF ABI v2
        "s390x": Machine(22, 64, order=">"),
    }
)
"""The architectures by their name in image configs (GOARCH)."""

_BASE = 0x400000
_PAGE = 0x10000
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_READ, _READ_EXECUTE, _READ_WRITE, _READ_WRITE_EXECUTE = 4, 5, 6, 7
_HASH_SIZE = 16
# Room for the hash table and one symbol; it keeps the dynamic section aligned.
_SYMBOLS = 48
_DT_NULL, _DT_NEEDED, _DT_HASH, _DT_STRTAB, _DT_SYMTAB = 0, 1, 4, 5, 6
_DT_STRSZ, _DT_SYMENT = 10, 11
_DT_SONAME, _DT_RPATH, _DT_RUNPATH = 14, 15, 29

ET_REL, ET_EXEC, ET_DYN = 1, 2, 3
"""Values of ``e_type``: object file, executable, shared library or position-independent program."""


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    flags: int
    offset: int
    size: int
    align: int


@dataclass(frozen=True, slots=True)
class Linking:
    """What is said in an ELF file for loaders, besides the libraries that it needs.

    Attributes:
        soname: Name for ``DT_SONAME``.
        rpath: Directories for ``DT_RPATH``.
        runpath: Directories for ``DT_RUNPATH``.
        names_gap: Bytes between the headers and the names of libraries.
        kind: ``e_type``, such as :data:`ET_DYN` for a shared library.
    """

    soname: str | None = None
    rpath: str | None = None
    runpath: str | None = None
    names_gap: int = 0
    kind: int = ET_EXEC

    @property
    def texts(self) -> list[tuple[int, str]]:
        """The texts of the dynamic section by tag."""
        pairs = ((_DT_SONAME, self.soname), (_DT_RPATH, self.rpath), (_DT_RUNPATH, self.runpath))
        return [(tag, text) for tag, text in pairs if text is not None]


PROGRAM = Linking()
"""An executable that says nothing more."""


def elf(
    machine: str = "amd64",
    interpreter: str | None = None,
    size: int | None = None,
    needed: Sequence[str] = (),
    gap: int = 0,
    *,
    linking: Linking = PROGRAM,
) -> bytes:
    """Make an ELF executable or shared library.

    Args:
        machine: Architecture, see :data:`MACHINES`.
        interpreter: Path of the dynamic loader for ``PT_INTERP``; None for a static executable.
        size: Length of the whole file in bytes, reached with zeros at the end.
        needed: Shared libraries for ``DT_NEEDED``.
        gap: Bytes between the code and the dynamic section.
        linking: What else the dynamic section has. If it is empty, there is none.

    Raises:
        ValueError: The architecture is unknown, or ``size`` is too small for the headers.
    """
    if machine not in MACHINES:
        raise ValueError(f"unknown machine {machine!r}; known: {', '.join(MACHINES)}")
    facts = MACHINES[machine]
    texts = [(_DT_NEEDED, name) for name in needed]
    texts += linking.texts
    body = _body(facts, interpreter, texts, gap, linking)
    length = len(body) if size is None else size
    if length < len(body):
        raise ValueError(f"{length} bytes are too few: this executable needs {len(body)}")
    return body.ljust(length, b"\0")


def _body(
    facts: Machine,
    interpreter: str | None,
    texts: Sequence[tuple[int, str]],
    gap: int,
    linking: Linking,
) -> bytes:
    loader = b"" if interpreter is None else interpreter.encode() + b"\0"
    names = b"\0".join((b"", *(text.encode() for _, text in texts), b"")) if texts else b""
    count = 1 + bool(loader) + bool(names)
    headers = _header_size(facts) + count * _segment_size(facts)
    strings = headers + len(loader) + linking.names_gap
    entry = _aligned(strings + len(names))
    section = _aligned(entry + len(facts.code)) + gap
    symbols = _symbols(facts) if texts else b""
    hashes = _BASE + section
    addresses = (_BASE + strings, hashes, hashes + _HASH_SIZE)
    dynamic = _dynamic(facts, texts, addresses, len(names)) if texts else b""
    place = section + len(symbols)
    whole = place + len(dynamic) if dynamic else entry + len(facts.code)
    # Loaders write to the dynamic section.
    flags = _READ_WRITE_EXECUTE if dynamic else _READ_EXECUTE
    segments = [_Segment(_PT_LOAD, flags, 0, whole, _PAGE)]
    if loader:
        segments.insert(0, _Segment(_PT_INTERP, _READ, headers, len(loader), 1))
    if dynamic:
        segments.append(_Segment(_PT_DYNAMIC, _READ_WRITE, place, len(dynamic), 8))
    table = b"".join(_segment(facts, segment) for segment in segments)
    start = _header(facts, entry, count, linking.kind) + table + loader
    head = (start.ljust(strings, b"\0") + names).ljust(entry, b"\0")
    code = head + facts.code
    return code.ljust(section, b"\0") + symbols + dynamic if dynamic else code


def _aligned(offset: int) -> int:
    return offset + -offset % 16


def _symbols(facts: Machine) -> bytes:
    """A hash table and a symbol table without symbols but the first, which has no name."""
    table = struct.pack(f"{facts.order}4I", 1, 1, 0, 0)
    return (table + bytes(_symbol_size(facts))).ljust(_SYMBOLS, b"\0")


def _dynamic(
    facts: Machine,
    texts: Sequence[tuple[int, str]],
    addresses: tuple[int, int, int],
    length: int,
) -> bytes:
    """The dynamic section.

    Args:
        facts: The architecture.
        texts: The texts in the string table, in order, with the tag of what refers to each.
        addresses: Addresses of the string table, the hash table and the symbol table.
        length: Bytes of the string table.
    """
    strings, hashes, symbols = addresses
    pairs: list[tuple[int, int]] = []
    place = 1
    for tag, text in texts:
        pairs.append((tag, place))
        place += len(text.encode()) + 1
    pairs += [
        (_DT_STRTAB, strings),
        (_DT_STRSZ, length),
        (_DT_HASH, hashes),
        (_DT_SYMTAB, symbols),
        (_DT_SYMENT, _symbol_size(facts)),
        (_DT_NULL, 0),
    ]
    word = "Q" if facts.bits == 64 else "I"
    return b"".join(struct.pack(f"{facts.order}{word}{word}", *pair) for pair in pairs)


def _symbol_size(facts: Machine) -> int:
    return 24 if facts.bits == 64 else 16


def _header_size(facts: Machine) -> int:
    return 64 if facts.bits == 64 else 52


def _segment_size(facts: Machine) -> int:
    return 56 if facts.bits == 64 else 32


def _section_size(facts: Machine) -> int:
    return 64 if facts.bits == 64 else 40


def _header(facts: Machine, entry: int, count: int, kind: int) -> bytes:
    ident = bytes((0x7F, *b"ELF", facts.bits // 32, 1 if facts.order == "<" else 2, 1))
    word = "Q" if facts.bits == 64 else "I"
    size = _header_size(facts)
    rest = struct.pack(
        f"{facts.order}HHI{word}{word}{word}I6H",
        kind,
        facts.number,
        1,
        _BASE + entry,
        size,
        0,
        facts.flags,
        size,
        _segment_size(facts),
        count,
        _section_size(facts),
        0,
        0,
    )
    return ident.ljust(16, b"\0") + rest


def _segment(facts: Machine, segment: _Segment) -> bytes:
    address = _BASE + segment.offset
    place = (segment.offset, address, address, segment.size, segment.size)
    if facts.bits == 64:
        return struct.pack(f"{facts.order}II6Q", segment.kind, segment.flags, *place, segment.align)
    return struct.pack(f"{facts.order}I5III", segment.kind, *place, segment.flags, segment.align)
