"""Layers that end otherwise on overlays than on vfs: cases with the words of the engines."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from checker import Host, Settings, Storage, Verdict, VerdictOutcome
from checker.model.limits import Limits
from checker.testing.cases import Case
from tests.sessions import new_session

FILE = Path(__file__).parents[1] / "cases" / "engines" / "storage.toml"
CASES: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["case"]
ENGINES = ("docker-20.10", "podman-4")
NEWER = ("docker-28", "docker-29-graphdriver", "podman-5")
# Above the highest ID of a usual user namespace.
FOREIGN = {"path": "f", "text": "x", "uid": 70_000, "gid": 3}


def loads(layers: object, host: Host, folder: Path, **table: Any) -> Mapping[str, Verdict]:
    """What each engine says to an image with these layers, by the name of the engine."""
    made = {"base": "docker-archive", "layers": layers, **table}
    path = Case("", "", "storage", "pass", {}, (), FILE, made).build().write(folder)
    classified = new_session(Settings(host=host)).classify(path)
    assert not classified.crashes
    return {each.engine: each for each in classified.verdicts if each.action == "load"}


def refusal(verdict: Verdict) -> str:
    assert verdict.outcome is VerdictOutcome.REJECTS, verdict
    return verdict.message or ""


@pytest.mark.parametrize("storage", Storage)
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_layers_end_as_with_the_engines(
    case: Mapping[str, Any], storage: Storage, tmp_path: Path
) -> None:
    found = loads(case["layers"], Host(storage=storage), tmp_path)
    on_overlay = case.get("overlay", {}) if storage is Storage.OVERLAY else {}
    for engine, text in (case["says"] | on_overlay).items():
        assert (found[engine].outcome is VerdictOutcome.REJECTS) is bool(text), found[engine]
        assert text in (found[engine].message or "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_overlay_is_the_default(case: Mapping[str, Any], tmp_path: Path) -> None:
    default = loads(case["layers"], Host(), tmp_path)
    overlay = loads(case["layers"], Host(storage=Storage.OVERLAY), tmp_path)
    for engine in (*ENGINES, *NEWER):
        assert default[engine][:5] == overlay[engine][:5]


def test_docker_29_opens_the_directory_of_a_whiteout(tmp_path: Path) -> None:
    layers = [[{"path": ".wh.d", "text": ""}, {"path": "d/.wh.f", "text": ""}]]
    found = loads(layers, Host(), tmp_path)
    assert refusal(found["docker-29-graphdriver"]) == "openat d: no such device or address"
    assert refusal(found["docker-28"]) == ("failed to mknod('/d/f', S_IFCHR, 0): not a directory")
    # A tool that removes a directory with its files may write both.
    assert found["podman-5"].outcome is VerdictOutcome.ACCEPTS


@pytest.mark.parametrize("storage", Storage)
def test_a_rootless_engine_has_only_the_ids_of_its_user_namespace(
    storage: Storage, tmp_path: Path
) -> None:
    found = loads([[FOREIGN]], Host(storage=storage, rootless=True), tmp_path)
    assert "lchown /f: invalid argument" in refusal(found["docker-20.10"])
    hint = "(try increasing the number of subordinate IDs in /etc/subuid and /etc/subgid)"
    assert refusal(found["docker-28"]) == (
        f'failed to Lchown "/f" for UID 70000, GID 3 {hint}: lchown /f: invalid argument'
    )
    assert refusal(found["docker-29-graphdriver"]) == (
        f'failed to Lchown "f" for UID 70000, GID 3 {hint}: lchownat f: invalid argument'
    )
    for engine in ("podman-4", "podman-5"):
        assert (
            "potentially insufficient UIDs or GIDs available in user namespace (requested 70000:3 "
            "for /f): Check /etc/subuid"
        ) in refusal(found[engine])
    as_root = loads([[FOREIGN]], Host(storage=storage), tmp_path)
    assert all(as_root[each].outcome is VerdictOutcome.ACCEPTS for each in (*ENGINES, *NEWER))


@pytest.mark.parametrize(("uid", "taken"), [(0, True), (65_536, True), (65_537, False)])
@pytest.mark.parametrize("key", ["uid", "gid"])
def test_the_ids_of_a_user_namespace(key: str, uid: int, *, taken: bool, tmp_path: Path) -> None:
    layers = [[{"path": "d/", key: uid}, {"path": "d/.wh.f", "text": "", key: uid}]]
    found = loads(layers, Host(rootless=True), tmp_path)
    for engine in (*ENGINES, *NEWER):
        assert (found[engine].outcome is VerdictOutcome.ACCEPTS) is taken, found[engine]


@pytest.mark.parametrize("storage", Storage)
def test_a_rootless_engine_leaves_device_nodes_out(storage: Storage, tmp_path: Path) -> None:
    layers = [[{"path": "null", "type": "char", "major": 1, "minor": 3, "uid": 70_000}]]
    found = loads(layers, Host(storage=storage, rootless=True), tmp_path)
    for engine in (*ENGINES, *NEWER):
        assert found[engine].outcome is VerdictOutcome.ACCEPTS, found[engine]
        assert "without device nodes" in found[engine].reason
        assert not any("rootless" in each for each in found[engine].conditions)


def test_a_device_node_in_the_archive_itself_needs_root(tmp_path: Path) -> None:
    edits = [{"add": {"path": "null", "type": "char", "major": 1, "minor": 3, "at": "end"}}]
    table: dict[str, Any] = {"base": "docker-oci-archive", "edits": edits}
    found = loads([], Host(rootless=True), tmp_path, **table)
    assert "lchown /null: no such file or directory" in refusal(found["docker-20.10"])
    assert refusal(found["docker-28"]) == "operation not permitted"
    # The archive is extracted for its image layout alone; that of docker save is read in place.
    assert found["podman-5"].outcome is VerdictOutcome.ACCEPTS
    as_root = loads([], Host(), tmp_path, **table)
    assert as_root["docker-28"].outcome is VerdictOutcome.ACCEPTS


@pytest.mark.parametrize(
    ("name", "text", "refused"),
    [
        ("security.capability", "\x01\0\0\x02" + "\0" * 16, set[str]()),
        ("trusted.a", "b", set[str]()),
        ("user.a", "b", set[str]()),
        ("security.capability", "x", {*ENGINES, *NEWER}),
    ],
)
def test_attributes_in_a_user_namespace(
    name: str, text: str, refused: set[str], tmp_path: Path
) -> None:
    layers = [[{"path": "f", "text": "x", "pax": {f"SCHILY.xattr.{name}": text}}]]
    found = loads(layers, Host(rootless=True), tmp_path)
    engines = (*ENGINES, *NEWER)
    assert {each for each in engines if found[each].outcome is VerdictOutcome.REJECTS} == refused


@pytest.mark.parametrize(
    ("edit", "taken"),
    [
        ({"remove": "blobs/sha256/"}, False),
        ({"move": {"member": "blobs/sha256/", "at": "end"}}, False),
        ({"move": {"member": "index.json", "at": "start"}}, True),
    ],
)
def test_skopeo_of_a_user_cannot_give_implied_directories_to_root(
    edit: dict[str, Any], *, taken: bool, tmp_path: Path
) -> None:
    """As skopeo 1.9 did, run by a user: "chown …: operation not permitted"."""
    table = {"base": "oci-archive", "edits": [edit]}
    path = Case("", "", "storage", "pass", {}, (), FILE, table).build().write(tmp_path)
    found = new_session(Settings(host=Host(rootless=True))).classify(path)
    verdict = found.verdict("skopeo-1", "oci-archive")
    assert verdict is not None
    assert (verdict.outcome is VerdictOutcome.ACCEPTS) is taken
    assert taken or "operation not permitted" in refusal(verdict)
    as_root = new_session().classify(path).verdict("skopeo-1", "oci-archive")
    assert as_root is not None
    assert as_root.outcome is VerdictOutcome.ACCEPTS


def test_rootless_docker_20_applies_layers_onto_those_below(tmp_path: Path) -> None:
    layers = [[{"path": "f", "text": "x"}], [{"path": "g", "link": "f", "type": "hardlink"}]]
    found = loads(layers, Host(storage=Storage.OVERLAY, rootless=True), tmp_path)
    assert found["docker-20.10"].outcome is VerdictOutcome.ACCEPTS
    assert refusal(found["docker-28"]) == "link /f /g: no such file or directory"


def test_rootless_containerd(tmp_path: Path) -> None:
    node = {"path": "null", "type": "char", "major": 1, "minor": 3, "uid": 70_000}
    host = Host(rootless=True)
    tmp_path.joinpath("a").mkdir()
    found = loads([[node]], host, tmp_path / "a")
    assert found["docker-29-containerd"].outcome is VerdictOutcome.ACCEPTS
    found = loads([[FOREIGN]], host, tmp_path)
    broken = found["docker-29-containerd"]
    assert broken.outcome is VerdictOutcome.ACCEPTS_BROKEN
    assert (
        'failed to Lchown "<tmp>" for UID 70000, GID 3: lchown <tmp>: invalid argument (Hint: try '
        "increasing the number of subordinate IDs in /etc/subuid and /etc/subgid)"
    ) in f"{broken.message}{broken.reason}"


@pytest.mark.parametrize("count", [1, 10_001])
def test_the_last_of_many_implied_directories_counts(count: int, tmp_path: Path) -> None:
    lower = [{"path": f"d{count - 1}", "text": "x"}]
    upper = [{"path": f"d{number}/f", "text": "x"} for number in range(count)]
    found = loads([lower, upper], Host(), tmp_path)
    assert any("on vfs the archive is refused" in each for each in found["docker-28"].conditions)


def test_storage_is_not_compared_where_the_end_is_not_known(tmp_path: Path) -> None:
    links = [{"path": f"l{number}", "link": "."} for number in range(60)]
    layers = [[*links, {"path": "l0/x", "text": ""}]]
    table = {"base": "docker-archive", "layers": layers}
    path = Case("", "", "storage", "pass", {}, (), FILE, table).build().write(tmp_path)
    classified = new_session(Settings(limits=Limits(simulated=20))).classify(path)
    cut = [each for each in classified.verdicts if each.limit is not None]
    assert cut
    assert not [text for each in cut for text in each.conditions if "on vfs" in text]
