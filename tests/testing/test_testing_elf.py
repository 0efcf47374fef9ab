"""The ELF writer against pyelftools, and against the kernel where it can be asked."""

from __future__ import annotations

import io
import platform
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from checker.testing.elf import MACHINES, elf

if TYPE_CHECKING:
    from pathlib import Path

EXPECTED = {
    "amd64": ("x64", 64, True),
    "arm64": ("AArch64", 64, True),
    "386": ("x86", 32, True),
    "arm": ("ARM", 32, True),
    "riscv64": ("RISC-V", 64, True),
    "ppc64le": ("64-bit PowerPC", 64, True),
    "s390x": ("IBM S/390", 64, False),
}


def test_every_machine_is_tested() -> None:
    assert set(EXPECTED) == set(MACHINES)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_header_names_the_machine(machine: str) -> None:
    read = ELFFile(io.BytesIO(elf(machine)))
    assert (read.get_machine_arch(), read.elfclass, read.little_endian) == EXPECTED[machine]
    assert read["e_type"] == "ET_EXEC"
    assert read["e_shnum"] == 0


@pytest.mark.parametrize("machine", MACHINES)
def test_the_segments_lie_within_the_file(machine: str) -> None:
    data = elf(machine, "/lib/ld.so.1")
    interpreter, load = ELFFile(io.BytesIO(data)).iter_segments()
    assert isinstance(interpreter, InterpSegment)
    assert interpreter.get_interp_name() == "/lib/ld.so.1"
    assert load["p_type"] == "PT_LOAD"
    assert load["p_offset"] + load["p_filesz"] == len(data)
    entry = ELFFile(io.BytesIO(data))["e_entry"]
    assert load["p_vaddr"] < entry < load["p_vaddr"] + load["p_memsz"]


def test_a_static_executable_has_no_interpreter() -> None:
    kinds = [segment["p_type"] for segment in ELFFile(io.BytesIO(elf())).iter_segments()]
    assert kinds == ["PT_LOAD"]


def test_the_size_is_as_asked_for() -> None:
    assert len(elf(size=5000)) == 5000
    with pytest.raises(ValueError, match="100 bytes are too few"):
        elf(size=100)


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown machine 'vax'; known: amd64"):
        elf("vax")


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="needs Linux on amd64"
)
@pytest.mark.parametrize("machine", ["amd64", "386"])
def test_the_kernel_runs_it(machine: str, tmp_path: Path) -> None:
    program = tmp_path / "app"
    program.write_bytes(elf(machine))
    program.chmod(0o755)
    try:
        run = subprocess.run([program], check=False)
    except OSError as error:
        pytest.skip(f"this kernel does not run {machine}: {error}")
    assert run.returncode == 0
