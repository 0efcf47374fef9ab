"""Facts of programs, from their first bytes."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment
from hypothesis import given
from hypothesis import strategies as st

from checker.testing.elf import MACHINES, elf
from checker_rootfs.program import (
    ARCHITECTURES,
    Machine,
    elf_interpreter,
    elf_interpreter_by_library,
    is_plain_text,
    machine_for,
    machine_of,
    shebang_of,
)

DYNAMIC = elf("amd64", interpreter="/lib/ld.so")


@pytest.mark.parametrize("name", MACHINES)
def test_every_machine_is_told(name: str) -> None:
    program = elf(name, interpreter="/lib/ld.so.1")
    assert machine_of(program) == ARCHITECTURES[name] == machine_for(name)
    assert str(machine_of(program)) == name
    assert elf_interpreter(program) == "/lib/ld.so.1"
    assert elf_interpreter(elf(name)) is None


def test_no_two_architectures_look_alike() -> None:
    assert len(set(ARCHITECTURES.values())) == len(ARCHITECTURES)


@pytest.mark.parametrize("name", MACHINES)
def test_pyelftools_agrees(name: str) -> None:
    for program in (elf(name, interpreter="/lib/ld.so.1"), elf(name)):
        assert told_by_pyelftools(program) == (machine_of(program), elf_interpreter(program))


@pytest.mark.parametrize("name", MACHINES)
def test_the_library_reads_a_head_that_is_cut(name: str) -> None:
    program = elf(name, interpreter="/lib/ld.so.1", size=100_000)
    assert elf_interpreter_by_library(program[:4096]) == "/lib/ld.so.1"
    assert elf_interpreter_by_library(elf(name)[:4096]) is None


@given(data=st.data())
def test_the_library_survives_damaged_heads(data: st.DataObject) -> None:
    program = bytearray(DYNAMIC)
    for _ in range(data.draw(st.integers(1, 8))):
        program[data.draw(st.integers(4, len(program) - 1))] = data.draw(st.integers(0, 255))
    found = elf_interpreter_by_library(bytes(program))
    assert found is None or isinstance(found, str)


def test_pyelftools_agrees_on_a_real_program() -> None:
    program = Path(sys.executable).read_bytes()
    if not program.startswith(b"\x7fELF"):
        pytest.skip("the Python that runs here is no ELF file")
    told = told_by_pyelftools(program)
    assert told == (machine_of(program[:20]), elf_interpreter(program[:4096]))


def told_by_pyelftools(program: bytes) -> tuple[Machine, str | None]:
    parsed = ELFFile(io.BytesIO(program))
    order = "<" if parsed.little_endian else ">"
    number = int.from_bytes(program[18:20], "little" if parsed.little_endian else "big")
    loaders = [
        segment.get_interp_name()
        for segment in parsed.iter_segments()
        if isinstance(segment, InterpSegment)
    ]
    return Machine(parsed.elfclass, order, number), loaders[0] if loaders else None


@given(st.integers(0, len(DYNAMIC) - 1), st.integers(0, 255), st.integers(0, len(DYNAMIC)))
def test_damaged_programs_raise_nothing(at: int, value: int, length: int) -> None:
    head = bytearray(DYNAMIC)
    head[at] = value
    loader = elf_interpreter(bytes(head[:length]))
    assert loader is None or loader.encode("utf-8", "surrogateescape") in bytes(head)


@given(st.binary(max_size=64).map(lambda rest: b"\x7fELF" + rest))
def test_any_bytes_raise_nothing(head: bytes) -> None:
    assert elf_interpreter(head) is None or machine_of(head) is not None


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"#!/bin/sh\n", ("/bin/sh", "")),
        (b"#!/bin/sh", ("/bin/sh", "")),
        (b"#! \t/bin/sh \t-e  -u \n", ("/bin/sh", "-e  -u")),
        (b"#!/bin/sh\t-e\n", ("/bin/sh", "-e")),
        (b"#!/bin/sh\r\n", ("/bin/sh\r", "")),
        (b"#!/bin/\xff\n", ("/bin/\udcff", "")),
        (b"#!\n/bin/sh", None),
        (b"#!/bin/s\0h\n", None),
        (b" #!/bin/sh\n", None),
        (b"", None),
    ],
)
def test_shebang(head: bytes, expected: tuple[str, str] | None) -> None:
    assert shebang_of(head) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", True),
        (b"exec true\r\n\t# \xc3\xa4\n", True),
        (b"cut \xc3", True),
        (b"\xc3 in the middle", False),
        (b"\x00asm\x01", False),
        (b"MZ\x90", False),
        (b"a\x1bb", False),
    ],
)
def test_is_plain_text(head: bytes, expected: bool) -> None:  # noqa: FBT001 - a row of a table
    assert is_plain_text(head) is expected
