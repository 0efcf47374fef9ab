"""Signatures verify with the key that made them, and with nothing else."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA384

from checker.checks.finding import Severity
from checker.model.signatures import Signature, State
from checker.plugins import load_plugins
from checker.results import CheckedArchive
from checker.session import Session
from checker.settings import load_settings
from checker.signing.keys import read_keys
from checker.signing.verify import verify
from checker.testing.archive import Archive, build, multi_platform
from checker.testing.image import encode_json, sample_image
from tests.signing import signers
from tests.signing.signers import (
    DIGEST,
    IMAGE,
    KINDS,
    NOW,
    Artifact,
    CertificatePlan,
    PrivateKey,
    Signer,
    private_key,
    with_signatures,
    write_certificate,
    write_key,
)

PLUGINS = load_plugins()
FORMS: dict[str, Callable[[PrivateKey], Artifact]] = {
    "cosign": signers.cosign,
    "dsse": signers.attestation,
    "sigstore-bundle": signers.signed_bundle,
    "message": signers.message_bundle,
}
OTHER = f"sha256:{'0' * 64}"


def verified(
    artifacts: Iterable[Artifact],
    keys: Sequence[str],
    archive: Archive = IMAGE,
    now: dt.datetime = NOW,
) -> list[Signature]:
    """What is found of signatures at some time."""
    session = Session(load_settings({}), plugins=PLUGINS)
    data = with_signatures(*artifacts, archive=archive).tar()
    return list(verify(session.read(io.BytesIO(data)), read_keys(keys), now))


def checked(
    artifacts: Iterable[Artifact], keys: Sequence[str], archive: Archive = IMAGE
) -> CheckedArchive:
    settings = load_settings({"select": ["OCI042", "OCI043"], "verify-key": list(keys)})
    data = with_signatures(*artifacts, archive=archive).tar()
    return Session(settings, plugins=PLUGINS).check(io.BytesIO(data))


def rules(found: CheckedArchive) -> list[str]:
    return sorted(finding.rule for finding in found.findings)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_verifies_what_it_signed(form: str, kind: str, tmp_path: Path) -> None:
    key = private_key(kind)
    path = write_key(tmp_path, key)
    (signature,) = verified([FORMS[form](key)], [path])
    assert (signature.state, signature.key) == (State.VERIFIED, path)
    assert signature.subjects == (DIGEST,)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_another_key_does_not(form: str, kind: str, tmp_path: Path) -> None:
    path = write_key(tmp_path, private_key(kind, "other"))
    (signature,) = verified([FORMS[form](private_key(kind))], [path])
    assert signature.state is State.INVALID
    assert signature.reason == "it does not verify with the given key"


def test_any_of_several_keys_is_enough(tmp_path: Path) -> None:
    keys = [write_key(tmp_path, private_key(kind), f"{kind}.pub") for kind in KINDS]
    (signature,) = verified([signers.cosign(private_key("ed25519"))], keys)
    assert signature.key == keys[-1]


def test_the_hash_of_the_curve_is_taken_too(tmp_path: Path) -> None:
    key = private_key("p384")
    (signature,) = verified([signers.cosign(key, hashed=SHA384())], [write_key(tmp_path, key)])
    assert signature.is_verified


def test_a_changed_payload_is_not_signed(tmp_path: Path) -> None:
    key = private_key("p256")
    signature = signers.cosign(key)
    payload = signers.content_of(signature).replace(b'"optional":null', b'"optional":{}')
    (found,) = verified([signers.with_content(signature, payload)], [write_key(tmp_path, key)])
    assert found.state is State.INVALID


def test_the_signature_of_another_image_says_nothing(tmp_path: Path) -> None:
    key = private_key("p256")
    (found,) = verified([signers.cosign(key, digest=OTHER)], [write_key(tmp_path, key)])
    assert found.state is State.INVALID
    assert found.reason.startswith("it is of sha256:000000000000, but is attached to sha256:")


def test_a_signature_that_is_attached_to_nothing_says_nothing(tmp_path: Path) -> None:
    key = private_key("p256")
    artifact = signers.cosign(key)
    del artifact["annotations"]
    (found,) = verified([artifact], [write_key(tmp_path, key)])
    assert (found.state, found.subjects) == (State.INVALID, ())


def test_the_type_of_the_payload_counts(tmp_path: Path) -> None:
    key = private_key("p256")
    value = signers.envelope(key, signers.statement(), "text/plain")
    artifact = signers.with_content(signers.attestation(key), encode_json(value))
    (found,) = verified([artifact], [write_key(tmp_path, key)])
    assert found.reason.startswith('its payload has the type "text/plain"')


def test_one_of_several_signatures_of_an_envelope_is_enough(tmp_path: Path) -> None:
    key = private_key("p256")
    other = signers.envelope(private_key("rsa"), signers.statement())["signatures"]
    artifact = signers.attestation(key)
    own = json.loads(signers.content_of(artifact))["signatures"]
    (found,) = verified(
        [signers.changed_json(artifact, signatures=[*other, *own])], [write_key(tmp_path, key)]
    )
    assert found.is_verified


def test_signatures_beyond_the_first_are_said_not_to_be_tried(tmp_path: Path) -> None:
    key = private_key("p256")
    artifact = signers.attestation(key)
    own = json.loads(signers.content_of(artifact))["signatures"]
    (found,) = verified(
        [signers.changed_json(artifact, signatures=[{"sig": "eA=="}] * 20 + own)],
        [write_key(tmp_path, key)],
    )
    assert found.state is State.INVALID
    assert found.reason.endswith("; 5 further signatures in it were not tried")


@pytest.mark.parametrize("form", ["cosign", "bundle"])
def test_a_keyless_signature_is_never_passed(form: str, tmp_path: Path) -> None:
    signer = signers.issued(signers.authority(), "somebody")
    root = write_certificate(tmp_path, signer.root)
    pem = "-----BEGIN CERTIFICATE-----"
    if form == "cosign":
        artifact = signers.cosign(signer.key, more={"dev.sigstore.cosign/certificate": pem})
    else:
        value = signers.statement(DIGEST, "https://sigstore.dev/cosign/sign/v1")
        material = {"certificate": {"rawBytes": "MAA="}}
        artifact = signers.bundle({"dsseEnvelope": signers.envelope(signer.key, value)}, material)
    found = checked([artifact], [root])
    assert [(each.rule, each.severity) for each in found.findings] == [
        ("OCI043", Severity.ERROR),
        ("OCI042", Severity.NOTE),
    ]
    assert "cannot be verified offline; use cosign verify" in found.findings[1].message


def test_the_signature_of_the_index_is_one_of_its_images(tmp_path: Path) -> None:
    key = private_key("p256")
    archive = multi_platform(sample_image(), sample_image("arm64"))
    index = archive.names["index.digest"]
    artifact = signers.cosign(key, digest=index, attached_to=index)
    assert rules(checked([artifact], [write_key(tmp_path, key)], archive)) == []
    assert rules(checked([], [write_key(tmp_path, key)], archive)) == ["OCI043", "OCI043"]


@pytest.mark.parametrize("part", ["manifest", "config", "layer0"])
def test_what_was_changed_after_it_was_signed_is_not_signed(part: str, tmp_path: Path) -> None:
    key = private_key("p256")
    path = IMAGE.names[part]
    members = tuple(
        replace(each, content=each.content.replace(b"hi\n", b"ha\n") + b" ")
        if each.name == path
        else each
        for each in IMAGE.members
    )
    found = checked(
        [signers.cosign(key)], [write_key(tmp_path, key)], replace(IMAGE, members=members)
    )
    assert rules(found) == ["OCI043"]
    says = "has no signature" if part == "manifest" else "is signed, but"
    assert says in found.findings[0].message


def test_attestations_do_not_sign_an_image(tmp_path: Path) -> None:
    key = private_key("p256")
    found = checked([signers.attestation(key)], [write_key(tmp_path, key)])
    assert rules(found) == ["OCI043"]
    assert [each.state for each in found.signatures] == [State.VERIFIED]


def test_facts_for_policies(tmp_path: Path) -> None:
    key = private_key("p256")
    built = signers.statement(predicate=signers.provenance("https://ci.example.org"))
    sbom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}
    listed = signers.statement(predicate_type="https://cyclonedx.org/bom", predicate=sbom)
    artifacts = [
        signers.cosign(key),
        signers.attestation(key, built),
        signers.attestation(key, listed),
    ]
    found = verified(artifacts, [write_key(tmp_path, key)])
    assert [(each.use, each.builder, each.sbom, each.is_verified) for each in found] == [
        ("signature", None, None, True),
        ("attestation", "https://ci.example.org", None, True),
        ("attestation", None, "CycloneDX 1.6", True),
    ]


def test_without_keys_nothing_is_said_to_be_verified() -> None:
    statement = {
        "type": "application/vnd.in-toto+json",
        "subject": DIGEST,
        "layers": [{"type": "application/vnd.in-toto+json", "json": signers.statement()}],
    }
    found = verified([signers.cosign(private_key("p256")), statement], [])
    assert [each.state for each in found] == [State.UNCHECKED, State.UNSIGNED]


@pytest.mark.parametrize("kind", ["docker-archive", "rootfs"])
def test_archives_that_cannot_be_signed_do_not_pass(kind: str, tmp_path: Path) -> None:
    key = write_key(tmp_path, private_key("p256"))
    settings = load_settings({"select": ["OCI043"], "verify-key": [key]})
    found = Session(settings, plugins=PLUGINS).check(io.BytesIO(build(kind).tar()))
    assert rules(found) == ["OCI043"]


# --- the Notary Project


@pytest.fixture(scope="module")
def root() -> Signer:
    return signers.authority()


@pytest.mark.parametrize("make", [signers.jws, signers.cose])
@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa"])
def test_a_chain_leads_to_a_trusted_certificate(
    make: Callable[[Signer, str], Artifact], kind: str, root: Signer, tmp_path: Path
) -> None:
    middle = signers.issued(root, "Issuing CA", plan=CertificatePlan(ca=True))
    signer = signers.issued(middle, "build.example.org", kind)
    trusted = [
        write_certificate(tmp_path, certificate, f"{number}.pem")
        for number, certificate in enumerate(signer.chain)
    ]
    for path in trusted:
        (found,) = verified([make(signer, kind)], [path])
        assert (found.state, found.key) == (State.VERIFIED, path)
        assert found.reason == "signed by build.example.org; revocation was not checked"


@pytest.mark.parametrize("make", [signers.jws, signers.cose])
def test_the_chain_may_end_below_the_trusted_certificate(
    make: Callable[[Signer], Artifact], root: Signer, tmp_path: Path
) -> None:
    signer = signers.issued(root, "build.example.org")
    alone = signer._replace(chain=signer.chain[:1])
    (found,) = verified([make(alone)], [write_certificate(tmp_path, root.root)])
    assert found.is_verified


def test_the_key_of_the_signer_is_enough(root: Signer, tmp_path: Path) -> None:
    signer = signers.issued(root, "build.example.org")
    (found,) = verified([signers.jws(signer)], [write_key(tmp_path, signer.key)])
    assert found.is_verified


UNSUITED = {
    "which is not for signing code": CertificatePlan(code_signing=False),
    "which is not for signatures": CertificatePlan(digital_signature=False),
    "is signed with the certificate of a CA": CertificatePlan(ca=True),
    "with a critical extension that is not known": CertificatePlan(critical=True),
    "valid from": CertificatePlan(before=NOW + dt.timedelta(days=1)),
}


@pytest.mark.parametrize("reason", UNSUITED)
def test_certificates_that_are_not_for_signing(reason: str, root: Signer, tmp_path: Path) -> None:
    signer = signers.issued(root, "build.example.org", plan=UNSUITED[reason])
    (found,) = verified([signers.jws(signer)], [write_certificate(tmp_path, root.root)])
    assert found.state is State.INVALID
    assert reason in found.reason


def test_an_expired_certificate_is_said_not_to_be_verified(root: Signer, tmp_path: Path) -> None:
    plan = CertificatePlan(after=NOW - dt.timedelta(hours=1))
    signer = signers.issued(root, "build.example.org", plan=plan)
    (found,) = verified([signers.cose(signer)], [write_certificate(tmp_path, root.root)])
    assert found.state is State.NOT_VERIFIABLE
    assert "which expired on 2025-12-31; that it was signed before is not" in found.reason


def test_an_authority_of_the_same_name_is_not_trusted(root: Signer, tmp_path: Path) -> None:
    other = Signer(
        private_key("p256", "impostor"),
        (
            signers.certificate(
                "Example Root", private_key("p256", "impostor"), None, CertificatePlan()
            ),
        ),
    )
    signer = signers.issued(other, "build.example.org")
    (found,) = verified([signers.jws(signer)], [write_certificate(tmp_path, root.root)])
    assert (
        found.reason == "it is signed by build.example.org, which no given certificate vouches for"
    )


def test_a_signer_cannot_issue_certificates(root: Signer, tmp_path: Path) -> None:
    signer = signers.issued(root, "build.example.org")
    below = signers.issued(signer, "evil.example.org")
    (found,) = verified([signers.jws(below)], [write_certificate(tmp_path, root.root)])
    assert found.reason == "it has a chain of certificates that is broken"


def test_a_chain_of_other_certificates_is_broken(root: Signer, tmp_path: Path) -> None:
    signer = signers.issued(signers.authority("Other Root"), "build.example.org")
    swapped = signer._replace(chain=(signer.chain[0], root.root))
    (found,) = verified([signers.jws(swapped)], [write_certificate(tmp_path, root.root)])
    assert found.state is State.INVALID


HEADERS: dict[str, dict[str, object]] = {
    "it expired on 2025-12-31": {"io.cncf.notary.expiry": "2025-12-31T00:00:00Z"},
    "its expiry is not a time": {"io.cncf.notary.expiry": "soon"},
    "a critical header that is not known: b64": {"crit": ["b64"]},
    "its payload has the type text/plain": {"cty": "text/plain"},
    "its signing scheme is not known: none": {"io.cncf.notary.signingScheme": None},
    "its content does not match its signature": {"alg": "ES384"},
}


@pytest.mark.parametrize("reason", HEADERS)
def test_headers_that_must_be_refused(reason: str, root: Signer, tmp_path: Path) -> None:
    signer = signers.issued(root, "build.example.org")
    artifact = signers.jws(signer, headers=HEADERS[reason])
    (found,) = verified([artifact], [write_certificate(tmp_path, root.root)])
    assert found.state is State.INVALID
    assert reason in found.reason


COSE_HEADERS: dict[str, dict[int | str, object]] = {
    "it expired on 2025-12-31": {"io.cncf.notary.expiry": signers.Tag(1, 1767139200)},
    "its expiry is not a time": {"io.cncf.notary.expiry": "soon"},
    "a critical header that is not known: 99": {2: [99]},
    "its payload has the type none": {3: 7},
    "its content does not match its signature": {1: -257},
}


@pytest.mark.parametrize("reason", COSE_HEADERS)
def test_headers_of_cose_that_must_be_refused(reason: str, root: Signer, tmp_path: Path) -> None:
    signer = signers.issued(root, "build.example.org")
    artifact = signers.cose(signer, headers=COSE_HEADERS[reason])
    (found,) = verified([artifact], [write_certificate(tmp_path, root.root)])
    assert found.state is State.INVALID
    assert reason in found.reason


def test_a_signature_that_has_not_expired(root: Signer, tmp_path: Path) -> None:
    signer = signers.issued(root, "build.example.org")
    later = (NOW + dt.timedelta(days=1)).isoformat()
    artifacts = [
        signers.jws(signer, headers={"io.cncf.notary.expiry": later}),
        signers.cose(signer, headers={"io.cncf.notary.expiry": signers.Tag(1, 1798675200)}),
    ]
    found = verified(artifacts, [write_certificate(tmp_path, root.root)])
    assert [each.state for each in found] == [State.VERIFIED, State.VERIFIED]


def test_a_bare_key_and_a_certificate_do_not_stand_for_each_other(
    root: Signer, tmp_path: Path
) -> None:
    signer = signers.issued(root, "build.example.org")
    certificate = write_certificate(tmp_path, root.root)
    (cosign,) = verified([signers.cosign(signer.key)], [certificate])
    assert cosign.reason == "it is made with a key, and only certificates were given"
    (notation,) = verified([signers.jws(signer)], [write_key(tmp_path, private_key("rsa"))])
    assert notation.reason == "the key in its certificate is none of the given ones"
