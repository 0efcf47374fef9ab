"""Reading whole archives: sources, compressions, what fails half-way, what is given back."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from checker.errors import UnreadableError
from checker.model.archive import Archive, Kind, Source
from checker.model.compression import CompressionKind
from checker.model.limits import MIB, Limits
from checker.model.tar import AnomalyKind
from checker.reading.archive import ReadOptions, read_archive
from checker.reading.meter import Meter, Reached
from checker.testing import KINDS, Member, build, compress, sample, write_tar
from checker.testing.archive import nested, wrapped
from checker.testing.tar import directory, file, symlink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMPRESSIONS = ["none", "gzip", "bzip2", "xz", "zstd"]
KIND_OF_SAMPLE = {
    "docker-archive": Kind.DOCKER_ARCHIVE,
    "podman-archive": Kind.DOCKER_ARCHIVE,
    "crane-archive": Kind.DOCKER_ARCHIVE,
    "legacy": Kind.DOCKER_ARCHIVE_LEGACY,
    "oci-archive": Kind.OCI_ARCHIVE,
    "oci-layout": Kind.OCI_ARCHIVE,
    "docker-oci-archive": Kind.DOCKER_OCI_ARCHIVE,
    "multi-platform": Kind.OCI_ARCHIVE,
    "flat-platforms": Kind.OCI_ARCHIVE,
    "rootfs": Kind.ROOTFS,
    "export": Kind.ROOTFS,
    "layer": Kind.LAYER,
    "empty": Kind.EMPTY,
}
SAMPLE = sample("oci-archive")
# More than a MiB, from where on a second thread helps.
NOISE = os.urandom(3 * MIB // 2)


def read(path: Path | str, *, jobs: int = 2, **limits: int) -> Archive:
    return read_archive(str(path), ReadOptions(limits=Limits(**limits), jobs=jobs))


def written(tmp_path: Path, data: bytes, name: str = "archive.tar") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def facts(archive: Archive) -> dict[str, Any]:
    """What must not depend on the source, the compression or the threads."""
    return {
        "entries": list(archive.entries),
        "anomalies": archive.tar.anomalies,
        "blobs": {
            position: (
                blob.size,
                blob.digests,
                blob.diff_id,
                blob.inflated_size,
                blob.compression,
                blob.document,
                blob.tar and list(blob.tar.entries),
            )
            for position, blob in archive.members.blobs.items()
        },
        "kind": archive.kind,
        "limits": archive.limits,
        "images": len(archive.images),
    }


@contextmanager
def everything_given_back() -> Iterator[None]:
    """No file and no thread is left behind; those of tests before may end meanwhile."""
    files, threads = set(os.listdir("/proc/self/fd")), set(threading.enumerate())
    yield
    assert set(os.listdir("/proc/self/fd")) <= files
    assert set(threading.enumerate()) <= threads


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with everything_given_back():
        yield


# --- kinds, sources, compressions


def test_every_kind_is_tested() -> None:
    assert KIND_OF_SAMPLE.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(tmp_path: Path, kind: str) -> None:
    archive = read(written(tmp_path, sample(kind)))
    assert archive.kind is KIND_OF_SAMPLE[kind]
    assert archive.source is Source.FILE
    assert not archive.limits
    assert (archive.rootfs is not None) == (archive.kind in (Kind.ROOTFS, Kind.LAYER))
    assert all(blob.whole for blob in archive.members.blobs.values())


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
def test_archives_in_the_wrong_place(tmp_path: Path, kind: str) -> None:
    assert read(written(tmp_path, wrapped(build(kind)).tar())).kind is Kind.WRAPPED
    assert read(written(tmp_path, nested(build(kind)).tar())).kind is Kind.NESTED


@pytest.mark.parametrize("data", [b"", b"hello", b"\0" * 511, b"PK\3\4" * 1000, os.urandom(5000)])
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    archive = read(written(tmp_path, data))
    assert archive.kind is (Kind.NOT_A_TAR if data else Kind.EMPTY)
    assert (archive.size, archive.sha256) == (len(data), sha256(data))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_compression(tmp_path: Path, compression: str) -> None:
    plain = read(written(tmp_path, SAMPLE, "plain.tar"))
    data = compress(SAMPLE, compression)
    archive = read(written(tmp_path, data))
    assert facts(archive) == facts(plain)
    assert archive.compression.kind is CompressionKind(compression)
    assert (archive.size, archive.sha256) == (len(data), sha256(data))
    assert archive.tar.size == len(SAMPLE)


SCRIPT = """
import sys
from checker.reading.archive import ReadOptions, read_archive
archive = read_archive(sys.argv[1], ReadOptions())
print(archive.source, archive.kind, archive.size, archive.sha256, archive.tar.size)
print(*(blob.diff_id for blob in archive.members.blobs.values()))
"""


def test_an_archive_that_is_compressed_twice_is_read_inside_too(tmp_path: Path) -> None:
    once = compress(SAMPLE, "gzip")
    archive = read(written(tmp_path, compress(once, "xz")))
    assert archive.kind is Kind.NOT_A_TAR
    assert archive.compression.kind is CompressionKind.XZ
    assert archive.inside is not None
    assert archive.inside.kind is Kind.OCI_ARCHIVE
    assert archive.inside.compression.kind is CompressionKind.GZIP
    assert archive.inside.size == len(once)
    assert facts(archive.inside) == facts(read(written(tmp_path, once)))


@pytest.mark.parametrize("data", [SAMPLE, compress(SAMPLE, "gzip"), b"\x1f\x8b"])
def test_nothing_is_inside_any_other(tmp_path: Path, data: bytes) -> None:
    assert read(written(tmp_path, data)).inside is None


def test_a_third_compression_is_not_taken_off(tmp_path: Path) -> None:
    data = compress(compress(compress(SAMPLE, "gzip"), "gzip"), "gzip")
    archive = read(written(tmp_path, data)).inside
    assert archive is not None
    assert archive.kind is Kind.NOT_A_TAR
    assert archive.inside is None


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_standard_input(tmp_path: Path, compression: str) -> None:
    data = compress(SAMPLE, compression)
    command = [sys.executable, "-c", SCRIPT]
    piped = subprocess.run([*command, "-"], input=data, capture_output=True, check=True).stdout
    expected = read(written(tmp_path, data))
    first, diff_ids = piped.decode().splitlines()
    assert first == f"stream oci-archive {len(data)} {sha256(data)} {len(SAMPLE)}"
    assert diff_ids.split() == [str(blob.diff_id) for blob in expected.members.blobs.values()]


def test_a_named_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = compress(SAMPLE, "zstd")
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    archive = read(pipe)
    writer.join()
    assert (archive.source, archive.size, archive.sha256) == (Source.FILE, len(data), sha256(data))
    assert facts(archive) == facts(read(written(tmp_path, SAMPLE)))


def test_a_pipe_that_gives_a_byte_at_a_time(tmp_path: Path) -> None:
    """The magic is told although it comes in pieces."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = compress(write_tar([file("a")]), "gzip")

    def write() -> None:
        with pipe.open("wb", buffering=0) as end:
            for byte in data:
                end.write(bytes([byte]))
                # The reader must find the pipe empty for some of them.
                time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    archive = read(pipe)
    writer.join()
    assert archive.compression.kind is CompressionKind.GZIP
    assert [entry.path for entry in archive.entries] == ["a"]


