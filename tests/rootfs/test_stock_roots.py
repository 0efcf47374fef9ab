"""Roots laid out as well-known distributions and tools lay them out get no error and no warning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checker.checks.finding import Finding, Severity
from checker.session import Session
from checker.testing.archive import docker_archive, rootfs
from checker.testing.elf import elf
from checker.testing.image import Image
from checker.testing.tar import Member, directory, file, hardlink, symlink
from tests.sessions import checked_whole, new_session

PASSWD = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/sbin/nologin\napp:x:1000:1000::/:\n"
GROUP = "root:x:0:\ndaemon:x:1:\nshadow:x:42:\napp:x:1000:\n"
SHADOW = "root:*:19700:0:99999:7:::\ndaemon:!:19700:0:99999:7:::\n"
LOADER = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/lib/ld-musl-x86_64.so.1"
CAPABILITY = {"SCHILY.xattr.security.capability": "\1\0\0\2\0\x20" + "\0" * 14}


class Stock(NamedTuple):
    """A root, and what the config of its image says."""

    name: str
    members: tuple[Member, ...]
    config: Mapping[str, Any]
    os: str = "linux"


def program(name: str, *, mode: int = 0o755, loader: str | None = LOADER) -> Member:
    needed = {LOADER: ["libc.so.6"], MUSL: ["libc.musl-x86_64.so.1"]}.get(loader or "", [])
    return file(name, elf("amd64", loader, needed=needed), mode=mode)


def script(name: str, interpreter: str) -> Member:
    return file(name, f"#!{interpreter}\n", mode=0o755)


def folders(*names: str, mode: int = 0o755) -> tuple[Member, ...]:
    return tuple(directory(name, mode=mode) for name in names)


def device(name: str, minor: int) -> Member:
    return Member(name, typeflag=b"3", mode=0o666, devmajor=1, devminor=minor)


ACCOUNTS = (
    file("etc/passwd", PASSWD),
    file("etc/group", GROUP),
    file("etc/shadow", SHADOW, mode=0o640),
    file("etc/gshadow", "root:*::\n", mode=0o640),
)
TEMPORARY = folders("tmp", "var/tmp", mode=0o1777)

DEBIAN = Stock(
    "debian",
    (
        *folders("boot", "dev", "etc", "home", "media", "mnt", "opt", "proc", "run", "srv", "sys"),
        directory("root", mode=0o700),
        *(symlink(name, f"usr/{name}") for name in ("bin", "sbin", "lib", "lib64")),
        *folders("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/local/bin", "var/lib"),
        *folders("var/local", "var/mail", mode=0o2775),
        directory("run/lock", mode=0o1777),
        symlink("var/run", "/run"),
        symlink("var/lock", "/run/lock"),
        symlink("etc/mtab", "/proc/mounts"),
        symlink("etc/os-release", "../usr/lib/os-release"),
        file("usr/lib/os-release", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'),
        symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC"),
        symlink("usr/bin/awk", "/etc/alternatives/awk"),
        symlink("etc/alternatives/awk", "/usr/bin/mawk"),
        symlink("etc/alternatives/awk.1.gz", "/usr/share/man/man1/mawk.1.gz"),
        symlink("usr/bin/X11", "."),
        symlink("usr/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
        program("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", loader=None),
        file("usr/lib/x86_64-linux-gnu/libc.so.6", elf()),
        program("usr/bin/dash"),
        symlink("usr/bin/sh", "dash"),
        program("usr/bin/mawk"),
        program("usr/bin/bash"),
        program("usr/bin/perl"),
        hardlink("usr/bin/perl5.36.0", "usr/bin/perl"),
        script("usr/bin/debconf", "/usr/bin/perl -w"),
        program("usr/bin/su", mode=0o4755),
        program("usr/bin/chage", mode=0o2755),
        Member("usr/bin/ping", elf(), mode=0o755, pax=CAPABILITY),
        file("etc/machine-id", ""),
        file("etc/hostname", "debian\n"),
        file("etc/resolv.conf", "nameserver 10.0.0.2\n"),
        *(
            device(f"dev/{name}", minor)
            for name, minor in (("null", 3), ("zero", 5), ("random", 8))
        ),
        symlink("dev/fd", "/proc/self/fd"),
        directory("dev/shm", mode=0o1777),
        *ACCOUNTS,
        *TEMPORARY,
    ),
    {"Cmd": ["bash"], "Entrypoint": None, "User": ""},
)
ALPINE = Stock(
    "alpine",
    (
        *folders("bin", "dev", "etc", "home", "lib", "media", "mnt", "opt", "proc", "run", "sbin"),
        *folders("srv", "sys", "usr/bin", "usr/lib", "usr/sbin", "var", "var/mail"),
        directory("root", mode=0o700),
        directory("var/empty", mode=0o555),
        program("bin/busybox", loader=MUSL),
        *(symlink(f"bin/{name}", "/bin/busybox") for name in ("sh", "ash", "ls")),
        program("lib/ld-musl-x86_64.so.1", loader=None),
        symlink("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"),
        program("bin/bbsuid", mode=0o4111, loader=MUSL),
        symlink("var/run", "/run"),
        symlink("var/lock", "../run/lock"),
        symlink("etc/mtab", "../proc/mounts"),
        file("etc/os-release", 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1\n'),
        file("lib/apk/db/installed", "P:musl\n"),
        file("etc/hosts", "127.0.0.1\tlocalhost localhost.localdomain\n::1\tlocalhost\n"),
        file("etc/hostname", "localhost\n"),
        script("usr/bin/ldd", "/bin/sh"),
        *ACCOUNTS,
        *TEMPORARY,
    ),
    {"Cmd": ["/bin/sh"], "Entrypoint": None, "User": ""},
)
FEDORA = Stock(
    "fedora",
    (
        *folders("dev", "etc", "home", "media", "mnt", "opt", "run", "srv", "usr/bin", "usr/lib64"),
        *folders("afs", "boot", "proc", "sys", "root", mode=0o555),
        directory("lost+found", mode=0o700),
        *(symlink(name, f"usr/{name}") for name in ("bin", "lib", "lib64")),
        symlink("sbin", "usr/bin"),
        symlink("usr/sbin", "bin"),
        directory("usr/lib"),
        program("usr/bin/bash"),
        symlink("usr/bin/sh", "bash"),
        program("usr/lib64/ld-linux-x86-64.so.2", loader=None),
        file("usr/lib64/libc.so.6", elf(), mode=0o755),
        script("usr/bin/needs-python", "/usr/bin/python3 -s"),
        file(
            "usr/lib/os-release", 'NAME="Fedora Linux"\nID=fedora\nANSI_COLOR="0;38;2;60;110;180"\n'
        ),
        symlink("etc/os-release", "../usr/lib/os-release"),
        symlink("etc/ssl/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
        symlink("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf"),
        file("etc/machine-id", "uninitialized\n"),
        file("etc/passwd", PASSWD),
        file("etc/group", GROUP),
        file("etc/shadow", SHADOW, mode=0),
        file("etc/gshadow", "", mode=0),
        *TEMPORARY,
    ),
    {"Cmd": ["/bin/bash"], "Entrypoint": None, "User": ""},
)
BUSYBOX = Stock(
    "busybox",
    (
        *folders(
            "bin", "dev", "etc", "home", "lib", "root", "usr/bin", "usr/sbin", "var/spool/mail"
        ),
        program("bin/[", loader=None),
        *(
            Member(f"bin/{name}", typeflag=b"1", linkname="bin/[", mode=0o755)
            for name in ("sh", "ls", "env")
        ),
        symlink("lib64", "lib"),
        symlink("usr/bin/env", "../../bin/env"),
        *ACCOUNTS,
        *TEMPORARY,
    ),
    {"Cmd": ["sh"], "Entrypoint": None, "User": ""},
)
DISTROLESS = Stock(
    "distroless",
    (
        *folders(
            "bin", "boot", "dev", "etc", "home", "lib", "proc", "run", "sbin", "sys", "usr/bin"
        ),
        directory("root", mode=0o700),
        Member("home/nonroot/", typeflag=b"5", mode=0o700, uid=65532, gid=65532),
        file("etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532::/:/\n"),
        file("etc/group", "root:x:0:\ntty:x:5:\nnonroot:x:65532:\n"),
        file("etc/nsswitch.conf", "passwd: files\n"),
        file("etc/os-release", 'PRETTY_NAME="Distroless"\nID="debian"\n'),
        file("var/lib/dpkg/status.d/base-files", "Package: base-files\n"),
        symlink("var/run", "/run"),
        program("app", loader=None),
        *TEMPORARY,
    ),
    {"Entrypoint": ["/app"], "User": "nonroot", "WorkingDir": "/home/nonroot"},
)
SCRATCH = Stock("scratch", (program("app", loader=None),), {"Entrypoint": ["/app"], "User": "1000"})
BOOTABLE = Stock(
    "bootable",
    (
        *folders("boot", "dev", "proc", "run", "sys", "sysroot", "usr/bin", "usr/lib", "var"),
        *(symlink(name, f"var/{name}") for name in ("home", "opt", "srv", "mnt")),
        symlink("root", "var/roothome"),
        symlink("ostree", "sysroot/ostree"),
        *(symlink(name, f"usr/{name}") for name in ("bin", "lib")),
        file("usr/lib/modules/6.9.0/vmlinuz", "x", mode=0o755),
        file("usr/lib/os-release", "ID=fedora\n"),
        program("usr/bin/sh", loader=None),
        *ACCOUNTS,
        directory("tmp", mode=0o1777),
    ),
    {"Cmd": ["/sbin/init"], "Entrypoint": ["/usr/bin/sh"], "User": ""},
)
NIX = Stock(
    "nix",
    (
        directory("nix/store", mode=0o1775),
        program("nix/store/abc-bash/bin/bash", loader=None, mode=0o555),
        symlink("bin/sh", "/nix/store/abc-bash/bin/bash"),
        symlink("etc/passwd", "/nix/store/def-etc/passwd"),
        file("nix/store/def-etc/passwd", PASSWD, mode=0o444),
    ),
    {"Cmd": ["/bin/sh"], "Entrypoint": None, "User": "app"},
)
BSD = Stock(
    "freebsd",
    (
        *folders("bin", "dev", "etc", "lib", "libexec", "root", "usr/bin", "usr/lib", "var"),
        symlink("home", "usr/home"),
        symlink("sys", "usr/src/sys"),
        program("bin/sh", loader=None),
        program("libexec/ld-elf.so.1", loader=None),
        file("etc/passwd", "# $FreeBSD$\nroot:*:0:0:Charlie &:/root:/bin/sh\ntoor:*:0:0::/root:\n"),
        file("etc/group", "# $FreeBSD$\nwheel:*:0:root\n"),
        *TEMPORARY,
    ),
    {"Cmd": ["/bin/sh"], "Entrypoint": None, "User": ""},
    "freebsd",
)
WINDOWS = Stock(
    "windows",
    (
        *folders("Files", "Files/Windows", "Hives", "UtilityVM"),
        file("Files/Windows/System32/cmd.exe", "MZ", mode=0o777),
        file("Hives/DefaultUser_Base", "regf", mode=0o666),
    ),
    {"Cmd": ["cmd.exe"], "Entrypoint": None, "User": "ContainerUser", "WorkingDir": "C:\\app"},
    "windows",
)
STOCK = (DEBIAN, ALPINE, FEDORA, BUSYBOX, DISTROLESS, SCRATCH, BOOTABLE, NIX, BSD, WINDOWS)


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session({"select": ["RFS"]})


def grave(session: Session, path: Path) -> tuple[Finding, ...]:
    return checked_whole(session, path).failures(Severity.WARNING)


@pytest.mark.parametrize("stock", STOCK, ids=lambda stock: stock.name)
def test_an_image_of_it(stock: Stock, session: Session, tmp_path: Path) -> None:
    image = Image(layers=(stock.members,), config={"config": stock.config}, os=stock.os)
    path = tmp_path / "image.tar"
    path.write_bytes(docker_archive(image).tar())
    assert grave(session, path) == ()


@pytest.mark.parametrize("stock", STOCK, ids=lambda stock: stock.name)
def test_an_export_of_it(stock: Stock, session: Session, tmp_path: Path) -> None:
    made_by_docker = (
        file(".dockerenv", mode=0o755),
        file("dev/console", mode=0o755),
        *folders("dev/pts", "dev/shm", "proc", "sys"),
        file("etc/hosts", mode=0o755),
    )
    names = {member.name for member in stock.members}
    members = (*stock.members, *(one for one in made_by_docker if one.name not in names))
    path = tmp_path / "rootfs.tar"
    path.write_bytes(rootfs(Image(layers=(members,))).tar())
    assert grave(session, path) == ()
