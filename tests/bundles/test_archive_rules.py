"""What cases as data cannot say: no oddity of a tar is forgotten, and none is reported twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.checks.check import CheckContext
from checker.checks.finding import Finding
from checker.checks.runner import run_checks
from checker.model.archive import Archive
from checker.model.image import Layer
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker.plugins import Host, load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.archive import sample
from checker.testing.tar import Member, write_tar

MANY = 20_000


@pytest.fixture(scope="session")
def host() -> Host:
    return load_plugins()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return read(tmp_path, sample())


def read(folder: Path, data: bytes) -> Archive:
    path = folder / "archive.tar"
    path.write_bytes(data)
    return read_archive(str(path), ReadOptions())


def findings_of(host: Host, bundle: str, archive: Archive) -> tuple[Finding, ...]:
    rules = [rule for rule in host.registry if rule.bundle == bundle]
    run = run_checks(archive, rules, CheckContext())
    assert not [result.traceback for result in run.results if result.traceback]
    return run.findings


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
    kind: AnomalyKind, archive: Archive, host: Host
) -> None:
    odd = archive._replace(tar=odd_tar(archive.tar, kind))
    (finding,) = findings_of(host, "checker_archive", odd)
    assert f"a {kind}" in finding.message or kind is AnomalyKind.DATA_AFTER_END
    assert finding.location.offset == 1536


@pytest.mark.parametrize("kind", AnomalyKind)
def test_each_oddity_of_a_layer_is_reported_once(
    kind: AnomalyKind, archive: Archive, host: Host
) -> None:
    odd = with_odd_layer(archive, kind)
    (finding,) = findings_of(host, "checker_layers", odd)
    assert f"a {kind}" in finding.message
    assert finding.location.layer == 0


def test_findings_without_end_are_cut_off(tmp_path: Path, host: Host) -> None:
    members = [Member(f"../{i}", b"x") for i in range(MANY)]
    found = findings_of(host, "checker_archive", read(tmp_path, write_tar(members)))
    assert 0 < len(found) <= 2 * CheckContext().limits.findings


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
def test_odd_members_crash_no_rule(member: Member, tmp_path: Path, host: Host) -> None:
    archive = read(tmp_path, write_tar([member, member, Member("etc/passwd", b"x")]))
    for bundle in ("checker_archive", "checker_docker", "checker_layers"):
        findings_of(host, bundle, archive)
