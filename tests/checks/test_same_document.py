"""A fault of a document that is several documents at once is told once."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Iterator

import pytest

from benchmarks.one_truth.properties import Sessions, Subject, one_cause_one_finding
from checker import Session
from checker.testing.archive import build
from checker.testing.image import sample_image
from checker.testing.tar import Member, file, hardlink, symlink, write_tar
from tests.sessions import new_session

_FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "null": lambda _content: b"null",
    "another type": lambda _content: b"[]",
    "cut": lambda content: content[:-3],
    "trailing data": lambda content: content + b" x",
    "a byte order mark": lambda content: b"\xef\xbb\xbf" + content,
    "a repeated key": lambda content: content.replace(b"{", b'{"a":1,"a":2,', 1),
    "not UTF-8": lambda content: content.replace(b"{", b'{"a":"\xff",', 1),
    "a large number": lambda content: content.replace(b"{", b'{"a":1e400,', 1),
}


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session({"jobs": 1})


def _archive() -> tuple[list[Member], list[str]]:
    """The members of an image with all documents, and the names of these documents."""
    built = build("docker-oci-archive", sample_image())
    documents = ["index.json", "oci-layout", "manifest.json", "repositories"]
    documents += [built.names["manifest"], built.names["config"]]
    return list(built.members), documents


def _pairs() -> Iterator[tuple[str, str, str]]:
    """Every pair of documents, each with a kind of fault and a kind of link."""
    _, documents = _archive()
    faults = list(_FAULTS)
    number = 0
    for link in range(len(documents)):
        for target in range(len(documents)):
            if link != target:
                for step in (0, 3, 5):
                    yield str(link), str(target), faults[(number + step) % len(faults)]
                number += 1


@pytest.mark.parametrize(("link", "target", "fault"), tuple(_pairs()))
def test_a_document_that_is_a_link_to_another_one_has_each_fault_once(
    link: str, target: str, fault: str, session: Session
) -> None:
    members, documents = _archive()
    name, to = documents[int(link)], documents[int(target)]
    kept = {member.name: member for member in members if member.name != name}
    kept[to] = file(to, _FAULTS[fault](kept[to].content))
    start = posixpath.dirname(name) or "."
    linked = symlink(name, posixpath.relpath(to, start)) if len(fault) % 2 else hardlink(name, to)

    checked = session.check(io.BytesIO(write_tar([*kept.values(), linked])), name="linked.tar")

    nothing_more = Sessions(session, {})
    assert not list(one_cause_one_finding(Subject(checked, "linked.tar", nothing_more)))


def test_a_fault_of_the_common_document_is_told(session: Session) -> None:
    members, _ = _archive()
    kept = [each for each in members if each.name not in ("oci-layout", "index.json")]
    both = [file("oci-layout", "null"), symlink("index.json", "oci-layout")]

    checked = session.check(io.BytesIO(write_tar([*kept, *both])), name="linked.tar")

    assert [one.rule for one in checked.findings if one.location.pointer == ""] == ["OCI002"]
