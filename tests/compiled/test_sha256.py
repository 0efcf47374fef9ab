"""The hash in C gives what that of hashlib gives."""

from __future__ import annotations

import hashlib
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compiled_parts import compiled_part

if TYPE_CHECKING:
    from checker.compiled import sha256
else:
    sha256 = compiled_part("sha256")

BLOCK = 64
LARGE = 1 << 20
# Around the edges of blocks, and of what is hashed without other threads at work.
SIZES = st.sampled_from([0, 1, 55, 56, 63, 64, 65, 119, 128, 2047, 2048, 2049, 4096])
PIECES = st.lists(st.one_of(st.binary(max_size=200), SIZES.map(lambda size: b"\x5a" * size)))


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@given(PIECES)
def test_pieces_of_any_size(pieces: list[bytes]) -> None:
    hashing = sha256.Sha256()
    content = b""
    for piece in pieces:
        hashing.update(piece)
        content += piece
        assert hashing.hexdigest() == digest_of(content)


@given(PIECES, PIECES, PIECES, PIECES)
def test_two_hashes_of_the_same_bytes(
    first: list[bytes], second: list[bytes], common: list[bytes], rest: list[bytes]
) -> None:
    one, other = sha256.Sha256(), sha256.Sha256()
    for piece in first:
        one.update(piece)
    for piece in second:
        other.update(piece)
    for piece in common:
        sha256.update_both(one, other, piece)
    for piece in rest:
        other.update(piece)
    assert one.hexdigest() == digest_of(b"".join([*first, *common]))
    assert other.hexdigest() == digest_of(b"".join([*second, *common, *rest]))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes(kind: type[bytes | bytearray | memoryview]) -> None:
    hashing, other = sha256.Sha256(), sha256.Sha256()
    hashing.update(kind(b"abc"))
    sha256.update_both(hashing, other, kind(b"def"))
    assert (hashing.hexdigest(), other.hexdigest()) == (digest_of(b"abcdef"), digest_of(b"def"))


def test_more_than_four_gigabits() -> None:
    piece = b"x" * (1 << 26)
    hashing, expected = sha256.Sha256(), hashlib.sha256()
    for _ in range(9):
        hashing.update(piece)
        expected.update(piece)
    assert hashing.hexdigest() == expected.hexdigest()


def test_what_is_no_bytes_is_refused() -> None:
    one, other = sha256.Sha256(), sha256.Sha256()
    wrong: list[object] = ["text", 1, None, memoryview(b"abcd")[::2]]
    for data in wrong:
        with pytest.raises((TypeError, BufferError)):
            one.update(data)  # type: ignore[arg-type]
        with pytest.raises((TypeError, BufferError)):
            sha256.update_both(one, other, data)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        sha256.update_both(one, hashlib.sha256(), b"")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        sha256.Sha256(b"")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="the same hash"):
        sha256.update_both(one, one, b"x")
    assert one.hexdigest() == other.hexdigest() == digest_of(b"")


def test_threads_never_update_one_hash_at_once() -> None:
    one, other = sha256.Sha256(), sha256.Sha256()
    piece = bytes(LARGE)
    counts = [0, 0]

    def update(number: int) -> None:
        for _ in range(100):
            try:
                sha256.update_both(one, other, piece)
            except RuntimeError:
                continue
            counts[number] += 1

    threads = [Thread(target=update, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = digest_of(bytes(LARGE * sum(counts)))
    assert one.hexdigest() == other.hexdigest() == expected


def test_a_hash_that_is_refused_is_usable() -> None:
    one, other = sha256.Sha256(), sha256.Sha256()
    with pytest.raises(TypeError):
        one.update("x")  # type: ignore[arg-type]
    sha256.update_both(one, other, b"x" * BLOCK)
    assert one.hexdigest() == digest_of(b"x" * BLOCK)
