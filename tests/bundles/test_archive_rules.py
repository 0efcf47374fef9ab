"""What cases as data cannot say: no oddity of a tar is forgotten, and none is reported twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from checker.checks.finding import Finding
from checker.model.archive import Archive
from checker.model.image import Layer
from checker.model.limits import Limits
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker.plugins import load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.session import Session
from checker.testing.archive import sample
from checker.testing.tar import Member, write_tar
from tests.sessions import assert_whole

MANY = 20_000


@pytest.fixture(scope="session")
def sessions() -> Mapping[str, Session]:
    plugins = load_plugins()
    bundles = ("ARC", "DKR", "LYR")
    return {rules: Session({"select": [rules]}, plugins=plugins) for rules in bundles}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return read(tmp_path, sample())


def read(folder: Path, data: bytes) -> Archive:
    path = folder / "archive.tar"
    path.write_bytes(data)
    return read_archive(str(path), ReadOptions())


def findings_of(session: Session, archive: Archive) -> tuple[Finding, ...]:
    checked = session.judge(archive)
    assert_whole(checked)
    return checked.findings


def odd_tar(tar: Tar, kind: AnomalyKind) -> Tar:
    return tar._replace(anomalies=(Anomaly(kind, 1536, f"a {kind}"),))


def with_odd_layer(archive: Archive, kind: AnomalyKind) -> Archive:
    (image,) = archive.images

    def odd(layer: Layer) -> Layer:
        assert layer.blob is not None
        assert layer.blob.tar is not None
        return layer._replace(blob=layer.blob._replace(tar=odd_tar(layer.blob.tar, kind)))

    layers = (odd(image.layers[0]), *image.layers[1:])
    return archive._replace(images=(image._replace(layers=layers),))


@pytest.mark.parametrize("kind", AnomalyKind)
def test_each_oddity_of_the_archive_is_reported_once(
    kind: AnomalyKind, archive: Archive, sessions: Mapping[str, Session]
) -> None:
    odd = archive._replace(tar=odd_tar(archive.tar, kind))
    (finding,) = findings_of(sessions["ARC"], odd)
    assert f"a {kind}" in finding.message or kind is AnomalyKind.DATA_AFTER_END
    assert finding.location.offset == 1536


@pytest.mark.parametrize("kind", AnomalyKind)
def test_each_oddity_of_a_layer_is_reported_once(
    kind: AnomalyKind, archive: Archive, sessions: Mapping[str, Session]
) -> None:
    odd = with_odd_layer(archive, kind)
    (finding,) = findings_of(sessions["LYR"], odd)
    assert f"a {kind}" in finding.message
    assert finding.location.layer == 0


def test_findings_without_end_are_cut_off(tmp_path: Path, sessions: Mapping[str, Session]) -> None:
    members = [Member(f"../{i}", b"x") for i in range(MANY)]
    found = findings_of(sessions["ARC"], read(tmp_path, write_tar(members)))
    assert 0 < len(found) <= 2 * Limits().findings


@pytest.mark.parametrize(
    "member",
    [
        pytest.param(Member("\x1b[31mred", b"x"), id="escape-code"),
        pytest.param(Member("new\nline", b"x"), id="line-feed"),
        pytest.param(Member("", b"x"), id="no-name"),
        pytest.param(Member("..", b"x"), id="parent"),
        pytest.param(Member("link", typeflag=b"1"), id="hard-link-without-target"),
        pytest.param(Member("link", typeflag=b"2"), id="symlink-without-target"),
        pytest.param(Member("/", typeflag=b"5"), id="root"),
        pytest.param(Member("g", b"13 comment=a\n", typeflag=b"g"), id="global-header"),
    ],
)
def test_odd_members_crash_no_rule(
    member: Member, tmp_path: Path, sessions: Mapping[str, Session]
) -> None:
    archive = read(tmp_path, write_tar([member, member, Member("etc/passwd", b"x")]))
    for session in sessions.values():
        findings_of(session, archive)


@pytest.mark.parametrize(("begin", "member"), [(b"", "b"), (bytes(1), None)])
def test_a_header_without_a_name_is_no_member(
    begin: bytes, member: str | None, sessions: Mapping[str, Session], tmp_path: Path
) -> None:
    data = bytearray(write_tar((Member("a", b"x"), Member("b", b"y"))))
    second = 1024
    data[second + 148 : second + 156] = b"00001\0 x"
    data[second : second + len(begin)] = begin
    (finding,) = (
        one
        for one in findings_of(sessions["ARC"], read(tmp_path, bytes(data)))
        if one.rule == "ARC003"
    )
    assert (finding.location.member, finding.location.offset) == (member, second)
