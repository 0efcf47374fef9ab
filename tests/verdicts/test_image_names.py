"""Names, steps and paths that engines print or look up, with what decides about them varied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from checker import Session, Verdict, VerdictOutcome
from checker.testing.cases import Case
from tests.sessions import new_session

DIGEST = "sha256:" + "a" * 64
CTR, LOAD = "containerd-2 ctr import", "docker-29-containerd load"
PODMAN = ("podman-4 load", "podman-5 load")
AT_ONCE = "setting up to decompress blob: happened during read"
TO_FILE = 'storing blob to file "<tmp>'


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session()


def verdicts(table: Mapping[str, Any], session: Session, folder: Path) -> dict[str, Verdict]:
    case = Case("", "", "names", "pass", {}, (), Path(__file__), table)
    found = session.classify(case.build().write(folder)).verdicts
    return {f"{each.engine} {each.action}": each for each in found}


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("docker.io/library/app", "app:latest"),
        ("docker.io/library/app:1", "app:1"),
        (f"docker.io/library/app@{DIGEST}", f"app@{DIGEST}"),
        (f"docker.io/library/app:1@{DIGEST}", f"app:1@{DIGEST}"),
        ("example.com/app", "example.com/app:latest"),
        ("example.com:5000/a/b:c", "example.com:5000/a/b:c"),
        ("APP", "sha256:[0-9a-f]{64}"),
    ],
)
def test_the_name_that_docker_prints(
    name: str, printed: str, session: Session, tmp_path: Path
) -> None:
    annotations = {"io.containerd.image.name": name}
    edit = {"member": "index.json", "pointer": "/manifests/0/annotations", "value": annotations}
    table = {
        "base": "oci-archive",
        "config": {"rootfs": {"diff_ids": []}},
        "edits": [{"set": edit}],
    }
    message = verdicts(table, session, tmp_path)[LOAD].message or ""
    assert re.match(f"Error unpacking image {printed}: mismatched ", message), message


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("./index.json", True),
        ("x/../index.json", True),
        ("/index.json", False),
        ("//index.json", False),
        ("///index.json", False),
    ],
)
def test_where_containerd_finds_the_index(
    path: str, *, taken: bool, session: Session, tmp_path: Path
) -> None:
    table = {"base": "oci-archive", "edits": [{"rename": {"member": "index.json", "to": path}}]}
    found = verdicts(table, session, tmp_path)
    outcomes = {found[title].outcome is VerdictOutcome.ACCEPTS for title in (CTR, LOAD)}
    assert outcomes == {taken}


@pytest.mark.parametrize(
    ("base", "size", "step"),
    [
        ("docker-archive", 0, AT_ONCE),
        ("docker-archive", 1 << 20, TO_FILE),
        ("oci-archive", 0, TO_FILE),
    ],
)
def test_the_step_at_which_podman_finds_another_digest(
    base: str, size: int, step: str, session: Session, tmp_path: Path
) -> None:
    flip = {"member": "{layer1}", "from": "data", "at": 3, "mask": 1}
    table = {
        "base": base,
        "entries": [{"path": "large", "zeros": size}],
        "edits": [{"flip": flip}],
    }
    found = verdicts(table, session, tmp_path)
    for title in PODMAN:
        assert step in (found[title].message or ""), title
        assert "Digest did not match" in (found[title].message or ""), title


def test_the_command_of_each_engine(session: Session, tmp_path: Path) -> None:
    found = verdicts({"base": "docker-archive"}, session, tmp_path)
    path = tmp_path / "archive.tar"
    assert {"docker-28 import", "podman-5 import"} <= found.keys()
    for title, verdict in found.items():
        engine, _, action = title.partition(" ")
        program = engine.partition("-")[0]
        words = (verdict.command or "").split()
        assert words[0] == {"containerd": "ctr"}.get(program, program)
        if action in ("load", "import") and program in ("docker", "podman"):
            end = ["-i", str(path)] if action == "load" else [str(path), "name:tag"]
            assert words[1:] == [action, *end]


@pytest.mark.parametrize(
    ("port", "error"),
    [
        ("65535/tcp", None),
        ("0", None),
        ("80/udp", None),
        ("65536/tcp", "invalid port '65536': value out of range"),
        ("70000", "invalid port '70000': value out of range"),
        ("100000/tcp", "invalid port '100000': value out of range"),
        ("x/tcp", "invalid port 'x': invalid syntax"),
        ("80-90/tcp", "invalid port '80-90': invalid syntax"),
        ("/tcp", "invalid port '': value is empty"),
    ],
)
def test_ports_of_a_config(port: str, error: str | None, session: Session, tmp_path: Path) -> None:
    table = {"base": "docker-archive", "config": {"config": {"ExposedPorts": {port: {}}}}}
    found = verdicts(table, session, tmp_path)
    assert found["docker-28 load"].outcome is VerdictOutcome.ACCEPTS
    verdict = found["docker-29-graphdriver load"]
    assert (verdict.outcome is VerdictOutcome.ACCEPTS) is (error is None)
    assert (error or "") in (verdict.message or "")
