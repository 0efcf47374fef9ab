"""What ``--change`` does in real engines is what ``changes.json`` records, and the checker says.

With ``CHECKER_RENEW_SNAPSHOTS=1`` in the environment the record is written again; read the diff.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.importing.records import RECORDS, Record, settings_of, write_records

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.engines.host import Host

pytestmark = pytest.mark.engines

REFERENCE = "localhost/changed:1"


def imported(host: Host, engine: str, changes: list[str], archive: Path) -> dict[str, Any]:
    """What an engine says to the changes: the settings of the image, or the error."""
    options = [word for change in changes for word in ("--change", change)]
    done = host.run(engine, "import", *options, archive, REFERENCE)
    if done.returncode:
        return {"error": done.stderr.removesuffix("\n")}
    (image,) = json.loads(host.must(engine, "image", "inspect", done.stdout.split()[-1]))
    return {"settings": settings_of(image)}


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_the_records_are_those_of_the_engines(
    engine: str, taker_host: Host, tiny_root: Path
) -> None:
    key = "docker-20.10" if engine == "docker" else "podman-4"
    found = [imported(taker_host, engine, record["changes"], tiny_root) for record in RECORDS]
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS") == "1":
        write_records(key, found)
        return
    wrong: list[tuple[Record, dict[str, Any]]] = [
        (record, said)
        for record, said in zip(RECORDS, found, strict=True)
        if record.get(key) != said
    ]
    assert wrong == []
