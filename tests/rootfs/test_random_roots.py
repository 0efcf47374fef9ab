"""The rules of root filesystems survive any root, and point at what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.checks.finding import Finding
from checker.session import Session
from checker.testing.archive import docker_archive, rootfs
from checker.testing.elf import elf
from checker.testing.image import Image
from checker.testing.tar import Member
from tests.effort import examples
from tests.sessions import checked_whole, new_session

NAMES = (
    *(
        "bin",
        "sbin",
        "lib",
        "lib64",
        "usr",
        "usr/bin",
        "usr/lib",
        "etc",
        "proc",
        "sys",
        "dev",
        "tmp",
    ),
    *(
        "bin/sh",
        "usr/bin/app",
        "usr/lib/libc.so.6",
        "lib/ld.so",
        "usr/bin/env",
        "run/x",
        "./",
        "a/b",
    ),
    *("etc/passwd", "etc/group", "etc/shadow", "etc/os-release", "etc/resolv.conf", "etc/hosts"),
    *(
        "etc/machine-id",
        "var/run",
        "boot/vmlinuz",
        "lib/modules/6.1/x.ko",
        ".dockerenv",
        "bin/.wh.sh",
    ),
    *(".wh..wh..opq", "usr/.wh.bin", "etc/ssh/ssh_host_rsa_key", "dev/null", "var/lib/dpkg/status"),
)
TARGETS = (
    "",
    "/",
    ".",
    "..",
    "../..",
    "a",
    "usr/bin",
    "/usr/bin",
    "sh",
    "/bin/sh",
    "../../../x",
    "/proc/x",
)
CONTENTS = (
    *(
        b"",
        b"#!/bin/sh\n",
        b"#!/usr/bin/env app\r\n",
        b"#!\n",
        b"root:x:0:0::/:/bin/sh\n",
        b"::::\n:\r\n",
    ),
    *(b"root\nroot::0\n", b'ID=x\nA="\n', b"\xff\xfe:\0:x\n", b"nameserver\nnameserver 1\n"),
    *(elf("amd64", "/lib/ld.so", needed=("libc.so.6", "x/y")), elf("arm64"), elf("386")[:70]),
)
members = st.builds(
    lambda name, kind, mode, target, content, attribute: Member(
        name,
        content if kind == b"0" else b"",
        typeflag=kind,
        mode=mode,
        linkname=target if kind in (b"1", b"2") else "",
        pax={"SCHILY.xattr.security.capability": attribute} if attribute else {},
    ),
    st.sampled_from(NAMES),
    st.sampled_from([b"0", b"0", b"0", b"1", b"2", b"2", b"3", b"5", b"6"]),
    st.sampled_from([0o644, 0o755, 0o777, 0o4755, 0o6777, 0o1777, 0, 0o170000]),
    st.sampled_from(TARGETS),
    st.sampled_from(CONTENTS),
    st.sampled_from(["", "", "", "x", "\1\0\0\2" + "\3" * 16]),
)
words = st.lists(
    st.sampled_from(["app", "sh", "/bin/sh", "-c", "--", "/a/b x", "tini", "", "./sh"])
)
configs = st.fixed_dictionaries(
    {},
    optional={
        "Entrypoint": st.one_of(words, st.none(), st.just("app")),
        "Cmd": st.one_of(words, st.none()),
        "User": st.sampled_from(["", "root", "0:0", "app:x", ":", "\udcff", 7]),
        "WorkingDir": st.sampled_from(["", "/", "usr/../bin/sh/x", "/a/b", "..", None]),
        "Env": st.sampled_from([["PATH="], ["PATH=:bin:/usr/bin/"], [], None, "PATH=x"]),
        "Healthcheck": st.sampled_from([{"Test": ["CMD", "sh"]}, {"Test": ["CMD-SHELL"]}, {}, 1]),
        "Shell": st.one_of(words, st.none()),
        "Labels": st.sampled_from([{}, None, {"ostree.bootable": "1"}]),
    },
)


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session({"select": ["RFS"]})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("roots") / "archive.tar"


def findings_in(session: Session, path: Path) -> tuple[Finding, ...]:
    return checked_whole(session, path).findings


fast = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@fast
@given(layers=st.lists(st.lists(members, max_size=12), max_size=3), config=configs)
def test_images(
    layers: list[list[Member]], config: Mapping[str, Any], session: Session, path: Path
) -> None:
    image = Image(layers=tuple(map(tuple, layers)), config={"config": config})
    path.write_bytes(docker_archive(image).tar())
    for finding in findings_in(session, path):
        if finding.location.layer is not None and finding.location.offset:
            names = {member.name for member in layers[finding.location.layer]}
            assert finding.location.path in {name.strip("./") or "" for name in names} | names


@fast
@given(entries=st.lists(members, max_size=15))
def test_flat_roots(entries: list[Member], session: Session, path: Path) -> None:
    path.write_bytes(rootfs(Image(layers=(tuple(entries),))).tar())
    for finding in findings_in(session, path):
        assert finding.message
