"""Whether containers start: the cases that engines are asked about as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker import classify
from checker.testing import build

from .roots import LOOKALIKES, Case, cases

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
@pytest.mark.parametrize("case", cases(LOOKALIKES), ids=lambda case: case.name)
def test_a_container_starts_or_does_not(case: Case, kind: str, tmp_path: Path) -> None:
    archive = tmp_path / "t.tar"
    archive.write_bytes(build(kind, case.image).tar())
    (start,) = classify(archive).starts
    assert start.answer == case.answer, start.text
    assert case.says in start.text