def test_a_folder(tmp_path: Path) -> None:
    layout = build("oci-layout")
    folder = tmp_path / "layout"
    layout.write_directory(folder)
    archive = read(folder)
    tar = read(written(tmp_path, layout.tar()))
    assert (archive.source, archive.kind, archive.sha256) == (
        Source.DIRECTORY,
        Kind.OCI_LAYOUT,
        None,
    )
    assert archive.size == sum(len(member.content) for member in layout.members)
    by_path = {blob.path: blob for blob in archive.members.blobs.values()}
    for blob in tar.members.blobs.values():
        other = by_path.pop(blob.path)
        assert (other.size, other.digests, other.diff_id) == (
            blob.size,
            blob.digests,
            blob.diff_id,
        )
    assert not by_path
    assert len(archive.images) == len(tar.images) == 1


# --- facts of blobs


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("jobs", [1, 4])
def test_the_facts_of_a_blob(tmp_path: Path, compression: str, jobs: int) -> None:
    layer = write_tar([file("big", NOISE), file("small", b"x")]) + b"behind"
    data = compress(layer, compression)
    members = [file("blobs/sha256/layer", data), file("blobs/sha512/other", b'{"a": 1}')]
    archive = read(written(tmp_path, write_tar(members)), jobs=jobs)
    blob, other = archive.members.blobs.values()
    assert blob.size == len(data)
    assert blob.digest == "sha256:" + sha256(data)
    assert blob.inflated_size == len(layer)
    assert blob.diff_id == "sha256:" + sha256(layer)
    assert blob.compression.kind is CompressionKind(compression)
    assert blob.tar is not None
    assert [entry.path for entry in blob.tar.entries] == ["big", "small"]
    assert [each.kind for each in blob.tar.anomalies] == [AnomalyKind.DATA_AFTER_END]
    assert other.digests["sha512"] == hashlib.sha512(b'{"a": 1}').hexdigest()
    assert other.document is not None
    assert other.document.value == {"a": 1}


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "multi-platform"])
def test_jobs_change_nothing(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, sample(kind))
    expected = facts(read(path, jobs=1))
    assert facts(read(path, jobs=4)) == expected
    assert facts(read(path, jobs=100)) == expected


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[Reached] = []
    path = written(tmp_path, SAMPLE)
    read_archive(str(path), ReadOptions(meter=Meter("a.tar", told.append)))
    assert told[-1].done == told[-1].total
    assert {each.archive for each in told} == {"a.tar"}


