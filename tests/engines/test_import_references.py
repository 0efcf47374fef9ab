"""What real engines make of references is what ``references.json`` records.

With ``CHECKER_RENEW_SNAPSHOTS=1`` in the environment the record is written again; read the diff.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.importing.records import REFERENCES, Record, write_references

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.engines.host import Host

pytestmark = pytest.mark.engines


def tagged(host: Host, engine: str, reference: str, archive: Path) -> dict[str, Any]:
    """The name of an image that an engine imported, or its error."""
    done = host.run(engine, "import", archive, reference)
    if done.returncode:
        return {"error": done.stderr.removesuffix("\n").splitlines()[-1]}
    (image,) = json.loads(host.must(engine, "image", "inspect", done.stdout.split()[-1]))
    host.run(engine, "rmi", "--force", *image["RepoTags"])
    return {"names": image["RepoTags"]}


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_the_records_of_references_are_those_of_the_engines(
    engine: str, taker_host: Host, tiny_root: Path
) -> None:
    key = "docker-20.10" if engine == "docker" else "podman-4"
    found = [tagged(taker_host, engine, each["reference"], tiny_root) for each in REFERENCES]
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS") == "1":
        write_references(key, found)
        return
    wrong: list[tuple[Record, dict[str, Any]]] = [
        (record, said)
        for record, said in zip(REFERENCES, found, strict=True)
        if record.get(key) != said
    ]
    assert wrong == []
