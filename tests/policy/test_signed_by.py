"""``signed-by``: which signatures meet it, what is said of others, and what is wrong with keys."""

from __future__ import annotations

import builtins
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from checker.checks.finding import Finding
from checker.errors import SettingsError
from checker.fleet.job import fingerprint
from checker.plugins import load_plugins
from checker.session import Session
from checker.settings import load_settings, read_settings
from checker.testing.archive import Archive, multi_platform
from checker.testing.image import sample_image
from tests.cli.conftest import Checker
from tests.signing import signers
from tests.signing.signers import (
    DIGEST,
    IMAGE,
    Artifact,
    private_key,
    public_pem,
    with_signatures,
    write_certificate,
    write_key,
)

PLUGINS = load_plugins()
LABEL = "registry.example.org/team/app:1"


def found(
    artifacts: Iterable[Artifact],
    keys: str | Sequence[str],
    archive: Archive = IMAGE,
    **more: Any,
) -> list[Finding]:
    require = {"name": "signed", "signed-by": keys, **more}
    session = Session(load_settings({"require": [require]}, select=["POL"]), plugins=PLUGINS)
    data = with_signatures(*artifacts, archive=archive).tar()
    return list(session.check(io.BytesIO(data)).findings)


def messages(findings: Iterable[Finding]) -> list[str]:
    return [each.message for each in findings]


@pytest.mark.parametrize("make", [signers.cosign, signers.signed_bundle, signers.message_bundle])
def test_a_signature_by_one_of_the_keys_is_enough(make: Any, tmp_path: Path) -> None:
    key = private_key("p256")
    other = write_key(tmp_path, private_key("rsa"), "other.pub")
    own = write_key(tmp_path, key, "own.pub")
    assert found([make(key)], [other, own]) == []
    assert found([make(key)], own) == []
    assert len(found([make(key)], other)) == 1


def test_a_certificate_vouches_for_signatures_of_notation(tmp_path: Path) -> None:
    root = signers.authority()
    plan = signers.CertificatePlan(after=signers.NOW.replace(year=2100))
    signer = signers.issued(root, "build.example.org", plan=plan)
    trusted = tmp_path / "root.pem"
    anchor = signers.certificate("Example Root", root.key, None, plan)
    write_certificate(tmp_path, anchor)
    assert found([signers.jws(signer)], str(trusted)) == []


def test_a_signature_of_the_index_is_one_of_its_images(tmp_path: Path) -> None:
    key = private_key("p256")
    path = write_key(tmp_path, key)
    archive = multi_platform(sample_image(), sample_image("arm64"))
    index = archive.names["index.digest"]
    artifact = signers.cosign(key, digest=index, attached_to=index)
    assert found([artifact], path, archive) == []
    assert len(found([], path, archive)) == 2
    assert len(found([], path, archive, platform="linux/arm64")) == 1


def test_messages_name_image_key_and_why(tmp_path: Path) -> None:
    key, path = private_key("p256"), write_key(tmp_path, private_key("p256", "other"))
    pem = {"dev.sigstore.cosign/certificate": "-----BEGIN CERTIFICATE-----"}
    by_other = f"{LABEL} has 1 signature, but none by {path}: cosign: it "
    assert messages(found([], path)) == [
        f"{LABEL} has no signature in the archive; one by {path} is required"
    ]
    (other,) = messages(found([signers.cosign(key)], path))
    assert other == f"{by_other}does not verify with the given key"
    (keyless,) = messages(found([signers.cosign(key, more=pem)], path))
    assert keyless.startswith(f"{by_other}is signed with a certificate: who it belongs to")
    assert keyless.endswith("cannot be verified offline; use cosign verify")
    (both,) = messages(found([signers.cosign(key), signers.signed_bundle(key)], path))
    assert both.startswith(f"{LABEL} has 2 signatures, but none by {path}: cosign: it does not ")
    assert "; sigstore-bundle: it does not verify with the given key" in both


def test_findings_are_at_the_image_and_say_why_it_is_required(tmp_path: Path) -> None:
    path = write_key(tmp_path, private_key("p256"))
    (finding,) = found([], path, message="only releases are deployed", severity="warning")
    assert finding.message.startswith(f"only releases are deployed: {LABEL} has no signature")
    assert (finding.location.image, finding.location.digest) == (LABEL, DIGEST)
    assert finding.severity == "warning"


