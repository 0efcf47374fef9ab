"""Whether containers start: the cases that engines are asked about as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker.testing import build
from tests.effort import part
from tests.sessions import new_session

from .roots import LOOKALIKES, Case, cases

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        pytest.param(case, kind, id=f"{case.name}-{kind}")
        for turn, case in enumerate(cases(LOOKALIKES))
        for kind in part(["docker-archive", "oci-archive"], turn, share=2)
    ],
)
def test_a_container_starts_or_does_not(case: Case, kind: str, tmp_path: Path) -> None:
    archive = tmp_path / "t.tar"
    archive.write_bytes(build(kind, case.image).tar())
    (start,) = new_session().classify(archive).starts
    assert start.answer == case.answer, start.text
    assert case.says in start.text