def test_a_blob_that_is_cut(tmp_path: Path) -> None:
    data = write_tar([file("index.json", b"{}"), file("blobs/sha256/a", b"x" * 2000)])
    archive = read(written(tmp_path, data[: 1024 + 512 + 700]))
    blob = archive.members.blobs[1]
    assert (blob.size, blob.digest) == (700, "sha256:" + sha256(b"x" * 700))
    assert archive.tar.fatal is not None


# --- sparse members


def sparse_member(name: str, content: bytes, spans: list[tuple[int, int]], size: int) -> Member:
    numbers = [len(spans), *(number for span in spans for number in span)]
    text = "".join(f"{number}\n" for number in numbers).encode()
    records = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(size),
    }
    return Member(name, text + bytes(-len(text) % 512) + content, pax=records)


def test_a_sparse_member_is_read_with_its_holes(tmp_path: Path) -> None:
    layer = write_tar([file("a", b"A" * 9), file("hole", bytes(2 * MIB)), file("b", b"B")])
    first, last = layer[:2048], layer[-4096:]
    spans = [(0, len(first)), (len(layer) - len(last), len(last))]
    member = sparse_member("blobs/sha256/layer", first + last, spans, len(layer))
    blob = read(written(tmp_path, write_tar([file("index.json"), member]))).members.blobs[1]
    assert (blob.size, blob.digest) == (len(layer), "sha256:" + sha256(layer))
    assert blob.tar is not None
    assert [entry.path for entry in blob.tar.entries] == ["a", "hole", "b"]


def test_a_sparse_member_in_many_small_runs(tmp_path: Path) -> None:
    """What it is, is told from more than its first run."""
    data = compress(write_tar([file("a", b"A" * 9)]), "gzip")
    spans = [(at, 1) for at in range(len(data))]
    member = sparse_member("blobs/sha256/layer", data, spans, len(data))
    blob = read(written(tmp_path, write_tar([file("index.json"), member]))).members.blobs[1]
    assert blob.compression.kind is CompressionKind.GZIP
    assert blob.tar is not None
    assert [entry.path for entry in blob.tar.entries] == ["a"]


@pytest.mark.parametrize("jobs", [1, 4])
@pytest.mark.parametrize("stored", [None, "4611686018427387904"])
def test_a_sparse_bomb(tmp_path: Path, jobs: int, stored: str | None) -> None:
    """Of 4 EiB of holes; a size that the file does not have makes it no more plausible."""
    size = 1 << 62
    member = sparse_member("blobs/sha256/bomb", b"x" * 512, [(size - 512, 512)], size)
    if stored is not None:
        member = Member(member.name, member.content, pax={**member.pax, "size": stored})
    path = written(tmp_path, write_tar([file("index.json", b"{}"), member]))
    for limits, limit in (({}, "holes"), ({"holes": size}, "expansion")):
        archive = read(path, jobs=jobs, **limits)
        (reached,) = archive.limits
        assert (reached.limit, reached.member) == (limit, "blobs/sha256/bomb")
        assert not archive.members.blobs[1].whole


