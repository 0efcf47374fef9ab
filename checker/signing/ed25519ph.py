"""Ed25519ph, by which cosign 2.2 and later sign: Ed25519 of the SHA-512 digest of a message.

The library that verifies everything else does not have it. Nothing here is secret, so that the time
that it takes tells nothing.

Source: RFC 8032, sections 5.1 and 6.
"""

from __future__ import annotations

import hashlib

from checker.records import NamedTuple

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_SIZE = 32
# RFC 8032, section 2, "dom2", with the flag of the prehashed form and no context.
_DOMAIN = b"SigEd25519 no Ed25519 collisions\x01\x00"


class _Point(NamedTuple):
    """A point in extended homogeneous coordinates (RFC 8032, section 5.1.4)."""

    x: int
    y: int
    z: int
    t: int


_NEUTRAL = _Point(0, 1, 1, 0)


def is_signed(public_key: bytes, signature: bytes, digest: bytes) -> bool:
    """Whether a signature is right.

    Args:
        public_key: The 32 bytes of the key.
        signature: The 64 bytes of the signature.
        digest: The SHA-512 digest of the message.
    """
    if len(public_key) != _SIZE or len(signature) != 2 * _SIZE:
        return False
    key, commitment = _decompressed(public_key), _decompressed(signature[:_SIZE])
    scalar = int.from_bytes(signature[_SIZE:], "little")
    if key is None or commitment is None or scalar >= _ORDER or _is_small(key):
        return False
    hashed = hashlib.sha512(_DOMAIN + signature[:_SIZE] + public_key + digest).digest()
    challenge = int.from_bytes(hashed, "little") % _ORDER
    right = _added(commitment, _multiplied(challenge, key))
    return _is_same(_multiplied(scalar, _BASE), right)


def _added(one: _Point, other: _Point) -> _Point:
    a = (one.y - one.x) * (other.y - other.x) % _P
    b = (one.y + one.x) * (other.y + other.x) % _P
    c = 2 * one.t * other.t * _D % _P
    d = 2 * one.z * other.z % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return _Point(e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _multiplied(number: int, point: _Point) -> _Point:
    found = _NEUTRAL
    while number:
        if number & 1:
            found = _added(found, point)
        point = _added(point, point)
        number >>= 1
    return found


def _is_same(one: _Point, other: _Point) -> bool:
    same_x = (one.x * other.z - other.x * one.z) % _P == 0
    return same_x and (one.y * other.z - other.y * one.z) % _P == 0


def _is_small(point: _Point) -> bool:
    """Whether a point has an order of 8 or less: such a key makes signatures of any message."""
    return _is_same(_multiplied(8, point), _NEUTRAL)


def _decompressed(encoded: bytes) -> _Point | None:
    """The point of an encoding (RFC 8032, section 5.1.3); None if there is none."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return _Point(x, y, 1, x * y % _P)


_Y = 4 * pow(5, -1, _P) % _P
_BASE = _decompressed(_Y.to_bytes(_SIZE, "little")) or _NEUTRAL
