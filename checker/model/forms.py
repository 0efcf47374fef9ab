"""The forms in which signatures, attestations and SBOMs are stored."""

from __future__ import annotations

from enum import StrEnum

COSE_START = b"\xd2\x84"
"""How a COSE_Sign1 message begins: its tag, and an array of four items."""
MOST_COSE_BYTES = 1 << 20
"""Bytes of a COSE signature that is read."""


class Form(StrEnum):
    """The form in which a signature, an attestation or an SBOM is stored."""

    STATEMENT = "in-toto"
    DSSE = "dsse"
    SIMPLE_SIGNING = "cosign"
    BUNDLE = "sigstore-bundle"
    JWS = "notation-jws"
    COSE = "notation-cose"
    SPDX = "spdx"
    CYCLONEDX = "cyclonedx"
