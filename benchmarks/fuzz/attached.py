"""The fuzz target for signatures, attestations and SBOMs: one layer of any of their types.

The first byte chooses the type. What is read is verified with a key as well, so that no envelope
reaches the library in a way that fails; nothing that is made up may verify.
"""

from __future__ import annotations

import io
import tempfile
from base64 import b64encode
from collections.abc import Iterable
from functools import cache

from benchmarks.fuzz.running import FoundError, session
from checker.model.attached import FORMS
from checker.signing.keys import VerifyKey, read_keys
from checker.signing.verify import verify
from checker.testing.archive import build
from checker.testing.artifacts import with_artifacts
from checker.testing.image import encode_json

_TYPES = sorted(FORMS)
_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
"""


def attached(data: bytes) -> None:
    """A layer of a signature, an attestation or an SBOM."""
    layout = build("oci-archive")
    kind = _TYPES[data[0] % len(_TYPES)] if data else _TYPES[0]
    layer = {
        "type": kind,
        "hex": data[1:].hex(),
        "annotations": {"dev.cosignproject.cosign/signature": b64encode(data[-64:]).decode()},
    }
    subject = layout.names["manifest.digest"]
    archive = with_artifacts(layout, [{"type": kind, "subject": subject, "layers": [layer]}])
    read = session().read(io.BytesIO(archive.tar()))
    if read.crashes:
        raise FoundError(read.crashes[0])
    for found in verify(read, _keys()):
        if found.is_verified or found.reason.startswith("it cannot be verified: "):
            raise FoundError(f"{found.state}: {found.reason}")


@cache
def _keys() -> tuple[VerifyKey, ...]:
    with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
        file.write(_KEY)
        file.flush()
        return read_keys([file.name])


def seeds() -> Iterable[bytes]:
    """Small contents of each type."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"digest": {"sha256": "0" * 64}}],
        "predicate": {"runDetails": {"builder": {"id": "x"}}},
    }
    payload = b64encode(encode_json(statement)).decode()
    envelope = {"payloadType": "application/vnd.in-toto+json", "payload": payload}
    signed = {**envelope, "signatures": [{"sig": "eA=="}]}
    contents = (
        encode_json(statement),
        encode_json(signed),
        encode_json({"dsseEnvelope": signed, "verificationMaterial": {"publicKey": {}}}),
        encode_json({"payload": payload, "protected": "e30", "signature": "eA"}),
        encode_json({"spdxVersion": "SPDX-2.3", "packages": [{}]}),
        encode_json({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}),
        b"\xd2\x84\x43\xa1\x01\x26\xa1\x18\x21\x81\x41\x30\x42{}\x41x",
    )
    for number, _ in enumerate(_TYPES):
        for content in contents:
            yield bytes([number]) + content
