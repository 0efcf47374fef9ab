"""What becomes of layers whose paths lead through links and files, engine by engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checker import Host, Settings, Storage, Verdict, VerdictOutcome
from checker.testing.cases import Case
from tests.sessions import new_session

CLASSIC, GRAPHDRIVER, STORE = "docker-28", "docker-29-graphdriver", "docker-29-containerd"
ENGINES = (CLASSIC, GRAPHDRIVER, STORE, "podman-5")
TAKEN = ""
LONG = "n" * 256


def link(path: str, target: str) -> dict[str, Any]:
    return {"path": path, "link": target}


def file(path: str) -> dict[str, Any]:
    return {"path": path, "text": "x"}


class Extracted(NamedTuple):
    """Layers, and what Docker 28, 29, its containerd store, and Podman 5 print of them.

    Attributes:
        name: The name.
        layers: The layers.
        texts: What they print.
        on_overlay: What they print where layers are stored on overlays, if that is not the same.
    """

    name: str
    layers: list[list[dict[str, Any]]]
    texts: tuple[str, str, str, str]
    on_overlay: tuple[str, str, str, str] | None = None


CASES = (
    Extracted(
        "through a link to a directory",
        [[{"path": "usr/bin/"}, link("bin", "usr/bin"), file("bin/x/y")]],
        (TAKEN, TAKEN, TAKEN, TAKEN),
    ),
    Extracted(
        "through a link from the root",
        [[{"path": "usr/bin/"}, link("usr/sbin", "/usr/bin"), file("usr/sbin/x/y")]],
        (TAKEN, TAKEN, TAKEN, TAKEN),
    ),
    Extracted(
        "through a link to what a lower layer has",
        [[{"path": "usr/bin/"}], [link("bin", "usr/bin")], [file("bin/x/y")]],
        (TAKEN, TAKEN, TAKEN, TAKEN),
    ),
    Extracted(
        "through a link to a file",
        [[file("f"), link("bin", "f"), file("bin/x/y")]],
        ("open /bin/x/y: not a dir", "statat bin/x: not a dir", "not a dir", "not a dir"),
    ),
    Extracted(
        "below a file",
        [[file("f"), file("f/x/y")]],
        ("open /f/x/y: not a dir", "statat f/x: not a dir", "not a dir", "not a dir"),
    ),
    Extracted(
        "through a link to nothing, with a directory to make",
        [[link("bin", "usr/bin"), file("bin/x/y")]],
        ("mkdir /bin: file exists", TAKEN, TAKEN, "file exists"),
    ),
    Extracted(
        "through a link to nothing",
        [[link("bin", "usr/bin")], [file("bin/x")]],
        ("open /bin/x: no such file", TAKEN, TAKEN, "no such file"),
        on_overlay=(TAKEN, TAKEN, TAKEN, TAKEN),
    ),
    Extracted(
        "through a link to itself",
        [[link("bin", "bin"), file("bin/x/y")]],
        ("too many levels", "too many levels", "too many links", "too many levels"),
    ),
    Extracted(
        "through links to each other",
        [[link("a", "b"), link("b", "a"), file("a/x/y")]],
        ("too many levels", "too many levels", "too many links", "too many levels"),
    ),
    Extracted(
        "through a link above the root",
        [[link("bin", "../../.."), file("bin/x/y")]],
        (TAKEN, "statat bin/x: path escapes from parent", TAKEN, TAKEN),
    ),
    Extracted(
        "through a link that goes up and stays in the root",
        [[{"path": "a/b/"}, link("a/up", "../a/b"), file("a/up/x/y")]],
        (TAKEN, TAKEN, TAKEN, TAKEN),
    ),
    Extracted("a name of 255 bytes", [[file(f"{LONG[1:]}/y")]], (TAKEN, TAKEN, TAKEN, TAKEN)),
    Extracted(
        "a name of 256 bytes",
        [[file(LONG)]],
        ("name too long", "name too long", "name too long", "name too long"),
    ),
    Extracted(
        "a directory with a name of 256 bytes",
        [[file(f"{LONG}/y")]],
        ("name too long", "name too long", "name too long", "name too long"),
    ),
    Extracted(
        "a file in the place of a directory",
        [[file("a/b")], [file("a")]],
        (TAKEN, TAKEN, TAKEN, TAKEN),
    ),
    Extracted(
        "a directory in the place of a file",
        [[file("a")], [{"path": "a/"}, file("a/b")]],
        (TAKEN, TAKEN, TAKEN, TAKEN),
    ),
)


@pytest.mark.parametrize("storage", Storage)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_layers_are_extracted(case: Extracted, storage: Storage, tmp_path: Path) -> None:
    found = loaded(case.layers, Host(storage=storage), tmp_path)
    on_overlay = case.on_overlay if storage is Storage.OVERLAY else None
    for engine, text in zip(ENGINES, on_overlay or case.texts, strict=True):
        taken = found[engine].outcome is VerdictOutcome.ACCEPTS
        assert taken is (text == TAKEN), f"{engine}: {found[engine]}"
        assert text in (found[engine].message or ""), engine


def loaded(layers: list[list[dict[str, Any]]], host: Host, folder: Path) -> dict[str, Verdict]:
    """What each engine says to an image with these layers."""
    session = new_session(Settings(host=host))
    table = {"base": "docker-archive", "layers": layers}
    case = Case("", "", "extracted", "pass", {}, (), Path(__file__), table)
    verdicts = session.classify(case.build().write(folder)).verdicts
    return {each.engine: each for each in verdicts if each.action == "load"}
