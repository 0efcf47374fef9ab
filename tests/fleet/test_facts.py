"""Facts of layers as bytes: the same afterwards, and harmless whatever the bytes are."""

from __future__ import annotations

import pickle
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.fleet.facts import FactsError, LayerFacts, dump_facts, load_facts
from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.model.entries import COLUMNS
from checker.model.limits import Limits
from checker.model.location import Location
from checker.reading.blob import Task, read_blob
from checker.session import Session
from checker.testing import Member, compress, write_tar
from checker.testing.tar import directory, hardlink, symlink, whiteout

NAMES = st.text("ab./é☃", min_size=1, max_size=12)
MEMBERS = st.lists(
    st.one_of(
        st.builds(Member, NAMES, st.binary(max_size=40)),
        st.builds(directory, NAMES),
        st.builds(symlink, NAMES, NAMES),
        st.builds(hardlink, NAMES, NAMES),
        st.builds(whiteout, NAMES),
        st.builds(
            lambda name, value: Member(name, pax={"SCHILY.xattr.user.a": value}), NAMES, NAMES
        ),
    ),
    max_size=8,
)


def blob_of(data: bytes, plan: ContentPlan | None = None) -> Blob:
    task = Task(Location("a.tar"), 0, "layer.tar", len(data), False, lambda: iter([data]))
    return read_blob(task, plan or Session().plan(), Limits())


def columns(blob: Blob) -> object:
    assert blob.tar is not None
    entries = blob.tar.entries
    return [getattr(entries, name) for name in (*COLUMNS, "by_path", "repeated")]


@given(MEMBERS, st.sampled_from(["none", "gzip", "zstd"]))
def test_facts_are_the_same_afterwards(members: list[Member], compression: str) -> None:
    blob = blob_of(compress(write_tar(members), compression))
    facts = LayerFacts(blob.size, b"head", blob)
    found = load_facts(dump_facts(facts))
    assert (found.size, found.head) == (blob.size, b"head")
    assert columns(found.blob) == columns(blob)
    assert found.blob._replace(tar=None) == blob._replace(tar=None)
    assert found.blob.tar is not None
    assert blob.tar is not None
    assert found.blob.tar._replace(entries=blob.tar.entries) == blob.tar


def test_what_was_computed_of_entries_is_not_kept() -> None:
    blob = blob_of(write_tar([Member("a/b")]))
    assert blob.tar is not None
    assert blob.tar.entries.directories == {"a"}
    assert columns(load_facts(dump_facts(LayerFacts(0, b"", blob))).blob) == columns(blob)


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("executed",)


HOSTILE = {
    "code": zlib.compress(pickle.dumps(Evil())),
    "code inside": zlib.compress(pickle.dumps({"a": [Evil()]})),
    "other record": zlib.compress(pickle.dumps((1, b"", None))),
    "not compressed": b"plain",
    "empty": b"",
    "pickle cut": dump_facts(LayerFacts(0, b"", blob_of(write_tar([Member("a")]))))[:-40],
    "list": zlib.compress(pickle.dumps([])),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_other_bytes_are_refused(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FactsError):
        load_facts(data)
    assert capsys.readouterr().out == ""


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_the_same_way(data: bytes) -> None:
    for given_bytes in (data, zlib.compress(data)):
        with pytest.raises(FactsError):
            load_facts(given_bytes)
