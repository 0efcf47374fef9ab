"""Hosts as settings name them (``checker.hosts``)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import CheckerError, Host, Storage
from checker.checks.platforms import ARCHITECTURES, OPERATING_SYSTEMS, VARIANTS
from checker.hosts import parse_host

PLATFORMS = st.sampled_from(
    [
        *(f"{os}/{architecture}" for os in OPERATING_SYSTEMS for architecture in ARCHITECTURES),
        *(f"linux/{name}/{variant}" for name, known in VARIANTS.items() for variant in known),
    ]
)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("linux/amd64", Host()),
        ("windows/amd64", Host("windows")),
        ("linux/arm/v6", Host("linux", "arm", "v6")),
        ("linux/arm64/v9.2", Host("linux", "arm64", "v9.2")),
        ("linux/amd64,storage=vfs", Host(storage=Storage.VFS)),
        ("linux/amd64,storage=overlay", Host(storage=Storage.OVERLAY)),
        ("linux/amd64,rootless", Host(rootless=True)),
        (
            "linux/arm64,rootless,storage=vfs",
            Host("linux", "arm64", "", Storage.VFS, rootless=True),
        ),
    ],
)
def test_hosts(text: str, host: Host) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected OS/ARCH[/VARIANT][,storage=overlay|vfs][,rootless]"),
        ("linux", "expected OS/ARCH[/VARIANT][,storage=overlay|vfs][,rootless]"),
        ("linux/", "expected OS/ARCH"),
        ("linux/arm/v7/x", "expected OS/ARCH"),
        ("linux/amd64/", "expected OS/ARCH"),
        ("linux/amd64,x", "unknown key 'x'; choose from: storage, rootless"),
        ("linux/amd64,", "unknown key ''; choose from: storage, rootless"),
        ("linux/amd64,storge=vfs", "choose from: storage, rootless); did you mean 'storage'?"),
        ("linux/amd64,root-less", "did you mean 'rootless'?"),
        ("linux/amd64,storage", "unknown storage driver ''; choose from: overlay, vfs"),
        ("linux/amd64,storage=overlay2", "from: overlay, vfs); did you mean 'overlay'?"),
        ("linux/amd64,storage=vfs,storage=overlay", "storage is given twice"),
        ("linux/amd64,rootless=yes", "rootless takes no value"),
        ("linux/amd46", "unknown architecture 'amd46'); did you mean 'amd64'?"),
        ("linux/x86_64", "unknown architecture 'x86_64'); did you mean 'amd64'?"),
        ("linux/AMD64", "unknown architecture 'AMD64'); did you mean 'amd64'?"),
        ("linus/amd64", "unknown operating system 'linus'); did you mean 'linux'?"),
        ("linux/arm/v9", "unknown variant of arm 'v9'); did you mean 'v"),
        ("linux/s390x/v1", "s390x has no variants"),
        ("windows/amd64,rootless", "only a linux host has a storage driver and rootless engines"),
        ("linux/amd64 ", "did you mean 'amd64'?"),
        (7, "invalid value 7 (expected OS/ARCH"),
        (["linux/amd64"], "expected OS/ARCH"),
    ],
)  # fmt: skip
def test_other_texts_are_refused_with_the_nearest(text: object, says: str) -> None:
    with pytest.raises(CheckerError) as caught:
        parse_host(text)
    assert says in str(caught.value)


@given(PLATFORMS)
def test_a_platform_is_shown_as_it_is_written(text: str) -> None:
    assert str(parse_host(text)) == text


@given(st.text(alphabet="linuxamd64/,=storgevf ", max_size=30))
def test_any_text_is_a_host_or_refused(text: str) -> None:
    try:
        host = parse_host(text)
    except CheckerError:
        return
    assert str(host) == text.partition(",")[0]
