"""A file that is not a tar is identified by its first bytes."""

from __future__ import annotations

import pytest

from checker.checks.lookalike import looks_like


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"PK\x03\x04\x14\x00", "a zip file"),
        (b"\x7fELF\x02\x01\x01", "an ELF executable"),
        (b"\n <!DOCTYPE html><html>", "an HTML page, such as the error or login page of a server"),
        (
            b'{"errors": [{"code": "UNAUTHORIZED"}]}',
            "a JSON document, such as an error message of a registry",
        ),
        (b"\xef\xbb\xbf[1]", "a JSON document, such as an error message of a registry"),
        (
            b"<?xml version='1.0'?><Error/>",
            "an XML document, such as an error message of a storage service",
        ),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\x1f\x8b\x08\x00", "gzip data"),
        ("ustar".encode("utf-16"), "UTF-16 text, as written by PowerShell's > operator"),
        (b"Salted__\x01\x02", "data encrypted with OpenSSL"),
        (bytes(100), "a sequence of zero bytes"),
        (b"hello\tworld\r\n", "text"),
        ("grüße".encode()[:3], "text"),
        (b"", None),
        (b"\x01\x02\x03", None),
        (b"caf\xe9 au lait", None),
    ],
)
def test_first_bytes(head: bytes, words: str | None) -> None:
    found = looks_like(head)
    assert found == words if words is None else (found or "").startswith(words)
