"""Every damage in transport, of every kind of archive: one error, and nothing that contradicts."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from checker.checks.finding import Severity
from checker.checks.fix import Command
from checker.model.damage import Piece, PiecePosition
from checker.results import CheckedArchive
from checker.session import Session
from checker.testing.archive import build
from checker.testing.damage import DAMAGES
from checker.testing.image import Image, sample_image
from checker.testing.tar import COMPRESSIONS, compress, file
from checker.verdicts import Loadable
from tests.effort import combined
from tests.sessions import checked_whole, new_session

KINDS = (
    *("docker-archive", "podman-archive", "crane-archive", "legacy", "oci-archive"),
    *("docker-oci-archive", "multi-platform", "export", "rootfs", "layer"),
)
WITH_PLAIN_LAYERS = ("docker-archive", "podman-archive", "legacy", "export", "rootfs", "layer")
# The rule that reports each damage.
RULES: Mapping[str, str] = {
    "lf-to-crlf": "TRP002",
    "unix2dos": "TRP002",
    "crlf-to-lf": "TRP002",
    "utf-16": "TRP003",
    "utf-8": "TRP003",
    "replaced": "TRP003",
    "powershell-7": "TRP003",
    "base64": "TRP004",
    "base64-url": "TRP004",
    "data-url": "TRP004",
    "pem": "TRP004",
    "uuencode": "TRP004",
    "hex": "TRP004",
    "xxd": "TRP004",
    "hexdump": "TRP004",
}
PREFIXES = {
    "sudo": b"[sudo] password for me: ",
    "ssh": b"Warning: Permanently added 'host' (ED25519) to the list of known hosts.\r\n",
    "trace": b"+ docker save app:1\n" * 20,
    "html": b"<html><title>Welcome</title></html>\n",
    "json": b'{"status":"ok"}\n',
    "umlauts": "Größe: 3 MB\n".encode(),
    "latin-1": b"Gr\xf6\xdfe: 3 MB\n",
    "colours": b"\x1b[32mdone\x1b[0m\r\n",
    "brackets": b"[1] 4711\n",
    "magic": b"PK said BZh\n",
}


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session()


@cache
def image() -> Image:
    """An image with text, binary data, and files after both."""
    sample = sample_image()
    noise = random.Random(1).randbytes(3000)
    top = sample.layers[-1]
    assert not isinstance(top, bytes)
    extra = (
        file("etc/dos.ini", "[a]\r\nb=1\r\n"),
        file("etc/noise", noise),
        file("etc/unix.ini", "[a]\nb=1\n"),
        file("etc/z", "z"),
    )
    return Image(layers=(sample.layers[0], (*top, *extra)))


@cache
def archive(kind: str, compression: str) -> bytes:
    return compress(build(kind, image()).tar(), compression)


def errors_of(checked: CheckedArchive) -> list[str]:
    return [finding.rule for finding in checked.findings if finding.severity is Severity.ERROR]


def assert_reported(session: Session, path: Path, rule: str) -> CheckedArchive:
    """One finding, of this rule, and nothing else says that the archive can be used."""
    checked = checked_whole(session, path)
    assert [finding.rule for finding in checked.findings] == [rule], checked.archive
    assert errors_of(checked) == [rule]
    found = checked.classification
    assert found is not None
    assert found.restore is None
    assert found.advice == ()
    assert found.loadable is Loadable.NO
    assert not found.importable
    return checked


CONVERTED = combined(sorted(set(RULES) - {"crlf-to-lf"}), KINDS, tuple(COMPRESSIONS))


def test_conversions_kinds_and_compressions_meet_in_pairs() -> None:
    damages = set(RULES) - {"crlf-to-lf"}
    assert {row[:2] for row in CONVERTED} == set(product(damages, KINDS))
    assert {row[1:] for row in CONVERTED} == set(product(KINDS, COMPRESSIONS))
    assert {row[::2] for row in CONVERTED} == set(product(damages, COMPRESSIONS))


@pytest.mark.parametrize(("damage", "kind", "compression"), CONVERTED)
def test_converted(
    damage: str, kind: str, compression: str, tmp_path: Path, session: Session
) -> None:
    path = tmp_path / "image.tar"
    whole = archive(kind, compression)
    damaged = DAMAGES[damage](whole)
    if damaged == whole:
        return  # counted below
    path.write_bytes(damaged)
    assert_reported(session, path, RULES[damage])


def test_most_archives_are_changed_by_every_damage() -> None:
    unchanged = [
        (kind, compression, damage)
        for kind in KINDS
        for compression in COMPRESSIONS
        for damage in RULES
        if damage != "crlf-to-lf"
        and DAMAGES[damage](archive(kind, compression)) == archive(kind, compression)
    ]
    assert unchanged == []


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in KINDS
        if "oci" not in kind and kind not in {"crane-archive", "multi-platform"}
    ],
)
def test_carriage_returns_that_were_removed(kind: str, tmp_path: Path, session: Session) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(DAMAGES["crlf-to-lf"](archive(kind, "none")))
    assert_reported(session, path, "TRP002")


@pytest.mark.parametrize("compression", sorted(set(COMPRESSIONS) - {"none"}))
def test_carriage_returns_that_were_removed_from_much_data(
    compression: str, tmp_path: Path, session: Session
) -> None:
    noise = random.Random(2).randbytes(900_000)
    tar = build("export", Image(layers=((file("etc/noise", noise),),))).tar()
    path = tmp_path / "image.tar"
    path.write_bytes(DAMAGES["crlf-to-lf"](compress(tar, compression)))
    assert_reported(session, path, "TRP002")


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize(
    ("kind", "prefix"),
    [*((kind, "ssh") for kind in KINDS), *(("docker-archive", prefix) for prefix in PREFIXES)],
)
def test_text_before(
    kind: str, compression: str, prefix: str, tmp_path: Path, session: Session
) -> None:
    path = tmp_path / "image.tar"
    whole = archive(kind, compression)
    path.write_bytes(PREFIXES[prefix] + whole)
    checked = assert_reported(session, path, "TRP001")
    fix = checked.findings[0].fix
    assert fix is not None
    assert isinstance(fix.change, Command)
    assert run(fix.change, tmp_path) == whole


def run(command: Command, directory: Path) -> bytes:
    """What the command of a fix writes."""
    line = command.line.replace("FILE", "image.tar").replace("FIXED", "fixed")
    subprocess.run(line, shell=True, cwd=directory, check=True)
    return directory.joinpath("fixed").read_bytes()


@pytest.mark.parametrize("damage", ["base64", "base64-url", "data-url", "pem", "utf-8"])
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_commands_undo_the_encoding(
    damage: str, compression: str, tmp_path: Path, session: Session
) -> None:
    whole = archive("docker-archive", compression)
    path = tmp_path / "image.tar"
    path.write_bytes(DAMAGES[damage](whole))
    fix = session.check(path).findings[0].fix
    assert fix is not None
    assert isinstance(fix.change, Command)
    assert run(fix.change, tmp_path) == whole


@pytest.mark.parametrize("after", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("before", ["", "Warning: host key added\n", "A: b\nC: base64\n\n"])
@pytest.mark.parametrize("damage", ["base64", "base64-url", "data-url", "pem", "hex", "xxd"])
def test_commands_undo_encodings_of_texts(
    damage: str, before: str, after: str, tmp_path: Path, session: Session
) -> None:
    if damage in {"hex", "xxd"} and shutil.which("xxd") is None:
        pytest.skip("xxd is not installed")
    whole = archive("docker-archive", "gzip")
    path = tmp_path / "image.tar"
    text = before + DAMAGES[damage](whole).decode("ascii")
    path.write_bytes(text.encode(after))
    checked = assert_reported(session, path, "TRP004")
    fix = checked.findings[0].fix
    assert fix is not None
    assert isinstance(fix.change, Command)
    assert run(fix.change, tmp_path) == whole


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz"])
def test_text_before_an_archive_inside_a_stream(
    compression: str, tmp_path: Path, session: Session
) -> None:
    whole = archive("docker-archive", "none")
    path = tmp_path / "image.tar"
    path.write_bytes(compress(PREFIXES["trace"] + whole, compression))
    checked = assert_reported(session, path, "TRP001")
    fix = checked.findings[0].fix
    assert fix is not None
    assert isinstance(fix.change, Command)
    assert run(fix.change, tmp_path) == whole


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("damage", ["lf-to-crlf", "utf-16", "base64"])
def test_damage_inside_a_stream(
    damage: str, compression: str, tmp_path: Path, session: Session
) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(compress(DAMAGES[damage](archive("docker-archive", "none")), compression))
    assert_reported(session, path, RULES[damage])


@pytest.mark.parametrize(
    ("kind", "compression", "name"),
    combined(KINDS, tuple(COMPRESSIONS), ("image.tar.part{}", "image.tar.{}", "part-{}", "x{}")),
)
def test_pieces_by_their_names(
    kind: str, compression: str, name: str, tmp_path: Path, session: Session
) -> None:
    whole = archive(kind, compression)
    third = len(whole) // 3 + 7
    pieces = [whole[:third], whole[third : 2 * third], whole[2 * third :]]
    for suffix, piece in zip(("aa", "ab", "ac"), pieces, strict=True):
        path = tmp_path / name.format(suffix)
        path.write_bytes(piece)
    checked = assert_reported(session, tmp_path / name.format("aa"), "TRP009")
    assert checked.archive is not None
    assert isinstance(checked.archive.damage, Piece)
    assert checked.archive.damage.position is PiecePosition.FIRST
    for suffix in ("ab", "ac"):
        assert_reported(session, tmp_path / name.format(suffix), "TRP009")
    fix = checked.findings[0].fix
    assert fix is not None
    assert isinstance(fix.change, Command)
    assert run(fix.change, tmp_path) == whole


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_pieces_by_their_size(compression: str, tmp_path: Path, session: Session) -> None:
    noise = random.Random(3).randbytes(250_000)
    tar = build("export", Image(layers=((file("etc/noise", noise),),))).tar()
    whole = compress(tar, compression)
    for number, start in enumerate((0, 100_000)):
        path = tmp_path / f"image-{number}.tar"
        path.write_bytes(whole[start : start + 100_000])
        assert_reported(session, path, "TRP009")


def test_the_text_is_shown_in_one_line(tmp_path: Path, session: Session) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(b"\x1b]0;x\x07::stop-commands::x\n" + archive("export", "none"))
    checked = assert_reported(session, path, "TRP001")
    assert "stop-commands" in checked.findings[0].message


@pytest.mark.parametrize(
    ("name", "title"),
    [("index.json", "check the directory that the file is in"), ("image.json", None)],
)
def test_a_document_of_an_image_in_a_directory(
    name: str, title: str | None, tmp_path: Path, session: Session
) -> None:
    path = tmp_path / name
    path.write_text('{"schemaVersion": 2, "manifests": []}')
    fix = assert_reported(session, path, "TRP006").findings[0].fix
    assert (None if fix is None else fix.title) == title
