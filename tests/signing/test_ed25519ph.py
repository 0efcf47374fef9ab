"""Ed25519ph verifies as RFC 8032 says."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.signing.ed25519ph import is_signed
from tests.effort import examples

# RFC 8032, section 7.3.
KEY = bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
SIGNATURE = bytes.fromhex(
    "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
    "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
)
DIGEST = hashlib.sha512(b"abc").digest()
ORDER = 2**252 + 27742317777372353535851937790883648493


def test_the_example_of_the_specification() -> None:
    assert is_signed(KEY, SIGNATURE, DIGEST)


@pytest.mark.parametrize("part", ["key", "signature", "digest"])
@pytest.mark.parametrize("position", [0, 31, -1])
def test_no_bit_may_change(part: str, position: int) -> None:
    parts = {"key": KEY, "signature": SIGNATURE, "digest": DIGEST}
    changed = bytearray(parts[part])
    changed[position] ^= 1
    parts[part] = bytes(changed)
    assert not is_signed(*parts.values())


def test_a_scalar_that_is_not_reduced_is_refused() -> None:
    scalar = int.from_bytes(SIGNATURE[32:], "little") + ORDER
    assert not is_signed(KEY, SIGNATURE[:32] + scalar.to_bytes(32, "little"), DIGEST)


def test_a_key_of_small_order_signs_nothing() -> None:
    neutral = (1).to_bytes(32, "little")
    assert not is_signed(neutral, neutral + bytes(32), DIGEST)


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=70))
def test_nothing_is_an_exception(key: bytes, signature: bytes) -> None:
    assert not is_signed(key, signature, DIGEST)
    assert not is_signed(key[:32].ljust(32, b"\0"), signature[:64].ljust(64, b"\0"), DIGEST)
