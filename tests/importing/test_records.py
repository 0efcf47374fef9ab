"""What the checker says of ``--change`` options and references is what real engines said."""

from __future__ import annotations

from typing import Any

import pytest

from checker.importing.engines import ENGINES
from checker.importing.errors import ImportRefusedError

from .records import RECORDS, REFERENCES, Record

BY_NAME = {engine.name: engine for engine in ENGINES}
RECORDED = ("docker-20.10", "podman-4")


def said_of(record: Record, name: str) -> dict[str, Any]:
    try:
        return {"settings": BY_NAME[name].apply(record["changes"]).settings()}
    except ImportRefusedError as error:
        return {"error": str(error)}


def named(record: Record, name: str) -> dict[str, Any]:
    try:
        return {"names": [BY_NAME[name].tag(record["reference"])]}
    except ImportRefusedError as error:
        return {"error": str(error)}


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: repr(record["changes"]))
def test_changes(record: Record, name: str) -> None:
    assert said_of(record, name) == record[name]


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("record", REFERENCES, ids=lambda record: record["reference"][:40])
def test_references(record: Record, name: str) -> None:
    assert named(record, name) == record[name]


def test_there_are_enough_of_both_kinds() -> None:
    for name in RECORDED:
        refused = [record for record in RECORDS if "error" in record[name]]
        assert len(refused) > 40
        assert len(RECORDS) - len(refused) > 60
