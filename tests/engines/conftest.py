"""Session-wide engines: one host makes the archives, another one takes them."""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from benchmarks.engines.host import Host, running_host
from benchmarks.engines.overlay import overlay_place, overlay_to_skip
from benchmarks.engines.programs import reason_to_skip, release_to_skip
from checker.verdicts import Storage

from .archives import RECIPES, Workshop, file_name, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def engines_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that everything lies in, or skip (fail, if engines are required)."""
    reason = reason_to_skip() or release_to_skip()
    if reason is None:
        return tmp_path_factory.mktemp("engines")
    if os.environ.get("CHECKER_REQUIRE_ENGINES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def workshop(engines_folder: Path) -> Iterator[Workshop]:
    """Return the host that makes archives, its images made."""
    with running_host(engines_folder / "maker") as host:
        yield prepare(host)


@pytest.fixture(scope="session")
def taker_host(engines_folder: Path) -> Iterator[Host]:
    """Return the host that takes archives into stores of its own."""
    with running_host(engines_folder / "taker") as host:
        yield host


@pytest.fixture(params=list(Storage))
def walled_host(engines_folder: Path, request: pytest.FixtureRequest) -> Iterator[Host]:
    """Return a host for hostile archives, with each storage driver that the kernel allows."""
    storage = Storage(request.param)
    if storage is Storage.VFS:
        with running_host(engines_folder / "walled", walled=True) as host:
            yield host
        return
    reason = overlay_to_skip(engines_folder)
    if reason is not None:
        pytest.skip(reason)
    with (
        overlay_place(engines_folder) as place,
        # A short name: containerd takes paths of sockets of at most 105 bytes.
        running_host(place / "over", walled=True, storage=storage) as host,
    ):
        yield host


@pytest.fixture(scope="session")
def made(workshop: Workshop) -> Callable[[str], Path]:
    """Return the path of a recipe's archive, made when first asked for."""
    folder = workshop.host.folder / "made"
    folder.mkdir()

    def get(name: str) -> Path:
        path = folder / file_name(name)
        if not path.exists():
            RECIPES[name].make(workshop, path)
        return path

    return get


@pytest.fixture(scope="session")
def tiny_root(engines_folder: Path) -> Path:
    """Return the path of a root filesystem with one file."""
    path = engines_folder / "tiny.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("file"))
    return path
