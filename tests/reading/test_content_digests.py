"""The digests of the content of files are those of what an extraction would write."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.content import ContentPlan, ContentRequest
from checker.model.limits import Limits
from checker.reading.tar.walker import TarWalker, walk_by_seeking
from checker.testing import Image, build, compress, write_tar
from checker.testing.tar import directory, file, symlink
from tests.sessions import new_session

PLAN = ContentPlan(digests=True)
BOTH = ContentPlan.of([ContentRequest(executables=True, limit=100)])._replace(digests=True)


def expected(contents: list[bytes]) -> dict[int, bytes]:
    return {at: hashlib.sha256(one).digest() for at, one in enumerate(contents) if one}


@given(
    st.lists(st.binary(max_size=1500), max_size=6),
    st.integers(min_value=1, max_value=2000),
    st.sampled_from([PLAN, BOTH]),
)
def test_any_pieces_give_the_same_digests(
    contents: list[bytes], piece: int, plan: ContentPlan
) -> None:
    members = [file(f"f{at}", one, mode=0o755) for at, one in enumerate(contents)]
    data = write_tar(members)
    walker = TarWalker(Limits(), plan)
    for start in range(0, len(data), piece):
        walker.feed(data[start : start + piece])
    sought = walk_by_seeking(
        TarWalker(Limits(), plan), lambda offset, count: data[offset : offset + count], len(data)
    )
    assert walker.finish().digests == sought.digests == expected(contents)


def test_none_are_computed_unless_asked_for() -> None:
    data = write_tar([file("a", b"x")])
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(data)
    assert walker.finish().digests == {}


def test_content_that_is_cut_has_none() -> None:
    data = write_tar([file("a", b"x" * 2000)])
    walker = TarWalker(Limits(), PLAN)
    walker.feed(data[:1500])
    assert walker.finish().digests == {}


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
def test_layers_of_images(kind: str, compression: str) -> None:
    layer = (directory("etc"), file("etc/motd", b"hello"), symlink("etc/link", "motd"))
    data = build(kind, Image(layers=(layer,), compression=compression)).tar()
    archive = new_session().read(io.BytesIO(data), plan=PLAN)
    blob = archive.images[0].layers[0].blob
    assert blob is not None
    assert blob.tar is not None
    assert blob.tar.digests == {1: hashlib.sha256(b"hello").digest()}


def test_a_compressed_root_filesystem() -> None:
    data = compress(write_tar([file("bin/sh", b"#!"), file("etc/motd", b"hello")]), "gzip")
    archive = new_session().read(io.BytesIO(data), plan=PLAN)
    assert archive.tar.digests == expected([b"#!", b"hello"])
