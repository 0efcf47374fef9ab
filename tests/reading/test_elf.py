"""The libraries that ELF executables need, told while their archive is walked."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from checker.model.content import ContentPlan, ContentRequest
from checker.model.elf import ARCHITECTURES, ElfFile
from checker.model.limits import Limits
from checker.model.tar import AnomalyKind, Tar
from checker.reading.elf import read_elf
from checker.reading.tar.walker import TarWalker, walk_by_seeking
from checker.testing.elf import ET_DYN, MACHINES, Linking, elf
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


def seek(data: bytes) -> Tar:
    walker = TarWalker(Limits(), PLAN)
    return walk_by_seeking(walker, lambda at, count: data[at : at + count], len(data))


def told(program: bytes) -> tuple[str, ...] | None:
    data = write_tar((file("app", program, mode=0o755), file("next", "x")))
    tar = walk(data)
    assert tar.entries.paths == ["app", "next"]
    assert tar.anomalies == ()
    assert tar.contents[0] == program[:4096]
    assert seek(data).elf_files == tar.elf_files
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


def test_names_too_far_inside_a_stream() -> None:
    program = elf(needed=NEEDED, linking=Linking(names_gap=300_000))
    data = write_tar((file("app", program, mode=0o755),))
    assert walk(data).elf_files[0].needed is None
    assert seek(data).needed == {0: NEEDED}


def test_names_far_from_each_other() -> None:
    long = tuple(f"lib{i:0200}.so" for i in range(300))
    assert told(elf(needed=long, gap=9000)) == long


def test_everything_that_is_read() -> None:
    program = elf(
        *("arm64", "/lib/ld.so"),
        needed=NEEDED,
        linking=Linking("libown.so.1", "/opt/lib:$ORIGIN", "/srv/lib", kind=ET_DYN),
    )
    tar = walk(write_tar((file("usr/lib/libown.so.1.2", program), file("usr/lib/libtext.so", "x"))))
    assert tar.elf_files == {
        0: ElfFile(
            machine=ARCHITECTURES["arm64"],
            kind=3,
            interpreter="/lib/ld.so",
            needed=NEEDED,
            soname="libown.so.1",
            rpath="/opt/lib:$ORIGIN",
            runpath="/srv/lib",
        )
    }
    assert tar.contents == {0: program[:20], 1: b"x"}


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        (elf()[:40], "ends within its header"),
        (elf()[:54] + b"\x09\0" + elf()[56:], "has program headers of 9 bytes"),
        (elf()[:56] + b"\0\0" + elf()[58:], "has no program headers"),
        (elf()[:70], "ends before its program headers"),
        (elf(interpreter="x" * 5000), "names a loader with 5001 bytes"),
        (elf(interpreter="/lib/ld.so")[:180], "ends before the name of its loader"),
        (elf(interpreter="/lib/ld.so").replace(b"so\0", b"soo"), "names a loader without a NUL"),
    ],
)
def test_what_linux_does_not_load(program: bytes, fault: str) -> None:
    tar = walk(write_tar((file("app", program, mode=0o755),)))
    assert (tar.elf_files[0].fault or "").startswith(fault)


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
    assert seek(data[:cut]).elf_files == tar.elf_files


@given(data=st.data())
def test_damaged_programs_raise_nothing(data: st.DataObject) -> None:
    names = data.draw(st.sampled_from([0, 500, 5000]))
    gap = data.draw(st.integers(0, 64))
    linking = Linking(runpath="/x", names_gap=names)
    program = bytearray(elf(*("amd64", "/lib/ld.so"), needed=NEEDED, gap=gap, linking=linking))
    for _ in range(data.draw(st.integers(1, 8))):
        program[data.draw(st.integers(4, len(program) - 1))] = data.draw(st.integers(0, 255))
    tar_bytes = write_tar((file("app", bytes(program), mode=0o755), file("next", "x")))
    tar = walk(tar_bytes)
    assert tar.entries.paths == ["app", "next"]
    assert tar.anomalies == ()
    assert seek(tar_bytes).elf_files == tar.elf_files
    part = tar_bytes[: data.draw(st.integers(512, len(tar_bytes)))]
    assert seek(part).elf_files == walk(part).elf_files == walk(part, 100).elf_files


@given(st.binary(max_size=2000), st.integers(0, 4000))
def test_any_bytes_after_the_magic(rest: bytes, size: int) -> None:
    reading = read_elf(b"\x7fELF" + rest, size)
    content: bytes | None = None
    with contextlib.suppress(StopIteration):
        for turn in range(1000):
            part = reading.send(content)
            assert part.length <= 1 << 16
            content = rest[: part.length] if turn % 2 else None


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
    data = write_tar((file("app", program, mode=0o755),))
    assert walk(data).needed.get(0) in (expected, None)
    assert seek(data).needed[0] == expected
