"""The libraries that ELF executables need, told while their archive is walked."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from checker.model.content import ContentPlan, ContentRequest
from checker.model.limits import Limits
from checker.model.tar import AnomalyKind, Tar
from checker.reading.elf import find_dynamic, needed_libraries
from checker.reading.tar.walker import TarWalker
from checker.testing.elf import MACHINES, elf
from checker.testing.tar import file, write_tar

NEEDED = ("libssl.so.3", "libc.so.6")
PLAN = ContentPlan.of([ContentRequest(executables=True, libraries=True)])


def walk(data: bytes, piece: int = 1 << 16) -> Tar:
    walker = TarWalker(Limits(), PLAN)
    at = 0
    while at < len(data):
        step = min(walker.skippable, len(data) - at)
        if step:
            walker.skip(step)
        else:
            step = min(piece, len(data) - at)
            walker.feed(data[at : at + step])
        at += step
    return walker.finish()


def told(program: bytes) -> tuple[str, ...] | None:
    tar = walk(write_tar((file("app", program, mode=0o755), file("next", "x"))))
    assert tar.entries.paths == ["app", "next"]
    assert tar.anomalies == ()
    assert tar.contents[0] == program[:4096]
    return tar.needed.get(0)


@pytest.mark.parametrize("name", MACHINES)
def test_every_machine(name: str) -> None:
    assert told(elf(name, "/lib/ld.so", needed=NEEDED)) == NEEDED


@pytest.mark.parametrize("gap", [3000, 4096, 100_000, 262_144 - 300, 262_144, 1_000_000])
def test_wherever_the_section_lies(gap: int) -> None:
    assert told(elf(needed=NEEDED, gap=gap)) == NEEDED
    assert told(elf(needed=NEEDED, gap=gap, size=gap + 10_000)) == NEEDED


def test_a_static_program_has_no_such_section() -> None:
    assert told(elf()) is None


def test_names_that_lie_too_far_inside_are_not_known() -> None:
    long = tuple(f"lib{i:0200}.so" for i in range(30))
    head = elf(needed=long)
    place = find_dynamic(head)
    assert place is not None
    section = head[place.offset : place.end]
    assert needed_libraries(head, section) == long
    assert needed_libraries(head[:4096], section) is None


def test_only_who_asks_is_told() -> None:
    walker = TarWalker(Limits(), ContentPlan({}, executables=64))
    walker.feed(write_tar((file("app", elf(needed=NEEDED), mode=0o755),)))
    assert walker.finish().needed == {}


@pytest.mark.parametrize("cut", [600, 5000, 300_000, 400_100])
def test_a_file_that_is_cut(cut: int) -> None:
    data = write_tar((file("app", elf(needed=NEEDED, gap=400_000), mode=0o755),))
    tar = walk(data[:cut])
    assert [anomaly.kind for anomaly in tar.anomalies] == [AnomalyKind.TRUNCATED_CONTENT]
    assert tar.needed == {}


@given(data=st.data())
def test_damaged_programs_raise_nothing(data: st.DataObject) -> None:
    program = bytearray(
        elf("amd64", "/lib/ld.so", needed=NEEDED, gap=data.draw(st.integers(0, 64)))
    )
    for _ in range(data.draw(st.integers(1, 8))):
        program[data.draw(st.integers(4, len(program) - 1))] = data.draw(st.integers(0, 255))
    tar = walk(write_tar((file("app", bytes(program), mode=0o755), file("next", "x"))))
    assert tar.entries.paths == ["app", "next"]
    assert tar.anomalies == ()


@given(st.integers(1, 3000))
def test_pieces_of_any_size(piece: int) -> None:
    data = write_tar((file("app", elf(needed=NEEDED, gap=9000), mode=0o755), file("next", "x")))
    tar = walk(data, piece)
    assert tar.needed == {0: NEEDED}
    assert tar.entries.paths == ["app", "next"]


def test_pyelftools_agrees_on_a_real_program() -> None:
    program = Path(sys.executable).read_bytes()
    if not program.startswith(b"\x7fELF"):
        pytest.skip("the Python that runs here is no ELF file")
    expected = tuple(
        str(getattr(tag, "needed", ""))
        for segment in ELFFile(io.BytesIO(program)).iter_segments("PT_DYNAMIC")
        if isinstance(segment, DynamicSegment)
        for tag in segment.iter_tags("DT_NEEDED")
    )
    assert told(program) in (expected, None)
    place = find_dynamic(program)
    assert place is None or needed_libraries(program, program[place.offset : place.end]) == expected
