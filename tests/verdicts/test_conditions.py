"""What each verdict depends on besides the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checker import Host, Session, Settings, Storage, classify
from checker.testing.cases import Case
from checker_engines.answers.conditions import (
    DEVICES,
    EMPTY_STORE,
    LAYER_COMPRESSED_TWICE,
    UNPIGZ,
    URLS,
    XZ,
    on_vfs,
    one_platform,
    overlayfs,
)
from tests.sessions import new_session

CLASSIC, STORE = "docker-28 load", "docker-29-containerd load"
CLASSIC_IMPORT, STORE_IMPORT = "docker-28 import", "docker-29-containerd import"
PODMAN, PODMAN_IMPORT, SKOPEO = "podman-5 load", "podman-5 import", "skopeo-1 docker-archive"
CHARACTER = {"path": "dev/null", "type": "char", "major": 1, "minor": 3}
BLOCK = {"path": "dev/sda", "type": "block", "major": 8, "minor": 0}
PIPE = {"path": "dev/pipe", "type": "fifo"}
CTR = "containerd-2 ctr import"
FILE = [{"path": "p", "text": "x"}]
GONE = {"path": "d/a", "type": "whiteout"}
ABSENT = (
    "the image store does not have layer 0 of sample:1 either: the archive is loaded where it has "
    "them, and all layers below them"
)
PLATFORMS = {
    "base": "oci-archive",
    "platforms": ["linux/amd64", "linux/s390x"],
}
ACCEPTED, REFUSED = on_vfs("accepted"), on_vfs("refused")
WHITEOUT = {"path": "etc/passwd", "type": "whiteout"}


class Depends(NamedTuple):
    """An archive, the file that it is, and what the verdicts of some engines depend on."""

    name: str
    table: Mapping[str, Any]
    expected: Mapping[str, set[str]]
    file: str = "image.tar"


def docker(**table: Any) -> dict[str, Any]:
    return {"base": "docker-archive", **table}


def rootfs(**table: Any) -> dict[str, Any]:
    return {"base": "rootfs", **table}


CASES = (
    Depends(
        "a sound image",
        docker(),
        {CLASSIC: {EMPTY_STORE}, STORE: {EMPTY_STORE}, PODMAN: set(), SKOPEO: set()},
    ),
    Depends(
        "a sound root filesystem",
        rootfs(),
        {CLASSIC: set(), CLASSIC_IMPORT: set(), STORE_IMPORT: set(), PODMAN_IMPORT: set()},
    ),
    Depends(
        "a character device in a layer",
        docker(entries=[CHARACTER]),
        {CLASSIC: {DEVICES, EMPTY_STORE}, STORE: {EMPTY_STORE}, PODMAN: {DEVICES}},
    ),
    Depends(
        "a block device in a layer",
        docker(entries=[BLOCK]),
        {CLASSIC: {DEVICES, EMPTY_STORE}, PODMAN: {DEVICES}, SKOPEO: {DEVICES}},
    ),
    Depends(
        "a named pipe in a layer",
        docker(entries=[PIPE]),
        {CLASSIC: {EMPTY_STORE}, PODMAN: set(), SKOPEO: set()},
    ),
    Depends(
        "a character device in a root filesystem",
        rootfs(entries=[CHARACTER]),
        {CLASSIC_IMPORT: {DEVICES}, PODMAN_IMPORT: {DEVICES}},
    ),
    Depends(
        "a block device in a root filesystem",
        rootfs(entries=[BLOCK]),
        {CLASSIC_IMPORT: {DEVICES}, PODMAN_IMPORT: {DEVICES}},
    ),
    Depends(
        "a named pipe in a root filesystem",
        rootfs(entries=[PIPE]),
        {CLASSIC_IMPORT: set(), PODMAN_IMPORT: set()},
    ),
    Depends(
        "a whiteout in a layer",
        docker(entries=[WHITEOUT]),
        {CLASSIC: {EMPTY_STORE}, STORE: {EMPTY_STORE}, PODMAN: set()},
    ),
    Depends(
        "a whiteout in a root filesystem",
        rootfs(edits=[{"add": {**WHITEOUT, "at": "end"}}]),
        {CLASSIC: set(), CLASSIC_IMPORT: {ACCEPTED}, PODMAN_IMPORT: {ACCEPTED}},
    ),
    Depends(
        "an image in xz",
        docker(edits=[{"compress": "xz"}]),
        {CLASSIC: {XZ, EMPTY_STORE}, STORE: {XZ, EMPTY_STORE}, PODMAN: set(), SKOPEO: set()},
    ),
    Depends(
        "an image in gzip",
        docker(edits=[{"compress": "gzip"}]),
        {CLASSIC: {EMPTY_STORE}, STORE: {EMPTY_STORE}, PODMAN: set()},
    ),
    Depends(
        "an image in damaged gzip",
        docker(edits=[{"compress": "gzip"}, {"flip": {"at": -6, "mask": 1}}]),
        {CLASSIC: {UNPIGZ, EMPTY_STORE}, STORE: {UNPIGZ, EMPTY_STORE}},
    ),
    Depends(
        "a root filesystem in damaged gzip",
        rootfs(edits=[{"compress": "gzip"}, {"flip": {"at": -6, "mask": 1}}]),
        {CLASSIC_IMPORT: {UNPIGZ}, STORE_IMPORT: {UNPIGZ}},
    ),
    Depends(
        "an image in damaged zstd",
        docker(edits=[{"compress": "zstd"}, {"truncate": -3}]),
        {STORE: set()},
    ),
    Depends(
        "a colon in the path",
        docker(),
        {CLASSIC: {EMPTY_STORE}, PODMAN: set(), SKOPEO: set()},
        file="image:1.tar",
    ),
    Depends(
        "a layer with urls",
        {
            "base": "docker-oci-archive",
            "manifest_edits": [
                {"set": {"pointer": "/layers/1/urls", "value": ["https://example.com/layer"]}}
            ],
        },
        {CLASSIC: {EMPTY_STORE}, PODMAN: {URLS}, SKOPEO: {URLS}},
    ),
    Depends(
        "a layer that is compressed twice",
        docker(blob_edits={"1": [{"compress": "gzip"}, {"compress": "gzip"}]}),
        {PODMAN: {LAYER_COMPRESSED_TWICE}, SKOPEO: {LAYER_COMPRESSED_TWICE}},
    ),
    *(
        Depends(
            f"{name}, {base}",
            {"base": base, "layers": layers},
            {
                CLASSIC: {EMPTY_STORE, *vfs},
                STORE: {EMPTY_STORE, overlayfs(f"refuses layer 1 of {image}: {native}")},
                CTR: {EMPTY_STORE, overlayfs(f"refuses layer 1 of {image}: {native}")},
                PODMAN: vfs,
                SKOPEO: set(),
            },
        )
        for base, image in (
            ("docker-archive", "sample:1"),
            ("docker-oci-archive", "docker.io/library/sample:1"),
        )
        for name, layers, vfs, native in (
            (
                "a whiteout below a file of a lower layer",
                [FILE, [{"path": "p/q", "type": "whiteout"}]],
                {REFUSED},
                "mkparent <tmp>: not a directory",
            ),
            (
                "an opaque marker below a file of a lower layer",
                [FILE, [{"path": "p", "type": "opaque"}]],
                set[str](),
                "mkparent <tmp>: not a directory",
            ),
            (
                "a file below a file of a lower layer",
                [FILE, [{"path": "p/q", "text": "x"}]],
                {REFUSED},
                "mkparent <tmp>: not a directory",
            ),
        )
    ),
    *(
        Depends(
            f"a whiteout below a link to a file of a lower layer, {base}",
            {
                "base": base,
                "layers": [
                    [*FILE, {"path": "l", "link": "p"}],
                    [{"path": "l/q/r", "type": "whiteout"}],
                ],
            },
            # Both snapshotters of containerd refuse it.
            {
                CLASSIC: {EMPTY_STORE, REFUSED},
                STORE: set(),
                CTR: set(),
                PODMAN: {REFUSED},
                SKOPEO: set(),
            },
        )
        for base in ("docker-archive", "docker-oci-archive")
    ),
    Depends(
        "a hard link to a file of a lower layer",
        docker(layers=[FILE, [{"path": "q", "link": "p", "type": "hardlink"}]]),
        {
            CLASSIC: {ACCEPTED, EMPTY_STORE},
            CTR: {overlayfs("unpacks layer 1 of sample:1")},
            PODMAN: {ACCEPTED},
        },
    ),
    Depends(
        "a whiteout of what the same layer has, which overlayfs refuses",
        docker(layers=[FILE, [{"path": "q", "text": "x"}, {"path": "q", "type": "whiteout"}]]),
        {
            CLASSIC: {ACCEPTED, EMPTY_STORE},
            CTR: {overlayfs("unpacks layer 1 of sample:1")},
            PODMAN: {ACCEPTED},
        },
    ),
    Depends(
        "entries below a link to a directory of a lower layer",
        docker(
            layers=[
                [{"path": "usr/bin/"}, {"path": "bin", "link": "usr/bin"}],
                [{"path": "bin/q", "text": "x"}],
            ]
        ),
        {CLASSIC: {EMPTY_STORE}, CTR: {EMPTY_STORE}, PODMAN: set()},
    ),
    Depends(
        "a whiteout below a directory of a lower layer",
        docker(layers=[[{"path": "d/"}, {"path": "d/a", "text": "x"}], [GONE]]),
        {CLASSIC: {EMPTY_STORE}, CTR: {EMPTY_STORE}, PODMAN: set()},
    ),
    Depends(
        "an image for another platform, which is not unpacked",
        {
            "base": "docker-oci-archive",
            "architecture": "s390x",
            "layers": [FILE, [{"path": "p/q", "text": "x"}]],
        },
        {CTR: {EMPTY_STORE}, PODMAN: {REFUSED}},
    ),
    *(
        Depends(
            f"{part} of another platform is absent",
            {**PLATFORMS, "edits": [{"remove": member}]},
            {CTR: {EMPTY_STORE, one_platform(["linux/s390x"])}},
        )
        for part, member in (
            ("the manifest", "{image1.manifest}"),
            ("the config", "{image1.config}"),
            ("a layer", "{image1.layer1}"),
        )
    ),
    Depends(
        "a manifest of the host's platform is absent",
        {**PLATFORMS, "edits": [{"remove": "{manifest}"}]},
        {CTR: set()},
    ),
    Depends("nothing is absent of any platform", PLATFORMS, {CTR: {EMPTY_STORE}}),
    Depends(
        "lower layers that were removed",
        docker(edits=[{"remove": "{layer0}"}]),
        {CLASSIC: {EMPTY_STORE, ABSENT}, STORE: set(), CTR: set(), PODMAN: set(), SKOPEO: set()},
    ),
    Depends(
        "lower layers that were removed, OCI",
        {"base": "oci-archive", "edits": [{"remove": "{layer0}"}]},
        {CLASSIC: {EMPTY_STORE}, STORE: {ABSENT}, CTR: {ABSENT}, PODMAN: {ABSENT}, SKOPEO: set()},
    ),
    Depends(
        "a layer that is compressed once",
        docker(blob_edits={"1": [{"compress": "gzip"}]}),
        {PODMAN: set(), SKOPEO: set()},
    ),
)


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_verdicts_depend_on(case: Depends, session: Session, tmp_path: Path) -> None:
    found = conditions_of(case, session, tmp_path)
    assert {title: found[title] for title in case.expected} == case.expected


@pytest.mark.parametrize("storage", Storage)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_assumed_of_a_storage_that_is_known(
    case: Depends, storage: Storage, tmp_path: Path
) -> None:
    session = new_session(Settings(host=Host(storage=storage)))
    found = conditions_of(case, session, tmp_path)
    wanted = {title: texts - {ACCEPTED, REFUSED} for title, texts in case.expected.items()}
    assert {title: found[title] for title in wanted} == wanted


def conditions_of(case: Depends, session: Session, folder: Path) -> dict[str, set[str]]:
    """The conditions of each verdict; of a refusal on vfs, not what it says."""
    path = folder / case.file
    archive = Case("", "", case.name, "pass", {}, (), Path(__file__), case.table)
    path.write_bytes(archive.build().data or b"")
    return {
        f"{verdict.engine} {verdict.action}": {
            REFUSED if each.startswith(REFUSED) else each for each in verdict.conditions
        }
        for verdict in session.classify(path).verdicts
    }


def test_large_stacks_are_not_simulated(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    table = docker(layers=[FILE, [{"path": "p/q", "text": "x"}]])
    path.write_bytes(Case("", "", "", "pass", {}, (), Path(__file__), table).build().data or b"")
    verdict = classify(path, limits={"simulated": 1}).verdict("containerd-2", "ctr import")
    assert verdict is not None
    assert overlayfs("may end otherwise for sample:1, which was not simulated to its end") in (
        verdict.conditions
    )
