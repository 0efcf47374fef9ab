"""Attestations and signatures of any content are read, and judged by what they say."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.session import Session
from checker.settings import load_settings
from checker.testing.archive import build
from checker.testing.artifacts import with_artifacts
from checker.testing.image import encode_json
from tests.effort import examples
from tests.sessions import new_session

RULES = ("OCI037", "OCI038", "HYG003")
OTHER = "sha256:" + "0" * 64
COSIGN = "application/vnd.dev.cosign.simplesigning.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
TYPES = (
    *("application/vnd.in-toto+json", "application/vnd.dsse.envelope.v1+json", COSIGN, BUNDLE),
    "application/jose+json",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
LAYOUT = build("oci-archive")
DIGEST = LAYOUT.names["manifest.digest"]


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session(load_settings({"select": list(RULES)}))


def statement(digest: str, predicate_type: str = "https://slsa.dev/provenance/v1") -> Any:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": predicate_type,
        "subject": [{"digest": {"sha256": digest.partition(":")[2]}}],
    }


def encoded(value: Any) -> str:
    return b64encode(encode_json(value)).decode()


def envelope(value: Any) -> Any:
    return {"payload": encoded(value), "signatures": [{"sig": "eA=="}]}


def documents(digest: str) -> dict[str, Any]:
    """A sound document of each media type, about a digest."""
    in_toto, dsse, cosign, bundle, jws = TYPES
    signed = statement(digest, "https://sigstore.dev/cosign/sign/v1")
    return {
        in_toto: statement(digest),
        dsse: envelope(statement(digest)),
        cosign: {
            "critical": {
                "image": {"docker-manifest-digest": digest},
                "type": "cosign container image signature",
            }
        },
        bundle: {"dsseEnvelope": envelope(signed)},
        jws: {
            "payload": encoded({"targetArtifact": {"digest": digest}}),
            "protected": encoded({"alg": "ES256"}),
            "signature": "eA",
        },
    }


def found(session: Session, media_type: str, content: bytes) -> list[str]:
    """The rules that report a referrer of the sample image with such a layer."""
    table = {
        "type": "application/vnd.cncf.notary.signature" if "jose" in media_type else media_type,
        "subject": DIGEST,
        "layers": [
            {
                "type": media_type,
                "hex": content.hex(),
                "annotations": {"dev.cosignproject.cosign/signature": "c2ln"},
            }
        ],
    }
    data = with_artifacts(LAYOUT, [table]).tar()
    checked = session.check(io.BytesIO(data))
    assert [result.traceback for result in checked.results if result.traceback] == []
    return [finding.rule for finding in checked.findings]


@pytest.mark.parametrize("media_type", TYPES)
def test_what_is_about_the_image_is_not_reported(session: Session, media_type: str) -> None:
    content = encode_json(documents(DIGEST)[media_type])
    is_signature = media_type in (COSIGN, BUNDLE, "application/jose+json")
    assert found(session, media_type, content) == ([] if is_signature else ["HYG003"])


@pytest.mark.parametrize("media_type", TYPES)
def test_what_is_about_another_image_is_reported(session: Session, media_type: str) -> None:
    content = encode_json(documents(OTHER)[media_type])
    is_signature = media_type in (COSIGN, BUNDLE, "application/jose+json")
    assert sorted(found(session, media_type, content)) == [
        "HYG003",
        "OCI038" if is_signature else "OCI037",
    ]


def test_the_last_of_many_subjects_counts(session: Session) -> None:
    value = statement(OTHER)
    value["subject"] = [*value["subject"] * 5000, *statement(DIGEST)["subject"]]
    assert found(session, TYPES[0], encode_json(value)) == ["HYG003"]


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from(TYPES), st.data())
def test_no_content_crashes(session: Session, media_type: str, data: st.DataObject) -> None:
    document = json.loads(encode_json(documents(DIGEST)[media_type]))
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    value = data.draw(JSON)
    if key == "payload" and data.draw(st.booleans()):
        value = b64encode(json.dumps(value).encode()).decode()
    place[key] = value
    found(session, media_type, json.dumps(document).encode())


@pytest.mark.parametrize("depth", [900, 100_000])
def test_a_payload_that_is_nested_deeply(session: Session, depth: int) -> None:
    payload = b64encode(b"[" * depth + b"]" * depth).decode()
    content = encode_json({"payload": payload, "signatures": [{}]})
    assert "OCI037" in found(session, TYPES[1], content)
