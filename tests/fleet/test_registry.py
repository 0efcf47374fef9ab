"""The registry of judged layers: what is known of a layer, and of none that only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.fleet.registry import KnownLayers, Registry, claimed_digest
from checker.fleet.stores import Place, place_of
from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.model.location import Location
from checker.reading.blob import Task, read_blob
from checker.reading.source import Seekable
from checker.testing import Member, compress, write_tar
from checker.testing.image import sha256

LAYER = write_tar([Member("etc/passwd", b"root:x:0:0::/:/bin/sh\n"), Member("b", bytes(9000))])
FORMS = {form: compress(LAYER, form) for form in ("none", "gzip", "zstd")}


def task_of(data: bytes, digest: str | None = None) -> Task:
    return Task(
        location=Location("a.tar", member="layer"),
        position=7,
        path=f"blobs/sha256/{digest or sha256(data)}",
        size=len(data),
        is_document=False,
        chunks=lambda: iter([data]),
        seekable=lambda: Seekable(len(data), lambda start, count: data[start : start + count]),
    )


def judged(place: Place, task: Task) -> tuple[Blob | None, Blob]:
    """What was known of a layer before it was read, and what reading it showed."""
    known = KnownLayers(Registry(place), 1)
    found = known.find(task)
    blob = read_blob(task, ContentPlan(), Limits())
    known.add(task, blob)
    return found, blob


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_of(str(tmp_path / "registry"))


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_a_layer_is_known_afterwards(place: Place, data: bytes) -> None:
    before, blob = judged(place, task_of(data))
    after, _ = judged(place, task_of(data))
    assert before is None
    assert after is not None
    assert after._replace(tar=None) == blob._replace(tar=None)
    assert after.tar is not None
    assert blob.tar is not None
    assert list(after.tar.entries) == list(blob.tar.entries)


OTHERS = {
    "another digest": task_of(LAYER + bytes(512)),
    "another size": task_of(LAYER + bytes(512), sha256(LAYER)),
    "another beginning": task_of(b"x" + LAYER[1:], sha256(LAYER)),
    "a document": task_of(b"{}" * 300),
    "no digest in its name": task_of(LAYER)._replace(path="layer.tar"),
    "cut short": task_of(LAYER)._replace(size=len(LAYER) + 1),
}


@pytest.mark.parametrize("task", OTHERS.values(), ids=OTHERS)
def test_other_layers_are_not(place: Place, task: Task) -> None:
    judged(place, task_of(LAYER))
    assert judged(place, task)[0] is None


def test_a_layer_that_has_another_digest_is_not_added(place: Place) -> None:
    false = task_of(LAYER, "0" * 64)
    judged(place, false)
    assert judged(place, false)[0] is None


def test_a_layer_that_reaches_a_limit_is_not_added(place: Place) -> None:
    task = task_of(LAYER)
    known = KnownLayers(Registry(place), 1)
    known.find(task)
    known.add(task, read_blob(task, ContentPlan(), Limits(entries=1)))
    assert judged(place, task)[0] is None


def test_small_layers_are_not_looked_for(place: Place) -> None:
    judged(place, task_of(LAYER))
    assert KnownLayers(Registry(place), len(LAYER) + 1).find(task_of(LAYER)) is None


def test_what_is_in_memory_is_bounded(place: Place) -> None:
    registry = Registry(place, kept=3000)
    known = KnownLayers(registry, 1)
    for number in range(20):
        task = task_of(write_tar([Member(f"file-{number}")]))
        known.find(task)
        known.add(task, read_blob(task, ContentPlan(), Limits()))
    assert registry._kept == sum(map(len, registry._recent.values())) <= 3000
    assert judged(place, task_of(write_tar([Member("file-0")])))[0] is not None


@given(st.data())
def test_any_bytes_in_the_registry_are_as_good_as_none(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("registry")
    place = place_of(str(folder))
    judged(place, task_of(LAYER))
    (file,) = (path for path in folder.rglob("*") if path.is_file())
    whole = file.read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    file.write_bytes(whole[:cut] + data.draw(st.binary(max_size=20)))
    found, blob = judged(place, task_of(LAYER))
    assert found is None or found._replace(tar=None) == blob._replace(tar=None)


def test_a_registry_that_cannot_be_written_to_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert judged(place_of(f"{tmp_path}/file/registry"), task_of(LAYER))[0] is None


HEX = "0123456789abcdef" * 4
NAMES = {
    f"blobs/sha256/{HEX}": HEX,
    f"{HEX}.tar": HEX,
    f"{HEX}.tar.gz": HEX,
    f"wrapped/blobs/sha256/{HEX}": HEX,
    f"blobs/sha512/{HEX}{HEX}": None,
    f"{HEX}/layer.tar": None,
    f"{HEX}.json": None,
    HEX.upper(): None,
    f"{HEX}0": None,
    "layer.tar": None,
}


@pytest.mark.parametrize(("path", "expected"), NAMES.items())
def test_the_digest_in_a_name(path: str, expected: str | None) -> None:
    assert claimed_digest(path) == expected