def test_a_sparse_map_with_more_than_is_stored(tmp_path: Path) -> None:
    """Bytes of the next member are not taken for its content."""
    member = sparse_member("blobs/sha256/a", b"x" * 512, [(0, 1024)], 1024)
    archive = read(written(tmp_path, write_tar([file("index.json"), member, file("secret", b"s")])))
    assert archive.members.blobs[1].digest == "sha256:" + sha256(b"x" * 512)
    assert archive.tar.of_kind(AnomalyKind.BAD_SPARSE_MAP)


# --- folders


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    folder = tmp_path / "layout"
    build("oci-layout").write_directory(folder)
    return folder


def test_a_folder_with_all_sorts_of_files(layout: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"outside")
    (layout / "link").symlink_to("../outside")
    (layout / "loop").symlink_to(".")
    os.mkfifo(layout / "pipe")
    (layout / "not-utf8-\udcff").write_bytes(b"x")
    archive = read(layout)
    assert archive.kind is Kind.OCI_LAYOUT
    kinds = {entry.path: entry.kind for entry in archive.entries}
    assert (kinds["link"], kinds["loop"], kinds["pipe"]) == ("2", "2", "6")
    assert archive.entries.get("link").linkname == "../outside"  # type: ignore[union-attr]
    digests = {blob.digest for blob in archive.members.blobs.values()}
    assert "sha256:" + sha256(b"outside") not in digests
    assert archive.members.blob("not-utf8-\udcff") is not None


def test_a_file_that_is_a_link_when_it_is_opened(layout: Path, monkeypatch: Any) -> None:
    """Between listing and reading it was replaced: its target is not read."""
    real = os.open

    def open_late(path: str, flags: int, *rest: Any, **named: Any) -> int:
        if str(path).endswith("oci-layout"):
            os.unlink(path)
            os.symlink("/etc/passwd", path)
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", open_late)
    blob = read(layout).members.blob("oci-layout")
    assert blob is not None
    assert blob.error == os.strerror(errno.ELOOP)
    assert not blob.whole


def test_a_file_that_vanishes(layout: Path, monkeypatch: Any) -> None:
    real = os.open

    def open_late(path: str, flags: int, *rest: Any, **named: Any) -> int:
        if str(path).endswith("oci-layout"):
            os.unlink(path)
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", open_late)
    archive = read(layout)
    (position,) = [entry.position for entry in archive.entries if entry.path == "oci-layout"]
    assert archive.members.blobs[position].error == os.strerror(errno.ENOENT)
    assert archive.kind is Kind.OCI_LAYOUT


def test_a_file_without_permission(layout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(path: str, flags: int, *rest: Any, **named: Any) -> int:
        """Root may read every file, so the refusal is played."""
        if str(path).endswith("oci-layout"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    archive = read(layout)
    errors = {blob.path: blob.error for blob in archive.members.blobs.values() if blob.error}
    assert errors == {"oci-layout": os.strerror(errno.EACCES)}


# --- what cannot be read


def test_a_missing_path(tmp_path: Path) -> None:
    path = tmp_path / "missing.tar"
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory"


def test_closed_standard_input() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import os; os.close(0)\n" + SCRIPT, "-"],
        capture_output=True,
        check=False,
    )
    assert b"UnreadableError: -: cannot be read: Bad file descriptor" in done.stderr


class _Failing:
    """``os.pread`` or ``os.read`` that fails from an offset or a count of calls on."""

    def __init__(self, monkeypatch: Any, name: str, *, after: int) -> None:
        self.real = getattr(os, name)
        self.left = after
        self.lock = threading.Lock()
        monkeypatch.setattr(os, name, self)

    def __call__(self, *arguments: Any) -> Any:
        with self.lock:
            self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return self.real(*arguments)


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("jobs", [1, 4])
def test_an_input_error_at_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str, jobs: int
) -> None:
    """It is an error of the blob, or of the archive, never a traceback."""
    path = written(tmp_path, compress(SAMPLE, compression))
    outcomes = set()
    for name in ("pread", "preadv", "read"):
        for after in range(40):
            with monkeypatch.context() as patch, everything_given_back():
                _Failing(patch, name, after=after)
                try:
                    archive = read(path, jobs=jobs)
                except UnreadableError as error:
                    outcomes.add(error.reason)
                    continue
            errors = {blob.error for blob in archive.members.blobs.values()}
            assert errors <= {None, "Input/output error"}
            outcomes.add("blob" if any(errors) else "fine")
    assert outcomes == {"cannot be read: Input/output error", "blob", "fine"}


