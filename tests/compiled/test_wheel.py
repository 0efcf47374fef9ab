"""Wheels have the parts in C where there is a compiler, and are whole without one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.compiled_parts import compiled_part
from tests.wheels import ROOT, build_wheel

PARTS = sorted(ROOT.joinpath("checker", "compiled").glob("*.c"))
MODULES = {f"checker/compiled/{source.stem}.abi3.so" for source in PARTS}

pytestmark = pytest.mark.skipif(not PARTS, reason="the sources are not here")


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_a_wheel_with_the_parts(tmp_path: Path) -> None:
    for source in PARTS:
        compiled_part(source.stem)  # so there is a compiler
    wheel = build_wheel(tmp_path)
    assert "-cp311-abi3-" in wheel.name
    names = names_in(wheel)
    assert {name for name in names if name.endswith(".so")} == MODULES
    assert not any(name.endswith((".c", ".new")) for name in names)


@pytest.mark.parametrize("environment", [{"HATCH_BUILD_NO_HOOKS": "true"}, {"PATH": "/nowhere"}])
def test_a_wheel_without_them(environment: dict[str, str], tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, **environment)
    assert wheel.name.endswith("-py3-none-any.whl")
    names = names_in(wheel)
    assert "checker/compiled/__init__.py" in names
    assert not any(name.endswith(".so") for name in names)
