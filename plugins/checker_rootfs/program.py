"""Properties of a program, from the first bytes of its file: ELF or script.

Sources: System V ABI, chapters 4 (ELF header) and 5 (program header, PT_INTERP), with its
processor supplements; Linux 6.6, fs/binfmt_script.c and fs/binfmt_elf.c; GOARCH values as Go 1.22
lists them.

Four fields of the headers are read with struct: pyelftools takes 40 ms to import, and nearly every
program is valid. If its loader seems to be missing, the result of pyelftools decides.
"""

from __future__ import annotations

import io
import struct
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from checker.model.rootfs import Rootfs
from checker.model.untrusted import utf8

BYTE_ORDER_MARK = "\ufeff"
"""Written at the start of a file by some editors; in a script it hides the ``#!``."""

IDENT_SIZE = 20
"""Bytes of an ELF file that contain class, byte order and machine."""

_MAGIC = b"\x7fELF"
# Mach-O of 32 and 64 bits (mach-o/loader.h), and several of them in one file (mach-o/fat.h). Java
# classes begin like the latter, but their version is higher than the number of programs.
_MACH_O = (b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_FAT = b"\xca\xfe\xba\xbe\0\0\0"
_FAT_MOST = 20
_PT_INTERP = 3
_LOOKED_AT = 10_000
"""Executables that are examined to find the majority."""
_LINE = 256
"""Bytes of the first line that Linux reads (BINPRM_BUF_SIZE; 128 before Linux 5.1)."""


class Machine(NamedTuple):
    """What an ELF file was built for: class in bits, byte order (``<`` or ``>``), e_machine."""

    bits: int
    order: str
    number: int

    def __str__(self) -> str:
        known = _NAMES.get(self)
        if known is not None:
            return known
        order = "little" if self.order == "<" else "big"
        return f"ELF machine {self.number} ({self.bits} bits, {order} endian)"


ARCHITECTURES: Mapping[str, Machine] = MappingProxyType(
    {
        "386": Machine(32, "<", 3),
        "amd64": Machine(64, "<", 62),
        "arm": Machine(32, "<", 40),
        "arm64": Machine(64, "<", 183),
        "loong64": Machine(64, "<", 258),
        "mips": Machine(32, ">", 8),
        "mips64": Machine(64, ">", 8),
        "mips64le": Machine(64, "<", 8),
        "mipsle": Machine(32, "<", 8),
        "ppc64": Machine(64, ">", 21),
        "ppc64le": Machine(64, "<", 21),
        "riscv64": Machine(64, "<", 243),
        "s390x": Machine(64, ">", 22),
    },
)
"""The machine of the programs for an architecture, by its name in configs (GOARCH)."""

_NAMES = {machine: name for name, machine in ARCHITECTURES.items()}
# Other names that containerd and Podman accept for these architectures.
_ALIASES = {
    "aarch64": "arm64",
    "armel": "arm",
    "armhf": "arm",
    "i386": "386",
    "i686": "386",
    "x86-64": "amd64",
    "x86_64": "amd64",
}
_X32 = Machine(32, "<", 62)
_ALSO_RUN = {
    "amd64": frozenset({ARCHITECTURES["386"], _X32}),
    "arm64": frozenset({ARCHITECTURES["arm"]}),
}


class Shebang(NamedTuple):
    """The first line of a script.

    Attributes:
        interpreter: The program that it names, as the kernel reads it.
        argument: The rest of the line, which is a single argument.
    """

    interpreter: str
    argument: str


def machine_of(head: bytes) -> Machine | None:
    """What an ELF file was built for; None if it is not an ELF file."""
    if len(head) < IDENT_SIZE or not head.startswith(_MAGIC):
        return None
    if head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    order = "<" if head[5] == 1 else ">"
    (number,) = struct.unpack_from(f"{order}H", head, 18)
    return Machine(head[4] * 32, order, number)


def machine_for(architecture: str | None) -> Machine | None:
    """The machine of the programs for an architecture; None if it is not known."""
    word = (architecture or "").lower()
    return ARCHITECTURES.get(_ALIASES.get(word, word))


def count_machines(rootfs: Rootfs) -> Counter[Machine]:
    """The number of visible executables by machine, of the first thousands."""
    kept = islice(rootfs.kept_contents(), _LOOKED_AT)
    heads = Counter(head[:IDENT_SIZE] for _, _, head in kept if head.startswith(_MAGIC))
    counts: Counter[Machine] = Counter()
    for head, count in heads.items():
        machine = machine_of(head)
        if machine is not None:
            counts[machine] += count
    return counts


def runs_too(machine: Machine, wanted: Machine) -> bool:
    """Whether processors of an architecture may run programs for another one."""
    return machine in _ALSO_RUN.get(str(wanted), ())


def elf_interpreter(head: bytes) -> str | None:
    """The dynamic loader of an ELF file.

    Returns:
        None for a static program, and if headers or name are beyond ``head``.
    """
    machine = machine_of(head)
    if machine is None:
        return None
    try:
        return _find_interpreter(head, machine)
    except struct.error:
        return None


def _find_interpreter(head: bytes, machine: Machine) -> str | None:
    wide = machine.bits == 64
    word = "Q" if wide else "I"
    (table,) = struct.unpack_from(f"{machine.order}{word}", head, 32 if wide else 28)
    size, count = struct.unpack_from(f"{machine.order}HH", head, 54 if wide else 42)
    if size != (56 if wide else 32):
        return None
    for i in range(min(count, len(head) // size)):
        at = table + i * size
        if at + size > len(head):
            return None
        (kind,) = struct.unpack_from(f"{machine.order}I", head, at)
        if kind == _PT_INTERP:
            (offset,) = struct.unpack_from(f"{machine.order}{word}", head, at + (8 if wide else 4))
            (length,) = struct.unpack_from(
                f"{machine.order}{word}", head, at + (32 if wide else 16)
            )
            return _text_at(head, offset, length)
    return None


def elf_interpreter_by_library(head: bytes) -> str | None:
    """The dynamic loader of an ELF file, as pyelftools reads it; None without one."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile
    from elftools.elf.segments import InterpSegment

    try:
        program = ELFFile(io.BytesIO(_without_sections(head)))
        for segment in program.iter_segments("PT_INTERP"):
            if isinstance(segment, InterpSegment):
                return _decode(utf8(segment.get_interp_name()))
    except (ELFError, UnicodeError, struct.error, ValueError, OverflowError):
        return None
    return None


def _without_sections(head: bytes) -> bytes:
    """The head without section headers: they are at the end of the file, which was not kept."""
    wide = head[4] == 2
    offset = slice(40, 48) if wide else slice(32, 36)
    count_and_names = slice(60, 64) if wide else slice(48, 52)
    copy = bytearray(head)
    for place in (offset, count_and_names):
        copy[place] = bytes(place.stop - place.start)
    return bytes(copy)


def _text_at(head: bytes, offset: int, length: int) -> str | None:
    if not length or offset + length > len(head):
        return None
    return _decode(head[offset : offset + length].partition(b"\0")[0]) or None


def shebang_of(head: bytes) -> Shebang | None:
    """The first line of a script; None if it does not name an interpreter."""
    if not head.startswith(b"#!"):
        return None
    line = head[2:_LINE].partition(b"\n")[0].strip(b" \t")
    interpreter, _, argument = line.replace(b"\t", b" ").partition(b" ")
    if not interpreter or b"\0" in line:
        return None
    return Shebang(_decode(interpreter), _decode(argument.strip(b" ")))


def foreign_system(head: bytes) -> str | None:
    """The operating system of a program, if its format is not that of Linux."""
    if head.startswith(_MACH_O) or (head.startswith(_FAT) and 0 < head[7] < _FAT_MOST):
        return "macOS"
    return "Windows" if head.startswith(b"MZ") else None


def is_plain_text(head: bytes) -> bool:
    """Whether a file contains text or is empty, and so is not a program of any format."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may have been cut in two.
        if error.reason != "unexpected end of data":
            return False
        text = head[: error.start].decode("utf-8")
    text = text.removeprefix(BYTE_ORDER_MARK)
    return all(character.isprintable() or character in "\t\n\r\f" for character in text)


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