def failing_late(read: Callable[..., Any]) -> Callable[..., Any]:
    def read_at(descriptor: int, what: object, offset: int) -> Any:
        if 2 * MIB <= offset < 5 * MIB:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(descriptor, what, offset)

    return read_at


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_an_input_error_in_the_middle_of_a_blob(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    """While a second thread works on what came before."""
    layer = compress(write_tar([file("noise", NOISE * 4)]), compression)
    path = written(tmp_path, write_tar([file("blobs/sha256/a", layer)]))
    for name in ("pread", "preadv"):
        monkeypatch.setattr(os, name, failing_late(getattr(os, name)))
    archive = read(path)
    (blob,) = archive.members.blobs.values()
    assert (blob.error, blob.tar) == ("Input/output error", None)
    assert archive.sha256 is None


def test_an_error_in_the_progress_report_gives_everything_back(tmp_path: Path) -> None:
    """As does Ctrl-C, which comes up in the main thread too."""

    def interrupt(_reached: Reached) -> None:
        raise KeyboardInterrupt

    path = written(tmp_path, sample("docker-archive"))
    for jobs in (1, 4):
        with everything_given_back(), pytest.raises(KeyboardInterrupt):
            read_archive(str(path), ReadOptions(jobs=jobs, meter=Meter("a", interrupt)))


def test_a_crash_while_a_blob_is_read_gives_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("checker.reading.blob._read_json", crash)
    path = written(tmp_path, SAMPLE)
    for jobs in (1, 4):
        with everything_given_back(), pytest.raises(MemoryError):
            read(path, jobs=jobs)


# --- nothing is written, or in bounds


def test_a_plain_file_needs_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    path = written(tmp_path, SAMPLE)
    before = sorted(os.listdir(tmp_path))
    assert read(path).kind is Kind.OCI_ARCHIVE
    assert sorted(os.listdir(tmp_path)) == before


def test_a_compressed_file_needs_a_folder_to_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    path = written(tmp_path, compress(SAMPLE, "gzip"))
    with pytest.raises(
        UnreadableError, match="no writable directory for the uncompressed copy; set TMPDIR"
    ):
        read(path)


def test_the_copy_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    seen: list[list[str]] = []
    path = written(tmp_path, compress(SAMPLE, "gzip"))
    options = ReadOptions(meter=Meter("a", lambda _: seen.append(os.listdir(folder))))
    read_archive(str(path), options)
    assert seen
    assert not any(seen)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int, _data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = written(tmp_path, compress(SAMPLE, "gzip"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(UnreadableError, match="no space left for the uncompressed copy"):
            read(path)


def test_a_full_disk_is_noticed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when all that would not fit is inflated."""
    path = written(tmp_path, compress(write_tar([file("big", bytes(60 * MIB))]), "zstd") * 3)
    writes: list[int] = []

    def full(_file: int, data: memoryview) -> int:
        writes.append(len(data))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(UnreadableError):
            read(path)
    assert len(writes) == 1


# --- limits


def limits_of(archive: Archive) -> list[tuple[str, str | None]]:
    return [(reached.limit, reached.member) for reached in archive.limits]


def test_the_limit_on_members(tmp_path: Path) -> None:
    archive = read(written(tmp_path, SAMPLE), members=2)
    assert limits_of(archive) == [("members", None)]
    read_paths = {blob.path for blob in archive.members.blobs.values()}
    assert {"oci-layout", "index.json"} <= read_paths
    assert len(read_paths) <= 4


def test_the_limit_on_the_size_of_a_document(tmp_path: Path) -> None:
    big = json.dumps({"a": "x" * 3000}).encode()
    data = write_tar([file("index.json", b"{}"), file("blobs/sha256/a", big)])
    archive = read(written(tmp_path, data), json_size=2000)
    assert limits_of(archive) == [("json_size", "blobs/sha256/a")]
    blob = archive.members.blobs[1]
    assert (blob.document, blob.size, blob.digest) == (None, len(big), "sha256:" + sha256(big))


def test_the_limit_on_the_nesting_of_a_document(tmp_path: Path) -> None:
    data = write_tar([file("manifest.json", b"[" * 100_000)])
    archive = read(written(tmp_path, data))
    assert limits_of(archive) == [("json_depth", "manifest.json")]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_the_limit_on_the_spool(tmp_path: Path, compression: str) -> None:
    data = compress(SAMPLE, compression)
    archive = read(written(tmp_path, data), spool=2000)
    assert limits_of(archive) == [("spool", None)]
    assert archive.sha256 is None


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
def test_bombs_outside_and_inside(tmp_path: Path, compression: str) -> None:
    bomb = compress(write_tar([file("zeros", bytes(3 * MIB))]), compression)
    limits = {"expansion": 10, "expansion_from": MIB}
    outside = read(written(tmp_path, bomb), **limits)
    assert limits_of(outside) == [("expansion", None)]
    members = [file("index.json", b"{}"), file("blobs/sha256/bomb", bomb)]
    inside = read(written(tmp_path, write_tar(members)), **limits)
    assert limits_of(inside) == [("expansion", "blobs/sha256/bomb")]
    assert not inside.members.blobs[1].whole
    assert inside.members.blobs[0].whole


@pytest.mark.parametrize("jobs", [1, 4])
def test_many_small_bombs_add_up_to_a_large_one(tmp_path: Path, jobs: int) -> None:
    # Each stays below the limit on a stream; it is their sum that counts.
    bomb = compress(bytes(MIB), "zstd")
    members = [file(f"blobs/sha256/{number:02}", bomb) for number in range(40)]
    path = tmp_path / "bombs.tar"
    path.write_bytes(write_tar([file("oci-layout", b"{}"), *members]))
    limits = Limits()._replace(expansion=10, expansion_from=8 * MIB)
    archive = read_archive(str(path), ReadOptions(limits=limits, jobs=jobs))
    read = [blob for blob in archive.members.blobs.values() if blob.inflated_size == MIB]
    assert 8 <= len(read) <= 9 + jobs
    assert {reached.limit for reached in archive.limits} == {"expansion"}
    assert len(archive.members.blobs) == 41


def test_the_limit_on_entries_of_tar_layer_and_folder(tmp_path: Path, layout: Path) -> None:
    layer = write_tar([file(f"f{number}") for number in range(10)])
    data = write_tar([file("index.json", b"{}"), file("blobs/sha256/layer", layer)])
    assert limits_of(read(written(tmp_path, data), entries=1)) == [("entries", None)]
    assert limits_of(read(written(tmp_path, data), entries=5)) == [
        ("entries", "blobs/sha256/layer")
    ]
    assert limits_of(read(layout, entries=3)) == [("entries", None)]


def test_a_root_filesystem_is_not_read_file_by_file(tmp_path: Path) -> None:
    members = [directory(name) for name in ("bin", "etc", "usr", "var")]
    members += [file("manifest.json", b"[]"), symlink("lib", "usr/lib")]
    archive = read(written(tmp_path, write_tar(members)))
    assert archive.kind is Kind.ROOTFS
    assert archive.members.blobs == {}


def test_stats(tmp_path: Path) -> None:
    data = compress(SAMPLE, "gzip")
    stats = read(written(tmp_path, data)).stats
    assert stats.bytes_read == len(data)
    assert stats.bytes_inflated > len(SAMPLE)
    with tarfile.open(fileobj=io.BytesIO(SAMPLE)) as tar:
        assert stats.entries > len(tar.getnames())
    assert stats.seconds > 0


@pytest.mark.parametrize(("bytes_fewer", "reached"), [(0, []), (1, ["spool"])])
def test_a_spool_of_exactly_the_size_of_the_archive(
    tmp_path: Path, bytes_fewer: int, reached: list[str]
) -> None:
    spool = len(SAMPLE) - bytes_fewer
    archive = read(written(tmp_path, compress(SAMPLE, "gzip")), spool=spool)
    assert [limit.limit for limit in archive.limits] == reached
