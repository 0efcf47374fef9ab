"""What is read of ELF files in C is what is read in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.elf import ElfFile, Machine
from checker.reading.elf import read_elf
from checker.reading.tar.programs import ReadOnce, ReadPart
from checker.testing.elf import MACHINES, Linking, elf
from tests.compiled_parts import compiled_part
from tests.effort import examples

if TYPE_CHECKING:
    from checker.compiled import elf_files
else:
    elf_files = compiled_part("elf_files")

NEEDED = ("libssl.so.3", "libc.so.6")


def parts_of(program: bytes, front: int, *, passes_once: bool) -> ReadPart:
    def read(offset: int, count: int) -> bytes:
        return program[offset : offset + count]

    return ReadOnce(read, front).read if passes_once else read


def read_in_python(program: bytes, front: int, *, passes_once: bool = False) -> ElfFile | None:
    read = parts_of(program, front, passes_once=passes_once)
    reading = read_elf(program[:front], len(program))
    content: bytes | None = None
    while True:
        try:
            part = reading.send(content)
        except StopIteration as done:
            found: ElfFile | None = done.value
            return found
        offset = min(part.offset, len(program))
        content = read(offset, min(part.length, len(program) - offset))


def read_compiled(program: bytes, front: int, *, passes_once: bool = False) -> ElfFile | None:
    read = parts_of(program, front, passes_once=passes_once)
    found = elf_files.read_elf(program[:front], len(program), read)
    return found and ElfFile(Machine(*found[:3]), *found[3:])


BASES = tuple(
    elf(machine, interpreter, needed=needed, linking=linking)
    for machine in MACHINES
    for interpreter in (None, "/lib/ld.so")
    for needed in ((), NEEDED, ("", "x"), ("é", *NEEDED))
    for linking in (Linking(), Linking("own", "/r", "/run", 3000), Linking(runpath="/x" * 2500))
)
BASES += (
    elf(needed=tuple(map(str, range(500)))),
    elf(needed=tuple(map(str, range(501)))),
    elf(needed=("n" * 255, "n" * 256)),
    elf(needed=("libx.so",)).replace(b"libx.so", b"lib\xff.so"),
    elf(needed=NEEDED, gap=9000, linking=Linking("s" * 256, names_gap=20_000)),
)
INTERESTING = st.one_of(
    st.integers(0, 64),
    st.integers(0, 8000),
    st.sampled_from([1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1, 0x400000, 0x7FFFFFFFFFFFF000]),
    st.integers((1 << 64) - 5000, (1 << 64) - 1),
)


@given(
    st.sampled_from(BASES),
    st.lists(
        st.tuples(
            st.one_of(st.integers(16, 63), st.integers(16, 400), st.integers(0, 6000)),
            st.sampled_from([1, 2, 4, 8]),
            INTERESTING,
        ),
        max_size=6,
    ),
    st.sampled_from([0, 40, 1000, 5000, 1 << 20]),
    st.sampled_from([20, 64, 1024, 1 << 20]),
)
@settings(max_examples=examples(1500), deadline=None)
def test_the_compiled_part_reads_the_same(
    base: bytes, changes: list[tuple[int, int, int]], cut: int, front: int
) -> None:
    program = bytearray(base if cut in {0, 1 << 20} else base[:cut])
    order: Literal["little", "big"] = "little" if base[5] == 1 else "big"
    for at, width, value in changes:
        mask = (1 << 8 * width) - 1
        program[at : at + width] = (value & mask).to_bytes(width, order)[: len(program) - at]
    front = max(front, min(len(program), 64))
    expected = read_in_python(bytes(program), front)
    assert read_compiled(bytes(program), front) == expected
    assert read_compiled(bytes(program), len(program)) == expected
    once = read_in_python(bytes(program), front, passes_once=True)
    assert read_compiled(bytes(program), front, passes_once=True) == once


@pytest.mark.parametrize("base", BASES, ids=map(str, range(len(BASES))))
def test_the_compiled_part_reads_sound_files(base: bytes) -> None:
    assert read_compiled(base, 1024) == read_in_python(base, 1024)


def test_what_a_reading_raises_is_raised() -> None:
    def fail(_offset: int, _count: int) -> bytes:
        raise OSError("gone")

    def give_a_number(_offset: int, _count: int) -> Any:
        return 1

    program = elf(needed=NEEDED, gap=9000)
    with pytest.raises(OSError, match="gone"):
        elf_files.read_elf(program[:1024], len(program), fail)
    with pytest.raises(TypeError):
        elf_files.read_elf(program[:1024], len(program), give_a_number)
    with pytest.raises(ValueError, match="smaller than its head"):
        elf_files.read_elf(program[:1024], 1000, fail)
