"""Digests, platforms and references."""

from __future__ import annotations

import re

import pytest

from checker.model.names import (
    OLD_REFERENCE,
    Digest,
    InvalidReferenceError,
    Platform,
    digest_error,
    parse_digest,
    parse_reference,
)

SHA256 = "a" * 64
SHA512 = "0" * 128


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"sha256:{SHA256}", Digest("sha256", SHA256)),
        (f"sha384:{'b' * 96}", Digest("sha384", "b" * 96)),
        (f"sha512:{SHA512}", Digest("sha512", SHA512)),
        ("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8",
         Digest("multihash+base58", "QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8")),
        ("sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564",
         Digest("sha256+b64u", "LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564")),
        ("blake3:x", Digest("blake3", "x")),
        (f"sha256:{'A' * 64}", None),
        (f"sha256:{'a' * 63}", None),
        (f"sha256:{'a' * 65}", None),
        (f"sha256:{'g' * 64}", None),
        (f"sha512:{SHA256}", None),
        (f"SHA256:{SHA256}", None),
        (f"sha256:{SHA256}\n", None),
        (f" sha256:{SHA256}", None),
        (SHA256, None),
        ("sha256:", None),
        (":abc", None),
        ("", None),
        ("a++b:c", None),
        ("a+:c", None),
        ("a:b/c", None),
        (None, None),
        (5, None),
    ],
)  # fmt: skip
def test_parse_digest(text: object, expected: Digest | None) -> None:
    assert parse_digest(text) == expected


def test_what_a_digest_says() -> None:
    digest = Digest("sha256", SHA256)
    assert str(digest) == f"sha256:{SHA256}"
    assert digest.blob_path == f"blobs/sha256/{SHA256}"
    assert digest.computable
    assert not Digest("blake3", "x").computable


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        (Platform("linux", "amd64"), "linux/amd64"),
        (Platform("linux", "arm", "v7"), "linux/arm/v7"),
        (Platform("windows", "amd64", None, "10.0.17763.1"), "windows/amd64"),
        (Platform("", ""), "unknown/unknown"),
        (Platform("linux", "", ""), "linux/unknown"),
    ],
)
def test_platform(platform: Platform, expected: str) -> None:
    assert str(platform) == expected


@pytest.mark.parametrize(
    ("text", "domain", "path", "tag", "digest"),
    [
        ("app", "docker.io", "library/app", None, None),
        ("app:1", "docker.io", "library/app", "1", None),
        ("team/app:1.2-rc_3", "docker.io", "team/app", "1.2-rc_3", None),
        ("docker.io/app", "docker.io", "library/app", None, None),
        ("docker.io/library/app:1", "docker.io", "library/app", "1", None),
        ("index.docker.io/team/app", "docker.io", "team/app", None, None),
        ("index.docker.io/app", "docker.io", "library/app", None, None),
        ("localhost/app", "localhost", "app", None, None),
        ("localhost:5000/app:1", "localhost:5000", "app", "1", None),
        ("registry.example.com:5000/a/b/c:v1", "registry.example.com:5000", "a/b/c", "v1", None),
        ("quay.io/a", "quay.io", "a", None, None),
        ("HOST/app", "HOST", "app", None, None),
        ("host:80/app", "host:80", "app", None, None),
        ("127.0.0.1/app", "127.0.0.1", "app", None, None),
        ("[::1]:5000/app", "[::1]:5000", "app", None, None),
        ("a/b", "docker.io", "a/b", None, None),
        ("a.b", "docker.io", "library/a.b", None, None),
        ("a_b__c--d.e", "docker.io", "library/a_b__c--d.e", None, None),
        ("app:_x", "docker.io", "library/app", "_x", None),
        (f"app:{'t' * 128}", "docker.io", "library/app", "t" * 128, None),
        (f"app@sha256:{SHA256}", "docker.io", "library/app", None, f"sha256:{SHA256}"),
        (f"app:1@sha256:{SHA256}", "docker.io", "library/app", "1", f"sha256:{SHA256}"),
        (f"a{SHA256}", "docker.io", f"library/a{SHA256}", None, None),
        (f"{SHA256}:1", "docker.io", f"library/{SHA256}", "1", None),
        (f"{'a/' * 119}bcdefgh", "docker.io", f"{'a/' * 119}bcdefgh", None, None),
        # No domain has an underscore, so all of it is a path; Docker leaves the domain empty.
        ("ex_ample.com/app:1", "", "ex_ample.com/app", "1", None),
    ],
)
def test_good_references(
    text: str, domain: str, path: str, tag: str | None, digest: str | None
) -> None:
    assert tuple(parse_reference(text)) == (domain, path, tag, digest)


