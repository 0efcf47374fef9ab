"""Facts of layers as bytes, and back; what is damaged is noticed."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from isal import isal_zlib

from checker.cache import encoding
from checker.cache.encoding import DamagedError, decoded, encoded
from checker.model.archive import Archive
from checker.model.compression import NOT_COMPRESSED
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.reading.archive import ReadOptions, read_file
from checker.reading.layer_cache import LayerFacts, facts_of
from checker.reading.tar.walker import TarWalker
from checker.testing.elf import elf
from checker.testing.tar import (
    compress,
    device,
    directory,
    file,
    hardlink,
    pax_global,
    symlink,
    whiteout,
    write_tar,
)
from tests.case_files import all_cases
from tests.effort import examples
from tests.sessions import new_session

from .stores import columns, comparable

PLAN = new_session().plan()._replace(digests=True)


def facts_in(data: bytes, plan: ContentPlan = PLAN) -> Iterator[LayerFacts]:
    """The facts of the layers of an archive."""
    archive: Archive = read_file(io.BytesIO(data), "x", ReadOptions(plan=plan, jobs=1))
    for blob in archive.members.blobs.values():
        found = facts_of(blob, 3)
        if found is not None:
            yield found


def walked(data: bytes) -> LayerFacts | None:
    walker = TarWalker(Limits(), PLAN)
    walker.feed(data)
    tar = walker.finish()
    return None if tar.limits else LayerFacts(*_COMPRESSION, tar=tar, records=0)


_COMPRESSION = (NOT_COMPRESSED, 10, "sha256:ab")


@pytest.mark.parametrize("part", range(8))
def test_the_layers_of_the_cases(part: int) -> None:
    tried = 0
    for case in all_cases()[part :: 8 * 2000 // examples(2000)]:
        built = case.build()
        for facts in facts_in(built.data) if built.data is not None else ():
            data = encoded(facts)
            assert data is not None
            assert comparable(decoded(data)) == comparable(facts)
            tried += 1
    assert tried > 10


MEMBERS = (
    directory("./etc/"),
    file("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
    file("./bin/sh", elf(needed=("libc.so.6",)), mode=0o4755),
    file("/odd//name/../x", "y"),
    file("etc/passwd", "again"),
    symlink("bin/ash", "sh"),
    hardlink("bin/bash", "bin/sh"),
    device("dev/null", 1, 3),
    whiteout("etc/motd"),
    pax_global({"comment": "a global header", "path": "etc/passwd"}),
    file("n" * 180, b""),
    file("not-utf-8-\udcff\udcc3", b"z"),
)


def test_every_column_is_kept() -> None:
    facts = walked(write_tar(MEMBERS))
    assert facts is not None
    data = encoded(facts)
    assert data is not None
    found = decoded(data)
    assert comparable(found) == comparable(facts)
    assert columns(found.tar.entries)["repeated"]
    assert [entry.name for entry in found.tar.entries] == [e.name for e in facts.tar.entries]


def test_text_files_that_were_not_searched() -> None:
    files = [file(f"app/{number}.conf", f"name = the file {number} of 3\n") for number in range(3)]
    walker = TarWalker(Limits(text_files=2), ContentPlan(secrets=True))
    walker.feed(write_tar(files))
    facts = LayerFacts(*_COMPRESSION, tar=walker.finish(), records=0)
    data = encoded(facts)
    assert data is not None
    reached = decoded(data).tar.unsearched
    assert reached is not None
    assert reached == facts.tar.unsearched
    assert (reached.limit, reached.value) == ("text_files", 2)


NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=40)
RANDOM = st.lists(
    st.one_of(
        st.builds(file, NAMES, st.binary(max_size=40), mode=st.integers(0, 0o7777)),
        st.builds(directory, NAMES),
        st.builds(symlink, NAMES, NAMES),
        st.builds(hardlink, NAMES, NAMES),
        st.builds(device, NAMES, st.integers(0, 4095), st.integers(0, 4095)),
        st.builds(lambda text: pax_global({"comment": text}), NAMES),
    ),
    max_size=8,
)


@given(RANDOM)
def test_random_tars(members: list[object]) -> None:
    facts = walked(write_tar(members))  # type: ignore[arg-type]
    assert facts is not None
    data = encoded(facts)
    assert data is not None
    assert comparable(decoded(data)) == comparable(facts)


@settings(max_examples=examples(2000), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_bytes(data: st.DataObject) -> None:
    """Nothing else is raised, whatever is changed, also where no checksum would notice it."""
    facts = walked(write_tar(MEMBERS))
    assert facts is not None
    whole = encoded(facts)
    assert whole is not None
    plain = bytearray(isal_zlib.decompress(whole))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(plain) - 1))
        replaced = data.draw(st.integers(0, 3))
        plain[place : place + replaced] = data.draw(st.binary(max_size=3))
    try:
        found = decoded(isal_zlib.compress(bytes(plain)))
    except DamagedError:
        return
    # What is taken can be used by rules: every entry has a name, a path and a kind.
    for position, entry in enumerate(found.tar.entries):
        assert isinstance(entry.name, str)
        assert found.tar.entries.positions([entry.path])[entry.path]
        assert entry.position == position


@given(st.binary(max_size=200))
def test_bytes_of_something_else(data: bytes) -> None:
    for form in (data, isal_zlib.compress(data)):
        with pytest.raises(DamagedError):
            decoded(form)


def test_what_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = walked(write_tar(MEMBERS))
    assert facts is not None
    monkeypatch.setattr(encoding, "_MOST_BYTES", 500)
    assert encoded(facts) is None


def test_a_bomb_in_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_MOST_BYTES", 500)
    with pytest.raises(DamagedError, match="another end"):
        decoded(isal_zlib.compress(bytes(1 << 25)))


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "zstd"])
def test_compressed_layers(kind: str) -> None:
    layer = compress(write_tar(MEMBERS), kind)
    outer = write_tar([directory("blobs"), file("blobs/x", layer), file("index.json", "{}")])
    (facts,) = facts_in(outer)
    data = encoded(facts)
    assert data is not None
    assert comparable(decoded(data)) == comparable(facts)
    assert facts.compression.kind == kind
