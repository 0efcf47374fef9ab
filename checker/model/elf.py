"""Facts of ELF files: what they were built for, and what the loader must find to start them.

Sources: System V ABI, chapters 4 (ELF header) and 5 (program header, dynamic section), with its
processor supplements; GOARCH values as Go 1.22 lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checker.records import NamedTuple

ELF_MAGIC = b"\x7fELF"

EXECUTABLE_TYPES = frozenset({2, 3})
"""Values of ``e_type`` that Linux executes: ET_EXEC and ET_DYN."""


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
X32 = Machine(32, "<", 62)
"""Programs with 32-bit pointers for amd64."""

_ALSO_RUN = {
    "amd64": frozenset({ARCHITECTURES["386"], X32}),
    "arm64": frozenset({ARCHITECTURES["arm"]}),
}


class ElfFile(NamedTuple):
    """What was read of an ELF file.

    Attributes:
        machine: What it was built for.
        kind: ``e_type``: 2 for an executable, 3 for a shared object or position-independent
            executable.
        interpreter: The dynamic loader that ``PT_INTERP`` names; None without one, and if
            ``needed`` is None, also because it could not be read.
        needed: Names of the libraries that ``DT_NEEDED`` lists, in order; None if they could not
            be read, because they are too far inside a compressed layer, the file is cut off before
            them, or there are too many.
        soname: ``DT_SONAME``, the name that others need it by.
        rpath: ``DT_RPATH``, directories in which libraries are searched.
        runpath: ``DT_RUNPATH``, which replaces it.
        fault: Why Linux does not load it, such as ``has no program headers``; None if no such
            fault was found.
    """

    machine: Machine
    kind: int
    interpreter: str | None = None
    needed: tuple[str, ...] | None = ()
    soname: str | None = None
    rpath: str | None = None
    runpath: str | None = None
    fault: str | None = None


def machine_for(architecture: str | None) -> Machine | None:
    """The machine of the programs for an architecture; None if it is not known."""
    word = (architecture or "").lower()
    return ARCHITECTURES.get(_ALIASES.get(word, word))


def runs_too(machine: Machine, wanted: Machine) -> bool:
    """Whether processors of an architecture may run programs for another one."""
    return machine in _ALSO_RUN.get(str(wanted), ())