MALFORMED = "invalid reference format"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", MALFORMED),
        (":1", MALFORMED),
        ("app:", MALFORMED),
        ("app: 1", MALFORMED),
        ("app:.1", MALFORMED),
        ("app:-1", MALFORMED),
        (f"app:{'t' * 129}", MALFORMED),
        ("app:1:2", MALFORMED),
        ("app:ä", MALFORMED),
        ("app\n", MALFORMED),
        ("-app", MALFORMED),
        ("app-", MALFORMED),
        ("a..b", MALFORMED),
        ("a___b", MALFORMED),
        ("a//b", MALFORMED),
        ("/app", MALFORMED),
        ("app/", MALFORMED),
        ("<none>:<none>", MALFORMED),
        ("a/b$c", MALFORMED),
        ("ex_ample.com:80/app", MALFORMED),
        ("-host.com/app", MALFORMED),
        ("host:port/app", MALFORMED),
        ("app@sha256:abc", MALFORMED),
        (f"app@{SHA256}", MALFORMED),
        ("App", f"{MALFORMED}: repository name (library/App) must be lowercase"),
        ("team/App:1", f"{MALFORMED}: repository name (team/App) must be lowercase"),
        ("quay.io/App:1", f"{MALFORMED}: repository name (App) must be lowercase"),
        (SHA256, f"invalid repository name ({SHA256}), cannot specify 64-byte hexadecimal strings"),
        (f"{'a/' * 124}bcdefghi", "repository name must not be more than 255 characters"),
        (f"{'a' * 300}", "repository name must not be more than 255 characters"),
    ],
)
def test_bad_references_in_the_words_of_docker(text: str, words: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_reference(text)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Host/app:1", f"{MALFORMED}: repository name must be lowercase"),
        ("[::1]:5000/app:1", MALFORMED),
        (f"{'a/' * 119}bcdefghi", "repository name must not be more than 255 characters"),
    ],
)
def test_references_that_the_old_grammar_refuses(text: str, words: str) -> None:
    assert parse_reference(text)
    with pytest.raises(InvalidReferenceError, match=f"^{re.escape(words)}$"):
        parse_reference(text, OLD_REFERENCE)


@pytest.mark.parametrize(
    ("digest", "words"),
    [
        (f"sha256:{SHA256}", None),
        (f"sha256:{SHA256.upper()}", "invalid checksum digest format"),
        (f"sha256:{SHA256}0", "invalid checksum digest length"),
        (f"sha512:{SHA256}", "invalid checksum digest length"),
        ("md5:0123", "unsupported digest algorithm"),
        ("a+b:0123", "unsupported digest algorithm"),
        ("MD5:0123", "invalid checksum digest format"),
        ("md5:", "invalid checksum digest format"),
        ("", "invalid checksum digest format"),
    ],
)
def test_why_a_digest_is_refused(digest: str, words: str | None) -> None:
    assert digest_error(digest) == words


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("docker.io/library/app:1", "app:1"),
        ("docker.io/team/app", "team/app"),
        ("quay.io/team/app:1", "quay.io/team/app:1"),
        ("ex_ample.com/app:1", "ex_ample.com/app:1"),
        (f"app@sha256:{SHA256}", f"app@sha256:{SHA256}"),
    ],
)
def test_familiar(text: str, familiar: str) -> None:
    assert parse_reference(text).familiar == familiar


def test_hostile_reference_is_refused_unread() -> None:
    with pytest.raises(InvalidReferenceError, match="invalid reference format"):
        parse_reference("a/" * 1_000_000 + "a")
