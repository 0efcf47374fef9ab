"""What podman and skopeo do step by step: cases as data, with the words of the engines.

``says`` has for each engine and action ``""`` if it accepts the archive, and otherwise a part of
its message; what follows a ``-`` is a part of the reason why the result is broken. ``overlay`` has
what is said instead where layers are stored on overlays. Keys without an action mean ``load``.
"""

from __future__ import annotations

import gzip
import lzma
import shlex
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from checker import Host, Session, Settings, Storage, Verdict, VerdictOutcome
from checker.testing.archive import build
from checker.testing.cases import Case
from checker.verdicts import Question
from checker_engines.containers import buildah, skopeo
from tests.sessions import new_session

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FILE = Path(__file__).parents[1] / "cases" / "engines" / "containers.toml"
CASES: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["case"]
LOADS = ("podman-4 load", "podman-5 load")
SESSIONS = {storage: new_session(Settings(host=Host(storage=storage))) for storage in Storage}
RESERVED, HEADER_CRC, NAME = 0x80, 0x02, 0x08


@pytest.fixture(params=list(Storage))
def session(request: pytest.FixtureRequest) -> Session:
    return SESSIONS[request.param]


def verdicts(session: Session, path: Path) -> dict[str, Verdict]:
    classified = session.classify(path)
    assert not classified.crashes
    return {f"{each.engine} {each.action}": each for each in classified.verdicts}


def built(table: Mapping[str, Any], folder: Path) -> Path:
    return Case("", "", "containers", "pass", {}, (), FILE, table).build().write(folder)


def saved(folder: Path) -> bytes:
    """The bytes of a docker-archive."""
    return built({"base": "docker-archive"}, folder).read_bytes()


def message(verdict: Verdict) -> str:
    return verdict.message or ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_the_tools_do_what_the_case_says(
    case: Mapping[str, Any], session: Session, tmp_path: Path
) -> None:
    table = {key: case[key] for key in case.keys() - {"name", "says", "overlay"}}
    found = verdicts(session, built(table, tmp_path))
    on_overlay = case.get("overlay", {}) if session is SESSIONS[Storage.OVERLAY] else {}
    for title, text in (case["says"] | on_overlay).items():
        verdict = found[title if " " in title else f"{title} load"]
        if text.startswith("-"):
            assert verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN, message(verdict)
            assert text.removeprefix("-") in verdict.reason
            continue
        expected = VerdictOutcome.REJECTS if text else VerdictOutcome.ACCEPTS
        assert verdict.outcome is expected, message(verdict)
        assert text in message(verdict)


def with_flags(data: bytes, flags: int, field: bytes) -> bytes:
    """A gzip member with other flags and a field after its fixed header."""
    compressed = gzip.compress(data, mtime=0)
    return compressed[:3] + bytes([flags]) + compressed[4:10] + field + compressed[10:]


def gzip_with_wrong_header_checksum(data: bytes) -> bytes:
    return with_flags(data, HEADER_CRC, b"\0\0")


def gzip_with_reserved_flags(data: bytes) -> bytes:
    return with_flags(data, RESERVED, b"")


def gzip_with_a_long_name(data: bytes) -> bytes:
    return with_flags(data, NAME, b"n" * 600 + b"\0")


def gzip_without_trailer(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)[:-8]


def gzip_with_wrong_size(data: bytes) -> bytes:
    compressed = gzip.compress(data, mtime=0)
    return compressed[:-1] + bytes([compressed[-1] ^ 1])


def xz_without_check(data: bytes) -> bytes:
    return lzma.compress(data, check=lzma.CHECK_NONE)


def zstd_with_wrong_checksum(data: bytes) -> bytes:
    checksum: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}
    compressed = zstd.compress(data, options=checksum)
    return compressed[:-1] + bytes([compressed[-1] ^ 1])


def zstd_that_is_cut(data: bytes) -> bytes:
    return zstd.compress(data)[:-20]


OPENING = 'detecting compression for file "<tmp>": initializing decompression: '
COPYING = 'copying contents to temporary file "<tmp>": '
UNTAR = 'untarring file "<tmp>": '


