"""The page about signatures shows what the commands print, on what cosign and notation wrote."""

from __future__ import annotations

import contextlib
import io
import os
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from checker.settings import load_settings
from checker.testing.archive import build
from tests.docs.test_docs import blocks
from tests.docs.test_transcripts import BLOCK, DOCS, ran
from tests.signing.samples import KEYS, SAMPLES, layout
from tests.signing.signers import private_key, public_pem

PAGE = DOCS / "signatures.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with the files of the page."""
    tmp_path.joinpath("app.tar").write_bytes(layout("release").tar())
    tmp_path.joinpath("unsigned.tar").write_bytes(build("oci-archive").tar())
    for name in ("cosign.pub", "root.pem"):
        tmp_path.joinpath(name).write_text(KEYS[name], "utf-8")
    key = private_key("p256", "of the page")
    tmp_path.joinpath("other.pub").write_bytes(public_pem(key))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    tmp_path.joinpath("cosign.key").write_bytes(pem)
    return tmp_path


def test_sessions_print_what_the_page_says(folder: Path) -> None:
    text = PAGE.read_text("utf-8")
    sessions = BLOCK.findall(text)
    assert len(sessions) == 4
    printed = ["".join(ran(session, folder)) for session in sessions]
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS") == "1":
        for session, now in zip(sessions, printed, strict=True):
            text = text.replace(session, now)
        PAGE.write_text(text, "utf-8")
        sessions = printed
    assert printed == sessions


def test_the_settings_are_taken() -> None:
    (text,) = blocks(PAGE, "toml")
    settings = load_settings(tomllib.loads(text))
    assert settings.verify_keys == ("cosign.pub", "release-ca.pem")


def test_the_program_prints_what_was_verified(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (program,) = blocks(PAGE, "python")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(program, str(PAGE), "exec"), {})  # the page, as written
    assert sorted(printed.getvalue().splitlines()) == [
        "attestation dsse verified SPDX 2.3",
        "attestation dsse verified https://ci.example.org/builder",
        "signature cosign verified ",
        "signature notation-cose verified ",
    ]


def test_the_page_names_what_the_samples_were_made_with() -> None:
    words = " ".join(PAGE.read_text("utf-8").split())
    assert SAMPLES["made_with"].startswith("cosign 2.6.5 and notation 1.3.2")
    assert "cosign 2.6.5" in words
    assert "notation 1.3.2" in words
