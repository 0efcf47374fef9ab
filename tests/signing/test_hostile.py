"""No content of an envelope is an exception, or verifies without its signature."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.signatures import Signature, State
from checker.plugins import load_plugins
from checker.session import Session
from checker.settings import load_settings
from checker.signing.keys import VerifyKey, read_keys
from checker.signing.verify import verify
from checker.testing.image import encode_json
from tests.effort import examples
from tests.signing import signers
from tests.signing.signers import (
    NOW,
    Artifact,
    private_key,
    with_signatures,
    write_certificate,
    write_key,
)

KEY = private_key("p256")
SIGNER = signers.issued(signers.authority(), "build.example.org")
SAMPLES: Mapping[str, Artifact] = {
    "cosign": signers.cosign(KEY),
    "dsse": signers.attestation(KEY),
    "bundle": signers.signed_bundle(KEY),
    "message": signers.message_bundle(KEY),
    "jws": signers.jws(SIGNER),
    "cose": signers.cose(SIGNER),
}
JSON_SAMPLES = [name for name in SAMPLES if name != "cose"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from(["eA==", "e30", "", "MAA=", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
CBOR = st.recursive(
    st.none().map(lambda _: b"\xf6")
    | st.integers(-(2**63), 2**64 - 1).map(signers.cbor)
    | st.binary(max_size=9).map(signers.cbor)
    | st.text(max_size=9).map(signers.cbor)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: bytes([0x80 | len(items)]) + b"".join(items))
        | inner.map(lambda item: b"\xd2" + item)
    ),
    max_leaves=6,
)
SESSION = Session(load_settings({}), plugins=load_plugins())


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[VerifyKey, ...]:
    folder: Path = tmp_path_factory.mktemp("keys")
    return read_keys([write_key(folder, KEY), write_certificate(folder, SIGNER.root)])


def verified(artifact: Artifact, keys: tuple[VerifyKey, ...]) -> list[Signature]:
    archive = SESSION.read(io.BytesIO(with_signatures(artifact).tar()))
    assert archive.crashes == ()
    return list(verify(archive, keys, NOW))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_verify(name: str, keys: tuple[VerifyKey, ...]) -> None:
    assert [each.state for each in verified(SAMPLES[name], keys)] == [State.VERIFIED]


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_no_change_of_a_byte_verifies(
    keys: tuple[VerifyKey, ...], name: str, data: st.DataObject
) -> None:
    content = bytearray(signers.content_of(SAMPLES[name]))
    position = data.draw(st.integers(0, len(content) - 1))
    old, new = content[position], data.draw(st.integers(0, 255))
    content[position] = new
    changed = signers.with_content(SAMPLES[name], bytes(content))
    for found in verified(changed, keys):
        # What is beside the signature may change, and padding of base64 has spare bits.
        if found.is_verified and old != new and name == "cosign":
            raise AssertionError(position)
        assert found.digest is not None


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(JSON_SAMPLES), st.data())
def test_no_value_of_an_envelope_is_an_exception(
    keys: tuple[VerifyKey, ...], name: str, data: st.DataObject
) -> None:
    document: Any = json.loads(signers.content_of(SAMPLES[name]))
    place = document
    while True:
        steps = list(place) if isinstance(place, dict) else list(range(len(place)))
        step = data.draw(st.sampled_from(steps))
        inner = place[step]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[step] = data.draw(VALUES)
    changed = signers.with_content(SAMPLES[name], json.dumps(document).encode())
    assert len(verified(changed, keys)) <= 1


@settings(max_examples=examples(200), deadline=None)
@given(CBOR)
def test_no_cbor_is_an_exception(keys: tuple[VerifyKey, ...], content: bytes) -> None:
    artifact = signers.notary_artifact("application/cose", b"\xd2\x84" + content)
    (found,) = verified(artifact, keys)
    assert found.state is State.INVALID


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from(["jws", "cose"]), st.lists(st.binary(max_size=60), max_size=3))
def test_no_certificate_is_an_exception(
    keys: tuple[VerifyKey, ...], name: str, chain: list[bytes]
) -> None:
    if name == "jws":
        header = {"x5c": [signers.base64(each) for each in chain]}
        artifact = signers.changed_json(SAMPLES["jws"], header=header)
    else:
        parts = [b"", {33: chain}, signers.notary_payload(), b"x"]
        content = signers.cbor(signers.Tag(18, parts))
        artifact = signers.notary_artifact("application/cose", content)
    (found,) = verified(artifact, keys)
    assert found.state is State.INVALID


def test_payloads_of_many_values_are_not_parsed(keys: tuple[VerifyKey, ...]) -> None:
    payload = signers.base64(b"[" + b"[]," * 1_100_000 + b"[]]")
    value = {"payload": payload, "signatures": [{"sig": "eA=="}]}
    (found,) = verified(signers.with_content(SAMPLES["dsse"], encode_json(value)), keys)
    assert "more values than the limit json_values allows" in found.reason


def test_many_signatures_take_a_bounded_time(keys: tuple[VerifyKey, ...]) -> None:
    signatures = [{"sig": signers.base64(signers.sign(KEY, b"x"))}] * 16
    value = {**json.loads(signers.content_of(SAMPLES["dsse"])), "signatures": signatures}
    artifact = signers.with_content(SAMPLES["dsse"], encode_json(value))
    layers = artifact["layers"] * 900
    began = time.process_time()
    found = verified({**artifact, "layers": layers}, keys * 8)
    assert time.process_time() - began < 20
    assert {each.state for each in found} == {State.INVALID, State.NOT_VERIFIABLE}


def test_signatures_beyond_the_limit_are_told() -> None:
    layers = SAMPLES["cosign"]["layers"] * 30
    session = Session(load_settings({"limits": {"signatures": 20}}), plugins=load_plugins())
    data = with_signatures({**SAMPLES["cosign"], "layers": layers}).tar()
    archive = session.read(io.BytesIO(data))
    assert len(archive.attached) == 20
    assert [reached.limit for reached in archive.limits] == ["signatures"]


def test_large_content_is_not_read_again_and_again() -> None:
    artifact = signers.changed_json(SAMPLES["dsse"], padding="x" * 400_000)
    layers = artifact["layers"] * 30
    session = Session(load_settings({"limits": {"json_bytes": 2_000_000}}), plugins=load_plugins())
    archive = session.read(io.BytesIO(with_signatures({**artifact, "layers": layers}).tar()))
    assert len(archive.attached) == 9
    assert [reached.limit for reached in archive.limits] == ["json_bytes"]
