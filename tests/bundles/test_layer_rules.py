"""The rules of layers survive any entries, and find nothing in those that follow all rules."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.checks.finding import Finding, Severity
from checker.session import Session
from checker.testing.archive import docker_archive
from checker.testing.image import sample_image
from checker.testing.tar import (
    Member,
    directory,
    file,
    hardlink,
    opaque,
    symlink,
    whiteout,
    write_tar,
)
from tests.effort import examples
from tests.sessions import checked_whole, new_session

NAMES = st.sampled_from(["a", "A", "b", "a/b", "a/b/c", "./a", "a/", "/a", "../a", "", "."])
ODD = st.sampled_from(["a\n", ".wh.", ".wh.a", "a/.wh.b", ".wh.a/b", ".wh..wh..opq", ".wh..wh.x"])
PAX = st.sampled_from(
    [{}, {"SCHILY.xattr.user.a": "1"}, {"SCHILY.xattr.odd": "1"}, {"SCHILY.acl.access": "x"}],
)
MEMBERS = st.builds(
    Member,
    name=NAMES | ODD,
    content=st.sampled_from([b"", b"x"]),
    typeflag=st.sampled_from([b"0", b"1", b"2", b"3", b"5", b"6", b"7", b"g", b"Z"]),
    uid=st.sampled_from([0, 1000, 100_000]),
    linkname=NAMES,
    pax=PAX,
)
LAYERS = st.lists(st.lists(MEMBERS, max_size=6), min_size=1, max_size=3)
PLAIN = ["a", "b", "a/b", "a/c", "b/a/c"]


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session({"select": ["LYR"]})


def findings_of(session: Session, layers: list[list[Member]]) -> tuple[Finding, ...]:
    image = replace(sample_image(), layers=tuple(tuple(members) for members in layers))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "archive.tar"
        path.write_bytes(docker_archive(image).tar())
        return checked_whole(session, path).findings


@given(layers=LAYERS)
@settings(deadline=None, max_examples=examples(60))
def test_no_rule_crashes(layers: list[list[Member]], session: Session) -> None:
    for finding in findings_of(session, layers):
        assert finding.message.startswith("layer ")
        assert finding.location.layer is not None


@given(kept=st.sets(st.sampled_from(PLAIN)), gone=st.sets(st.sampled_from(PLAIN)))
@settings(deadline=None, max_examples=examples(30))
def test_what_engines_write_raises_no_alarm(
    kept: set[str], gone: set[str], session: Session
) -> None:
    folders = [directory("a"), directory("b"), directory("b/a")]
    base = [*folders, *(file(f"{path}/file", path) for path in PLAIN if "/" in path)]
    above = [*folders, opaque("b"), *(whiteout(f"{path}/gone") for path in sorted(gone))]
    above += [file(f"{path}/new", "x") for path in sorted(kept)]
    above += [hardlink(f"{path}/link", f"{path}/new") for path in sorted(kept)]
    above += [symlink(f"{path}/to", "/nowhere") for path in sorted(kept)]
    found = findings_of(session, [base, above])
    assert [finding for finding in found if finding.severity is not Severity.NOTE] == []


def lower_layer(kinds: dict[str, str]) -> list[Member]:
    """Entries of which each is in a directory: what is below a file or link is left out."""
    make = {
        "file": file,
        "directory": directory,
        "link": lambda path: symlink(path, "/usr"),
    }
    return [
        make[kind](path)
        for path, kind in sorted(kinds.items())
        if all(kinds.get(parent, "directory") == "directory" for parent in parents(path))
    ]


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


@given(
    kinds=st.dictionaries(
        st.sampled_from(PLAIN), st.sampled_from(["file", "directory", "link"]), max_size=5
    ),
    gone=st.sets(st.sampled_from(PLAIN), min_size=1),
)
@settings(deadline=None, max_examples=examples(60))
def test_a_whiteout_leads_through_a_link_or_hides_something_or_is_reported(
    kinds: dict[str, str], gone: set[str], session: Session
) -> None:
    lower = lower_layer(kinds)
    found = findings_of(session, [lower, [whiteout(path) for path in sorted(gone)]])
    shown = {entry.name.rstrip("/"): entry for entry in lower}
    there = {*shown, *(parent for path in shown for parent in parents(path))}
    odd = {path for path, entry in shown.items() if entry.typeflag != b"5"}

    through = {path for path in gone if not odd.isdisjoint(parents(path))}
    # A whiteout of a directory that has whiteouts in the same layer is a collision.
    colliding = {parent for path in gone for parent in parents(path)}
    of_nothing = gone - through - there - colliding
    assert {hidden(each) for each in found if each.rule == "LYR010"} == of_nothing
    assert {each.rule for each in found} >= ({"LYR012"} if through else set())
    below_links = {hidden(each) for each in found if each.rule == "LYR012"}
    assert below_links <= through
    for path in through:
        top = next(parent for parent in parents(path) if parent in odd)
        assert any(each.startswith(f"{top}/") for each in below_links)


def hidden(finding: Finding) -> str:
    """The path that the whiteout of a finding hides."""
    return (finding.location.path or "").replace(".wh.", "")


@pytest.mark.parametrize(
    ("media_type", "severity"),
    [
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", Severity.NOTE),
        ("application/vnd.oci.image.layer.v1.tar+gzip", Severity.WARNING),
    ],
)
def test_a_plain_layer_in_a_dir_layout_as_skopeo_writes_it(
    media_type: str, severity: Severity, session: Session, tmp_path: Path
) -> None:
    layer = write_tar((file("etc/motd", b"hello\n"),))
    digest = hashlib.sha256(layer).hexdigest()
    config = json.dumps({"rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}).encode()
    described = [(media_type, layer), ("application/vnd.docker.container.image.v1+json", config)]
    first, last = (
        {
            "mediaType": each,
            "size": len(data),
            "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
        }
        for each, data in described
    )
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": docker, "config": last, "layers": [first]}
    tmp_path.joinpath("version").write_text("Directory Transport Version: 1.1\n")
    tmp_path.joinpath("manifest.json").write_text(json.dumps(manifest))
    for data in (layer, config):
        tmp_path.joinpath(hashlib.sha256(data).hexdigest()).write_bytes(data)
    [finding] = [one for one in session.check(tmp_path).findings if one.rule == "LYR002"]
    assert finding.severity is severity


def test_a_limit_leaves_out_the_same_paths_in_every_run() -> None:
    """Also where paths are collected in a set, whose order differs from run to run."""
    names = [f"f{number:02}" for number in range(30)]
    layers = [[file(name, b"") for name in names], [file(f"{name}/x", b"") for name in names]]
    few = new_session({"select": ["LYR012"], "limits": {"lookups": 60}})
    found = [finding.location.path for finding in findings_of(few, layers)]
    assert found == ["f00/x", "f01/x", "f02/x"]
