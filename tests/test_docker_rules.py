"""The rules of ARC and DKR survive any document and any member, and hostile lists of names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.results import CheckedArchive
from checker.session import Session
from checker.testing.archive import build
from checker.testing.tar import Member, file, symlink, write_tar
from tests.effort import examples
from tests.mutations import mutant
from tests.sessions import checked_whole, new_session

KINDS = ("docker-archive", "podman-archive", "docker-oci-archive", "legacy")
JSON = ("manifest.json", "repositories", "index.json")

names = st.sampled_from(
    ["", ".", "..", "/", "./a", "../a", "/a", "a/", "a//b", "a/b", "\0", "é\udce9", "manifest.json"]
)
values = st.one_of(
    st.none(),
    st.booleans(),
    names,
    st.sampled_from([0, -1, 10**30, "a:b", "A:b", "a:1@sha256:" + "0" * 64, "0" * 64]),
    st.sampled_from([[], {}, [None], [{}], [[]], {"a": 1}, ["a:b", "a:b"], {"b": {"c": "d"}}]),
)
quickly = settings(max_examples=examples(60), deadline=None)


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session({"select": ["ARC", "DKR"]})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules") / "image.tar"


def check(session: Session, path: Path, members: tuple[Member, ...]) -> CheckedArchive:
    path.write_bytes(write_tar(members))
    return checked_whole(session, path)


@quickly
@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_any_document_is_checked(
    data: st.DataObject, kind: str, session: Session, path: Path
) -> None:
    members = tuple(
        replace(each, content=mutant(data, each.content, values))
        if each.name in JSON or each.name.endswith("/json")
        else each
        for each in build(kind).members
    )

    check(session, path, members)


@quickly
@given(data=st.data(), kind=st.sampled_from((*KINDS, "rootfs")))
def test_any_member_may_be_missing_or_another(
    data: st.DataObject, kind: str, session: Session, path: Path
) -> None:
    members = list(build(kind).members)
    place = data.draw(st.integers(0, len(members) - 1))
    name = members.pop(place).name
    other = data.draw(
        st.sampled_from(
            [
                (),
                (symlink(name, data.draw(names)),),
                (replace(file(name), typeflag=b"1", linkname=data.draw(names)),),
                (file(name), file(f"{name}/below")),
            ]
        )
    )

    check(session, path, (*members, *other))


def test_one_name_many_times_does_not_take_long(session: Session, path: Path) -> None:
    items = [{"Config": "c.json", "RepoTags": ["a:b"] * 50_000, "Layers": []}]
    path.write_bytes(write_tar((file("manifest.json", json.dumps(items)),)))
    checked = session.check(path)

    assert max(result.seconds for result in checked.results) < 4
