"""What cosign and notation really wrote is read, and verifies with the keys that they used."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checker.model.signatures import Signature, State
from checker.plugins import load_plugins
from checker.session import Session
from checker.settings import load_settings
from checker.signing.keys import read_keys
from checker.signing.verify import verify
from checker.testing.archive import Archive
from tests.signing.samples import KEYS, digest_of, layout

MADE = datetime(2026, 11, 29, 12, tzinfo=UTC)
SAVED = {
    ("cosign", "signature", "cosign.pub"): 1,
    ("cosign", "signature", "ed25519.pub"): 1,
    ("cosign", "signature", "p384.pub"): 1,
    ("cosign", "signature", "rsa.pub"): 1,
    ("dsse", "attestation", "cosign.pub"): 2,
    ("dsse", "attestation", "ed25519.pub"): 1,
    ("dsse", "attestation", "rsa.pub"): 1,
}
EXPECTED = {
    "cosign-save": SAVED,
    "release": {
        ("cosign", "signature", "cosign.pub"): 1,
        ("dsse", "attestation", "cosign.pub"): 2,
        ("notation-cose", "signature", "root.pem"): 1,
    },
    "registry": {
        **SAVED,
        # By a tag, and by a subject.
        ("cosign", "signature", "cosign.pub"): 2,
        ("cosign", "signature", "ed25519.pub"): 2,
        ("cosign", "signature", "p384.pub"): 2,
        ("cosign", "signature", "rsa.pub"): 2,
        ("sigstore-bundle", "attestation", "cosign.pub"): 1,
        ("sigstore-bundle", "signature", "cosign.pub"): 1,
        ("sigstore-bundle", "signature", "ed25519.pub"): 1,
        ("notation-jws", "signature", "root.pem"): 1,
        ("notation-jws", "signature", "self-signed.pem"): 1,
        ("notation-cose", "signature", "root.pem"): 1,
        ("notation-cose", "signature", "self-signed.pem"): 1,
    },
}


def verified(archive: Archive, folder: Path, *names: str) -> list[Signature]:
    for name in names:
        folder.joinpath(name).write_text(KEYS[name], "utf-8")
    found = Session(load_settings({}), plugins=load_plugins()).read(io.BytesIO(archive.tar()))
    assert found.crashes == ()
    return list(verify(found, read_keys([str(folder / name) for name in names]), MADE))


@pytest.mark.parametrize("name", EXPECTED)
def test_all_of_them_verify(name: str, tmp_path: Path) -> None:
    found = verified(layout(name), tmp_path, *KEYS)
    signed = [each for each in found if each.state is not State.UNSIGNED]
    assert [each.reason for each in signed if not each.is_verified] == []
    counts = Counter((each.form, each.use, Path(each.key or "").name) for each in signed)
    assert counts == EXPECTED[name]
    assert {each.subjects for each in found} == {(digest_of(name),)}


@pytest.mark.parametrize("key", KEYS)
def test_none_verifies_with_the_key_of_another(key: str, tmp_path: Path) -> None:
    found = verified(layout("registry"), tmp_path, key)
    expected = {each: count for each, count in EXPECTED["registry"].items() if each[2] == key}
    counts = Counter(
        (each.form, each.use, Path(each.key or "").name) for each in found if each.is_verified
    )
    assert counts == expected


def test_a_signature_with_a_certificate_is_not_verified(tmp_path: Path) -> None:
    (found,) = verified(layout("certificate"), tmp_path, "root.pem", "cosign.pub")
    assert found.state is State.NOT_VERIFIABLE
    assert found.reason.startswith("it is signed with a certificate: who it belongs to and when")


def test_what_the_attestations_say(tmp_path: Path) -> None:
    found = verified(layout("cosign-save"), tmp_path)
    assert sorted((each.builder or "", each.sbom or "") for each in found) == [
        *[("", "")] * 4,
        ("", "CycloneDX 1.6"),
        ("", "SPDX 2.3"),
        *[("https://ci.example.org/builder", "")] * 2,
    ]


def test_no_rule_finds_fault_with_them() -> None:
    rules = ["OCI037", "OCI038", "OCI039", "OCI040", "OCI041", "HYG003"]
    session = Session(load_settings({"select": rules}), plugins=load_plugins())
    for name in EXPECTED:
        assert session.check(io.BytesIO(layout(name).tar())).findings == ()


def test_none_verifies_once_its_image_is_another(tmp_path: Path) -> None:
    archive = layout("registry")
    hexadecimal = digest_of("registry").partition(":")[2]
    members = tuple(
        replace(each, content=each.content.replace(hexadecimal.encode(), b"0" * 64))
        if each.name == "index.json"
        else each
        for each in archive.members
    )
    found = verified(replace(archive, members=members), tmp_path, *KEYS)
    tagged = [each for each in found if each.form == "dsse"]
    assert {each.state for each in tagged} == {State.INVALID}
