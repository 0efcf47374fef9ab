"""Keys that cannot be used are one line that names the file, and exit code 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa, x448
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from checker.errors import SettingsError
from checker.signing.keys import MOST_KEYS, read_keys
from tests.signing import signers
from tests.signing.signers import IMAGE, KINDS, private_key, public_pem, write_key


def pem(key: dsa.DSAPublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(*, encrypted: bool) -> bytes:
    protection = BestAvailableEncryption(b"secret") if encrypted else NoEncryption()
    return private_key("p256").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


UNSUITED = {
    "is a private key": private_pem(encrypted=False),
    "is a private key; give the public key": private_pem(encrypted=True),
    "belongs to it": b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nx\n-----END",
    "cannot be read as a public key or certificate": b"not a key",
    "cannot be read as": b"",
    "read as a public key": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "or certificate": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "is a PEM file with PGP": b"-----BEGIN PGP SIGNATURE-----\n",
    "has 2 keys; use a file for each": public_pem(private_key("p256")) * 2,
    "has a key of another kind": pem(ec.generate_private_key(ec.SECP256K1()).public_key()),
    "of 2048 to 8192 bits": pem(rsa.generate_private_key(65537, 1024).public_key()),
    "supported are ECDSA": pem(dsa.generate_private_key(1024).public_key()),
    "another kind; supported": x448.X448PrivateKey.generate()
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "has more than 1048576 bytes": bytes(1_048_577),
}


@pytest.mark.parametrize("reason", UNSUITED)
def test_what_is_not_a_key_to_verify_with(reason: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(UNSUITED[reason])
    with pytest.raises(SettingsError) as caught:
        read_keys([str(path)])
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_keys_in_both_encodings(kind: str, encoding: Encoding, tmp_path: Path) -> None:
    key = private_key(kind).public_key()
    path = tmp_path / "key"
    path.write_bytes(key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))
    (found,) = read_keys([str(path)])
    assert found.key == key


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_certificates_in_both_encodings(encoding: Encoding, tmp_path: Path) -> None:
    path = tmp_path / "root"
    root = signers.authority().root
    path.write_bytes(root.public_bytes(encoding))
    (found,) = read_keys([str(path)])
    assert found.certificates == (root,)


def test_a_file_with_several_certificates(tmp_path: Path) -> None:
    roots = [signers.authority(name).root for name in ("one", "two")]
    path = tmp_path / "roots.pem"
    path.write_bytes(b"".join(root.public_bytes(Encoding.PEM) for root in roots))
    assert read_keys([str(path)])[0].certificates == tuple(roots)
    path.write_bytes(roots[0].public_bytes(Encoding.PEM) * (MOST_KEYS + 1))
    with pytest.raises(SettingsError, match="has 17 certificates, at most 16 are possible"):
        read_keys([str(path)])


def test_no_more_keys_than_are_tried(tmp_path: Path) -> None:
    path = write_key(tmp_path, private_key("p256"))
    with pytest.raises(SettingsError, match="17 keys are given, at most 16 are possible"):
        read_keys([path] * 17)


# --- the command line


@pytest.fixture
def archive(tmp_path: Path) -> str:
    path = tmp_path / "app.tar"
    path.write_bytes(signers.with_signatures(signers.cosign(private_key("p256"))).tar())
    return str(path)


def run(*arguments: str, before: str = "", cwd: Path | None = None) -> tuple[int, str, str]:
    program = f"import sys\n{before}\nfrom checker.cli import start\nstart()"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_missing_file_is_one_line(command: str, archive: str) -> None:
    code, _, error = run(command, archive, "--verify-key", "no.pub")
    assert (code, error) == (
        2,
        "checker: --verify-key: no.pub: cannot be read: No such file or directory\n",
    )


def test_a_missing_library_is_one_line(archive: str, tmp_path: Path) -> None:
    key = write_key(tmp_path, private_key("p256"))
    missing = "sys.modules['cryptography'] = None"
    code, _, error = run("check", archive, "--verify-key", key, before=missing)
    assert (code, error) == (
        2,
        (
            "checker: --verify-key: verifying signatures needs the library cryptography; install "
            "it with: pip install 'archive-checker[verify]'\n"
        ),
    )


def test_without_keys_the_library_is_not_needed(archive: str) -> None:
    code, printed, _ = run("show", archive, before="sys.modules['cryptography'] = None")
    assert code == 0
    assert "unchecked: cosign signature" in printed


def test_the_key_of_a_settings_file_is_beside_it(archive: str, tmp_path: Path) -> None:
    folder = tmp_path / "settings"
    folder.mkdir()
    write_key(folder, private_key("p256"))
    settings = folder / "checker.toml"
    settings.write_text('select = ["OCI043"]\nverify-key = ["cosign.pub"]\n')
    code, printed, _ = run("check", archive, "--config", "settings/checker.toml", cwd=tmp_path)
    assert code == 0
    assert "1 signature verified with settings/cosign.pub" in printed


def test_an_error_in_a_settings_file_has_its_line(archive: str, tmp_path: Path) -> None:
    settings = tmp_path / "checker.toml"
    settings.write_text('select = ["OCI043"]\nverify-key = ["no.pub"]\n')
    code, _, error = run("check", archive, "--config", str(settings))
    assert code == 2
    assert error.startswith(f"checker: {settings}:2: verify-key: {tmp_path}/no.pub: cannot be read")


def test_the_command_line_replaces_the_keys_of_the_file(archive: str, tmp_path: Path) -> None:
    key = write_key(tmp_path, private_key("p256"))
    settings = tmp_path / "checker.toml"
    settings.write_text('select = ["OCI043"]\nverify-key = ["no.pub"]\n')
    assert run("check", archive, "--config", str(settings), "--verify-key", key)[0] == 0


def test_a_section_has_keys_of_its_own(archive: str, tmp_path: Path) -> None:
    write_key(tmp_path, private_key("p256"))
    write_key(tmp_path, private_key("p256", "other"), "other.pub")
    settings = tmp_path / "checker.toml"
    settings.write_text(
        'select = ["OCI043"]\nverify-key = ["other.pub"]\n'
        '[[archive]]\npath = "app.tar"\nverify-key = ["cosign.pub"]\n'
    )
    assert run("check", archive, "--config", str(settings))[0] == 0


@pytest.mark.parametrize("command", ["classify", "compare"])
def test_other_commands_do_not_read_the_keys_of_the_file(
    command: str, archive: str, tmp_path: Path
) -> None:
    settings = tmp_path / "checker.toml"
    settings.write_text('verify-key = ["no.pub"]\n')
    paths = [archive] * (2 if command == "compare" else 1)
    assert run(command, *paths, "--config", str(settings))[0] == 0


def test_the_image_of_an_unsigned_archive_fails(tmp_path: Path) -> None:
    key = write_key(tmp_path, private_key("p256"))
    path = tmp_path / "app.tar"
    path.write_bytes(IMAGE.tar())
    code, printed, _ = run("check", str(path), "--select", "OCI04", "--verify-key", key)
    assert code == 1
    assert "has no signature that" in printed