@pytest.mark.parametrize("selecting", [{}, {"image": "*/app"}])
def test_an_archive_without_images_is_not_signed(selecting: dict[str, str], tmp_path: Path) -> None:
    """Unless the requirement is for some images."""
    path = write_key(tmp_path, private_key("p256"))
    require = {"name": "signed", "signed-by": path, **selecting}
    session = Session({"require": [require], "select": ["POL"]}, plugins=PLUGINS)
    findings = session.check(io.BytesIO(b"not a tar" * 100)).findings
    expected = [] if selecting else [f"the archive has no image that {path} could have signed"]
    assert messages(findings) == expected


def test_what_was_found_with_another_key_is_not_found_again(tmp_path: Path) -> None:
    """The results of a sweep are kept by this; the file of a key can change."""

    def made() -> str:
        settings = load_settings({"require": [{"name": "signed", "signed-by": path}]})
        return fingerprint(settings, PLUGINS.with_policy(settings.policy))

    path = write_key(tmp_path, private_key("p256"))
    before = made()
    assert made() == before
    write_key(tmp_path, private_key("p384"))
    assert made() != before


# --- bad input


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    return Checker(tmp_path)


def private_pem() -> bytes:
    return private_key("p256").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


BAD_KEYS = {
    "none.pub": (None, "none.pub: cannot be read: No such file or directory"),
    "private.pub": (private_pem(), "private.pub: is a private key; give the public key that"),
    "text.pub": (b"hello", "text.pub: cannot be read as a public key or certificate"),
    "rsa.pub": (
        b"-----BEGIN RSA PARAMETERS-----\nAA==\n-----END RSA PARAMETERS-----\n",
        "rsa.pub: is a PEM file with RSA PARAMETERS, expected PUBLIC KEY or CERTIFICATE",
    ),
    "k256.pub": (
        public_pem(ec.generate_private_key(ec.SECP256K1())),
        "k256.pub: has a key of another kind; supported are ECDSA P-256",
    ),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_bad_key_is_one_line_with_its_place(name: str, checker: Checker, tmp_path: Path) -> None:
    data, message = BAD_KEYS[name]
    if data is not None:
        tmp_path.joinpath(name).write_bytes(data)
    toml = f'[[require]]\nname = "a"\nsigned-by = ["{name}"]\n'
    tmp_path.joinpath("checker.toml").write_text(toml)
    tmp_path.joinpath("app.tar").write_bytes(IMAGE.tar())
    done = checker("check", "app.tar")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"checker: checker.toml:3: require.signed-by: {message}")
    assert len(done.err.splitlines()) == 1


VALUES = [
    ("[]", "must not be an empty list"),
    ("true", "must be a string, found a boolean"),
    ('""', "must not be empty"),
    ('"a\\u0000b"', "must be the name of a file"),
    (str(["k"] * 17), "17 keys are given, at most 16 are possible"),
]


@pytest.mark.parametrize(("value", "message"), VALUES)
def test_a_bad_value_is_refused(value: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "checker.toml"
    path.write_text(f'[[require]]\nname = "a"\nsigned-by = {value}\n')
    with pytest.raises(SettingsError) as caught:
        PLUGINS.with_policy(read_settings(path).policy)
    assert str(caught.value) == f"{path}:3: require.signed-by: {message}"


def test_keys_are_beside_the_file_that_names_them(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    key = private_key("p256")
    write_key(folder, key, "own.pub")
    folder.joinpath("signed.yaml").write_text("require:\n- {name: signed, signed-by: own.pub}\n")
    settings = load_settings({"policy": [str(folder / "signed.yaml")], "select": ["POL"]})
    session = Session(settings, plugins=PLUGINS)
    data = with_signatures(signers.cosign(key)).tar()
    assert session.check(io.BytesIO(data)).findings == ()


def test_without_the_library_the_message_is_that_of_verify_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "cryptography":
            raise ImportError(name)
        return given(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    settings = load_settings({"require": [{"name": "a", "signed-by": "own.pub"}]})
    with pytest.raises(SettingsError) as caught:
        PLUGINS.with_policy(settings.policy)
    assert str(caught.value) == (
        "settings: require.signed-by: verifying signatures needs the library cryptography; "
        "install it with: pip install 'archive-checker[verify]'"
    )