@pytest.mark.parametrize(
    ("compress", "old", "new"),
    [
        (
            gzip_with_wrong_header_checksum,
            (f"{UNTAR}gzip: invalid header", f"{OPENING}gzip: invalid header"),
            (
                f"{UNTAR}pigz: skipping: <stdin> corrupt: header crc error: exit status 1",
                f"{OPENING}gzip: invalid header",
            ),
        ),
        (
            gzip_with_a_long_name,
            (f"{UNTAR}gzip: invalid header", f"{OPENING}gzip: invalid header"),
            (f"{OPENING}gzip: invalid header",),
        ),
        (gzip_without_trailer, (f"{COPYING}EOF",), (f"{COPYING}EOF",)),
        (
            gzip_with_wrong_size,
            (f"{COPYING}gzip: invalid checksum",),
            (f"{COPYING}gzip: invalid checksum",),
        ),
        (
            xz_without_check,
            (f"{UNTAR}xz: invalid flags", f"{OPENING}xz: invalid flags"),
            (),
        ),
        (
            zstd_with_wrong_checksum,
            (f"{COPYING}CRC check failed",),
            (
                f"{UNTAR}/*stdin*\\ : Decoding error (36) : Restored data doesn't match checksum",
                f"{COPYING}CRC check failed",
            ),
        ),
        (
            zstd_that_is_cut,
            (f"{COPYING}unexpected EOF",),
            (f"{COPYING}unexpected EOF",),
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_compressed_archive(
    compress: Any,
    old: tuple[str, ...],
    new: tuple[str, ...],
    session: Session,
    tmp_path: Path,
) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(compress(saved(tmp_path)))
    found = verdicts(session, path)
    for title, texts in zip(LOADS, (old, new), strict=True):
        expected = VerdictOutcome.REJECTS if texts else VerdictOutcome.ACCEPTS
        assert found[title].outcome is expected
        assert [text for text in texts if text not in message(found[title])] == []


@pytest.mark.parametrize(
    ("compress", "old", "new"),
    [
        (
            gzip_with_reserved_flags,
            "",
            "pigz: skipping: <stdin> unrecognized format: exit status 1",
        ),
        (
            gzip_without_trailer,
            'storing blob to file "<tmp>": EOF',
            "pigz: skipping: <stdin>: corrupted -- missing trailer: exit status 1",
        ),
        (
            gzip_with_wrong_header_checksum,
            "setting up to decompress blob: gzip: invalid header",
            "Error: gzip: invalid header",
        ),
        (
            gzip_with_wrong_size,
            'Error: error reading "<tmp>": gzip: invalid checksum',
            'Error: error reading "<tmp>": gzip: invalid checksum',
        ),
        (xz_without_check, "setting up to decompress blob: xz: invalid flags", ""),
        (
            zstd_with_wrong_checksum,
            'storing blob to file "<tmp>": CRC check failed',
            'Error: error reading "<tmp>": CRC check failed',
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_import_of_a_compressed_archive(
    compress: Any, old: str, new: str, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(compress(saved(tmp_path)))
    found = verdicts(session, path)
    for name, text in (("podman-4", old), ("podman-5", new)):
        verdict = found[f"{name} import"]
        assert (verdict.outcome is VerdictOutcome.REJECTS) is bool(text)
        assert text in message(verdict)


def test_a_layer_compressed_twice_has_another_diff_id(session: Session, tmp_path: Path) -> None:
    """Podman 5 decompresses it completely, and compares."""
    table = {
        "base": "docker-archive",
        "layers": [[{"path": "a", "text": "x"}]],
        "layer_edits": {"0": [{"compress": "gzip"}]},
        "compression": "gzip",
    }
    found = verdicts(session, built(table, tmp_path))
    assert found["podman-4 load"].outcome is VerdictOutcome.ACCEPTS
    assert "does not match config's DiffID" in message(found["podman-5 load"])


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("image.tar", ""),
        ("Image.tar", "invalid reference format: repository name must be lowercase"),
        ("a+b.tar", "invalid reference format"),
    ],
)
def test_podman_4_names_an_image_by_the_path(
    name: str, error: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(saved(tmp_path)[:700])
    found = verdicts(session, Path(name))
    shown = f'oci: parsing "localhost<tmp>": parsing named reference "localhost<tmp>": {error}'
    assert (shown in message(found["podman-4 load"])) is bool(error)
    assert "localhost" not in message(found["podman-5 load"])


def test_a_colon_in_the_path(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Podman takes standard input instead; skopeo does not."""
    monkeypatch.chdir(tmp_path)
    Path("app:2.tar").write_bytes(saved(tmp_path))
    found = verdicts(session, Path("app:2.tar"))
    for title, verdict in found.items():
        if verdict.engine.startswith("podman"):
            assert verdict.outcome is not VerdictOutcome.REJECTS, title
            assert shlex.split(verdict.command or "")[-2:] == ["<", "./app:2.tar"]
    copied = found["skopeo-1 docker-archive"]
    assert copied.outcome is VerdictOutcome.REJECTS
    assert "open <tmp>: no such file or directory" in message(copied)
    assert "without a colon" in copied.reason


# What skopeo 1.9.3 said, with the path before the colon as <tmp>.
@pytest.mark.parametrize(
    ("action", "name", "text"),
    [
        (
            "docker-archive",
            "a:b.tar",
            (
                "initializing source docker-archive:<tmp>:docker.io/library/b.tar:latest: opening "
                'file "<tmp>": open <tmp>: no such file or directory'
            ),
        ),
        (
            "docker-archive",
            "a:b:c.tar",
            (
                "initializing source docker-archive:<tmp>:docker.io/library/b:c.tar: opening file "
                '"<tmp>": open <tmp>: no such file or directory'
            ),
        ),
        (
            "docker-archive",
            "a:b c.tar",
            (
                "Invalid source name docker-archive:<tmp>: docker-archive parsing reference: "
                "invalid reference format"
            ),
        ),
        (
            "oci-archive",
            "a:b.tar",
            (
                "initializing source oci-archive:<tmp>:b.tar: creating temp directory: open <tmp>: "
                "no such file or directory"
            ),
        ),
        (
            "oci-archive",
            "a:b c.tar",
            "Invalid source name oci-archive:<tmp>: Invalid image b c.tar",
        ),
    ],
)
def test_what_skopeo_takes_for_a_name(
    action: str, name: str, text: str, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(saved(tmp_path))
    archive = session.read(path)
    question = Question(archive, session.settings.host, shlex.quote(f"./{name}"))
    (engine,) = (one for one in skopeo.engines() if one.action == action)
    verdict = engine.judge(question)
    assert verdict.outcome is VerdictOutcome.REJECTS
    assert message(verdict).replace('\\"', '"').endswith(f'msg="{text}"')


def test_a_colon_in_the_path_of_a_directory(session: Session, tmp_path: Path) -> None:
    layout = tmp_path / "lay:out"
    build("oci-layout").write_directory(layout)
    question = Question(session.read(layout), session.settings.host, "./lay:out")
    found = {one.action: one.judge(question) for one in (*skopeo.engines(), *buildah.engines())}
    missing = "open <tmp>/index.json: no such file or directory"
    assert missing in message(found["oci"])
    assert "initializing source oci:<tmp>:out: " in message(found["oci"])
    assert message(found["pull oci"]) == f"Error: {missing}"
