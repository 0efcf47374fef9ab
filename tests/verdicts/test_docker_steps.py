"""What Docker does step by step: cases as data, with the words of the engines.

``says`` has for each engine and action ``""`` if it accepts the archive, ``"-"`` if it exits 0 and
the result is unusable, and otherwise its message; ``overlay`` has what is said instead where layers
are stored on overlays. Keys without an action mean ``load``. Digests, paths and numbers are masked
before they are compared.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.masking import masked
from checker import Host, Session, Settings, Storage, Verdict, VerdictOutcome
from checker.testing.cases import Case
from tests.effort import part
from tests.sessions import new_session

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FILE = Path(__file__).parents[1] / "cases" / "engines" / "docker.toml"
MODERN = ("docker-28", "docker-29-graphdriver", "docker-29-containerd")
CASES: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["case"]
SESSIONS = {storage: new_session(Settings(host=Host(storage=storage))) for storage in Storage}


@pytest.fixture(params=list(Storage))
def session(request: pytest.FixtureRequest) -> Session:
    return SESSIONS[request.param]


def said(verdict: Verdict) -> str:
    if verdict.outcome is VerdictOutcome.ACCEPTS:
        return ""
    if verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN:
        return "-"
    return masked(verdict.message or "")


def expected(says: Mapping[str, str]) -> dict[str, str]:
    return {
        title if " " in title else f"{title} load": masked(text) for title, text in says.items()
    }


def verdicts(session: Session, path: Path) -> dict[str, str]:
    classified = session.classify(path)
    assert not classified.crashes
    return {f"{each.engine} {each.action}": said(each) for each in classified.verdicts}


def built(table: Mapping[str, Any], folder: Path) -> Path:
    return Case("", "", "docker", "pass", {}, (), FILE, table).build().write(folder)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_docker_does_what_the_case_says(
    case: Mapping[str, Any], session: Session, tmp_path: Path
) -> None:
    table = {key: case[key] for key in case.keys() - {"name", "says", "overlay"}}
    found = verdicts(session, built(table, tmp_path))
    on_overlay = case.get("overlay", {}) if session is SESSIONS[Storage.OVERLAY] else {}
    wanted = expected(case["says"]) | expected(on_overlay)
    assert {title: found[title] for title in wanted} == wanted


def test_a_wrong_checksum_is_seen_where_the_whole_stream_is_read(
    session: Session, tmp_path: Path
) -> None:
    path = built({"base": "docker-archive"}, tmp_path)
    checksum: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}
    stream = bytearray(zstd.compress(path.read_bytes(), options=checksum))
    stream[-1] ^= 1
    path.write_bytes(stream)
    found = verdicts(session, path)
    words = "Error response from daemon: CRC check failed"
    assert [found[f"{name} load"] for name in MODERN] == ["", "", ""]
    assert [found[f"{name} import"] for name in MODERN] == ["-", words, words]


@pytest.mark.parametrize(("size", "taken"), [(65_536, True), (65_537, False)])
def test_a_value_of_an_attribute_has_at_most_64_kib(
    size: int, *, taken: bool, session: Session, tmp_path: Path
) -> None:
    entry = {"path": "f", "text": "x", "pax": {"SCHILY.xattr.user.big": "v" * size}}
    found = verdicts(session, built({"base": "docker-archive", "entries": [entry]}, tmp_path))
    error = 'lsetxattr /f: xattr "user.big": argument list too long'
    assert found["docker-28 load"] == ("" if taken else error)
    assert found["docker-29-containerd load"] == ("" if taken else "-")


def deep(size: int) -> str:
    """A path of so many bytes, none of its parts long."""
    return "d/" * ((size - 1) // 2) + "n" * (2 - size % 2)


@pytest.mark.parametrize(
    ("size", "storage"),
    [
        (size, storage)
        for turn, size in enumerate((4094, 4095, 4096, 4097, 5000))
        for storage in part(list(Storage), turn, share=2)
    ],
)
def test_paths_have_at_most_4095_bytes(size: int, storage: Storage, tmp_path: Path) -> None:
    session = SESSIONS[storage]
    table = {"base": "docker-archive", "layers": [[{"path": deep(size), "text": "x"}]]}
    found = verdicts(session, built(table, tmp_path))
    taken = size < 4095
    error = masked(f"open /{deep(size)}: file name too long")
    # The size of a layer on an overlay is that of its files, which are looked up on the host.
    measured = "lstat <path>/d: file name too long" if storage is Storage.OVERLAY else ""
    assert found["docker-28 load"] == (measured if taken else error)
    # Docker 29 opens directory by directory; only what it looks up at once is limited.
    parent = deep(size).rpartition("/")[0]
    if len(parent) < 4095:
        assert found["docker-29-graphdriver load"] == measured
    else:
        assert found["docker-29-graphdriver load"].endswith("file name too long")
    # containerd has the directory of the snapshot in front.
    assert found["docker-29-containerd load"] == "-"


@pytest.mark.parametrize("size", [4095, 4096, 20_000])
def test_targets_have_at_most_4095_bytes(size: int, session: Session, tmp_path: Path) -> None:
    target = "x" * size
    table = {"base": "docker-archive", "layers": [[{"path": "s", "link": target}]]}
    found = verdicts(session, built(table, tmp_path))
    taken = size < 4096
    assert (found["docker-28 load"] == "") is taken
    assert (found["docker-29-graphdriver load"] == "") is taken
    assert found["docker-29-containerd load"] == ("" if taken else "-")
    if not taken:
        assert found["docker-28 load"].startswith("symlink xxx")
        assert found["docker-29-graphdriver load"].startswith("symlinkat xxx")


LOADS = ("docker-20.10 load", *(f"{name} load" for name in MODERN))


def limited(path: Path, **values: int) -> dict[str, Verdict]:
    session = new_session({"limits": values})
    classified = session.classify(path)
    assert not classified.crashes
    return {f"{each.engine} {each.action}": each for each in classified.verdicts}


# Each limit, and an archive that has more: what is not read cannot be a reason to refuse it.
CUT: list[tuple[dict[str, int], dict[str, Any]]] = [
    ({"json_size": 100}, {"base": "docker-archive"}),
    ({"json_size": 100}, {"base": "docker-oci-archive"}),
    ({"json_depth": 1}, {"base": "docker-archive"}),
    ({"json_depth": 1}, {"base": "docker-oci-archive"}),
    ({"members": 1}, {"base": "docker-archive"}),
    ({"members": 1}, {"base": "docker-oci-archive"}),
    ({"entries": 2}, {"base": "docker-archive"}),
    ({"entries": 2}, {"base": "docker-oci-archive"}),
    ({"entries": 3}, {"base": "docker-oci-archive"}),
    ({"inflated": 2000}, {"base": "docker-archive", "edits": [{"compress": "gzip"}]}),
    ({"inflated": 2000}, {"base": "docker-oci-archive", "edits": [{"compress": "zstd"}]}),
    ({"inflated": 200}, {"base": "docker-oci-archive", "compression": "gzip"}),
    ({"spool": 3000}, {"base": "docker-archive", "edits": [{"compress": "gzip"}]}),
    (
        {"expansion": 1, "expansion_from": 1},
        {"base": "docker-oci-archive", "compression": "gzip"},
    ),
    (
        {"expansion": 1, "expansion_from": 700},
        {"base": "docker-archive", "edits": [{"compress": "xz"}]},
    ),
]


@pytest.mark.parametrize(("values", "table"), CUT, ids=[f"{a} {b['base']}" for a, b in CUT])
def test_a_limit_is_a_condition_and_never_a_refusal(
    values: dict[str, int], table: dict[str, Any], tmp_path: Path
) -> None:
    path = built(table, tmp_path)
    whole = limited(path)
    found = limited(path, **values)
    for title in LOADS:
        if whole[title].outcome is VerdictOutcome.ACCEPTS:
            assert found[title].outcome is VerdictOutcome.ACCEPTS, found[title]
            assert any("--limit" in each for each in found[title].conditions), title


@pytest.mark.parametrize("depth", [500, 3000, 9999])
def test_deep_documents_are_decoded(depth: int, session: Session, tmp_path: Path) -> None:
    text = '[{"x":' + "[" * depth + "]" * depth + "}]"
    edit = {"replace": {"member": "manifest.json", "text": text}}
    found = verdicts(session, built({"base": "docker-archive", "edits": [edit]}, tmp_path))
    deepest = depth + 2 > 10_000
    words = "invalid character '[' exceeded max depth" if deepest else "read <path>: is a directory"
    assert found["docker-28 load"] == words
