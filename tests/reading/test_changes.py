"""An archive that changes while it is read is named, and nothing else is said of it."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from random import Random

import pytest

from checker.errors import UnreadableError
from checker.plugins import LoadedPlugins, load_plugins
from checker.reading.directory import DirectoryContent
from checker.session import Session
from checker.testing import build, sample
from checker.testing.tar import directory, file, write_tar

LARGE = write_tar(
    [
        directory("blobs"),
        file("blobs/x", write_tar([file("noise", Random(1).randbytes(9 << 20))])),
        file("index.json", "{}"),
    ]
)


@pytest.fixture(scope="module")
def plugins() -> LoadedPlugins:
    return load_plugins()


def grow(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(bytes(512))


def shrink(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 512)


def overwrite(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(1 << 20)
        stream.write(b"changed")


def touch(path: Path) -> None:
    os.utime(path, (1, 1))


CHANGES: list[tuple[Callable[[Path], None], str]] = [
    (grow, "bytes while it was read"),
    (shrink, "bytes while it was read"),
    (overwrite, "was changed while it was read"),
    (touch, "was changed while it was read"),
]


def changing(path: Path, change: Callable[[Path], None]) -> Callable[[str, int, int], None]:
    """A receiver of progress that changes a file once."""
    told: list[str] = []

    def tell(name: str, _done: int, _total: int) -> None:
        if not told:
            told.append(name)
            change(path)

    return tell


@pytest.mark.parametrize(("change", "words"), CHANGES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file(
    plugins: LoadedPlugins,
    tmp_path: Path,
    change: Callable[[Path], None],
    words: str,
    pack: Callable[[bytes], bytes],
) -> None:
    path, other = tmp_path / "image.tar", tmp_path / "other.tar"
    path.write_bytes(pack(LARGE))
    other.write_bytes(sample("docker-archive"))
    session = Session(plugins=plugins)
    run = session.run([path, other], progress=changing(path, change))
    changed, unharmed = run.archives
    assert changed.error is not None
    assert words in changed.error
    assert changed.findings == ()
    assert unharmed.error is None
    assert run.exit_code == 3
    # Afterwards it is checked as any other.
    assert session.run([path]).archives[0].error is None


def test_a_report_names_it(plugins: LoadedPlugins, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(LARGE)
    with pytest.raises(UnreadableError) as caught:
        Session(plugins=plugins).check(path, progress=changing(path, grow))
    assert str(caught.value) == (
        f"{path}: was changed from {len(LARGE):,} to {len(LARGE) + 512:,} bytes while it was read; "
        "check it again when nothing writes to it"
    )


@pytest.mark.parametrize(
    ("change", "is_read"),
    # Of the listing, only the size is known.
    [(grow, False), (shrink, False), (grow, True), (shrink, True), (touch, True)],
)
def test_a_file_in_a_directory(
    plugins: LoadedPlugins,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
    *,
    is_read: bool,
) -> None:
    """Between its listing and its reading, or while it is read."""
    layout = tmp_path / "layout"
    build("oci-layout").write_directory(layout)
    (layout / "index.json").write_bytes(layout.joinpath("index.json").read_bytes() + b" " * 600)
    chunks = DirectoryContent.chunks

    def changing_chunks(content: DirectoryContent, position: int) -> Iterator[bytes]:
        found = chunks(content, position)
        first = [next(found)] if is_read else []
        if content._listing.tar.entries.paths[position] == "index.json":
            change(layout / "index.json")
        return chain(first, found)

    assert Session(plugins=plugins).run([layout]).archives[0].error is None
    monkeypatch.setattr(DirectoryContent, "chunks", changing_chunks)
    run = Session(plugins=plugins).run([layout])
    assert run.exit_code == 3
    assert run.archives[0].error is not None
    assert "has files that were changed (index.json) while it was read" in run.archives[0].error


def test_what_only_changes_its_attributes_is_read(plugins: LoadedPlugins, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(LARGE)
    run = Session(plugins=plugins).run(
        [path], progress=changing(path, lambda one: one.chmod(0o600))
    )
    assert run.archives[0].error is None


def test_a_stream_has_no_other_content(plugins: LoadedPlugins) -> None:
    reader, writer = os.pipe()
    os.write(writer, sample("docker-archive"))
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        assert Session(plugins=plugins).check(stream).findings is not None
