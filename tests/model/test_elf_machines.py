"""The architectures of ELF files by their names in configs."""

from __future__ import annotations

import pytest

from checker.model.elf import ARCHITECTURES, machine_for, runs_too
from checker.reading.elf import machine_of
from checker.testing.elf import MACHINES, elf


@pytest.mark.parametrize("name", MACHINES)
def test_every_machine_is_told(name: str) -> None:
    program = elf(name)
    assert machine_of(program) == ARCHITECTURES[name] == machine_for(name)
    assert str(machine_of(program)) == name


def test_no_two_architectures_look_alike() -> None:
    assert len(set(ARCHITECTURES.values())) == len(ARCHITECTURES)


@pytest.mark.parametrize("alias", ["x86_64", "AArch64", "i686"])
def test_other_names(alias: str) -> None:
    assert machine_for(alias) in ARCHITECTURES.values()


def test_processors_that_run_two() -> None:
    assert runs_too(ARCHITECTURES["386"], ARCHITECTURES["amd64"])
    assert not runs_too(ARCHITECTURES["amd64"], ARCHITECTURES["386"])
