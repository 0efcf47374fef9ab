"""Flat root filesystems: exports of containers, and tars of folders.

Sources: moby ``daemon/export.go`` and ``pkg/archive`` (20.10), podman ``Container.Export``,
GNU tar manual, debootstrap, alpine-make-rootfs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from checker import Kind
from checker.testing.archive import build, merge_layers
from checker.testing.image import Image
from checker.testing.tar import Member, directory, file, hardlink, symlink

from . import docker_tools, roots
from .parts import Sample, Samples, dotted


def docker_export(image: Image) -> Sample:
    """``docker export``, with ``.dockerenv`` and the files that Docker mounts over."""
    return Sample(Kind.ROOTFS, build("export", image).members)


def podman_export(image: Image) -> Sample:
    """``podman export``, with ``run/.containerenv`` and the mount points."""
    marks = (
        directory("dev"),
        replace(file("etc/hostname"), mode=0o700),
        replace(file("etc/hosts"), mode=0o700),
        replace(file("etc/resolv.conf"), mode=0o700),
        directory("proc"),
        directory("run"),
        replace(file("run/.containerenv"), mode=0o700),
        directory("run/secrets"),
        directory("sys"),
    )
    merged = merge_layers(image.layers)
    found = {mark.name.rstrip("/"): mark for mark in marks} | merged
    return Sample(Kind.ROOTFS, tuple(found[name] for name in sorted(found)))


def gnu_tar(members: Iterable[Member]) -> Sample:
    """``tar -C root -cf rootfs.tar .``: below ``./``, GNU headers, a filled record."""
    named = (replace(m, uname="root", gname="root", long_names="gnu") for m in members)
    return Sample(Kind.ROOTFS, tuple(named), records=True)


def debootstrap() -> Sample:
    """``debootstrap``, then ``tar -c .``."""
    return gnu_tar(roots.debootstrap())


def alpine_rootfs() -> Sample:
    """``alpine-minirootfs-….tar.gz``: below ``./``, with a setuid program."""
    members = (directory(""), *roots.alpine(), roots.program("bin/bbsuid", roots.MUSL, 0o4111))
    return gnu_tar(dotted(members))._replace(compression="gzip")


def bsdtar() -> Sample:
    """``bsdtar -cf rootfs.tar *``: pax records for times and the long names."""
    members = (*roots.debian(), *roots.debian_app()[1:])
    records = {"mtime": "1700000000.123456789", "atime": "1700000001", "ctime": "1700000002.5"}
    return Sample(Kind.ROOTFS, tuple(replace(m, pax=records) for m in members), records=True)


def with_attributes() -> Sample:
    """``tar --xattrs --selinux --acls``: capabilities and labels of SELinux."""
    label = {"RHT.security.selinux": "system_u:object_r:container_file_t:s0"}
    bits = b"\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0".decode("latin-1")
    ping = replace(
        roots.program("bin/ping2", roots.MUSL),
        pax=label | {"SCHILY.xattr.security.capability": bits},
    )
    members = (*(replace(m, pax=label) for m in roots.alpine()), ping)
    return Sample(Kind.ROOTFS, members)


def merged_by_hand() -> Sample:
    """Fedora and Arch: everything in ``usr/bin``, ``/sbin`` too, relative links."""
    names = ("bin", "lib", "lib64")
    members = (
        *(symlink(name, f"usr/{name}") for name in names),
        symlink("sbin", "usr/bin"),
        *(directory(name) for name in ("boot", "dev", "etc", "home", "mnt", "opt")),
        file("etc/passwd", "root:x:0:0:Super User:/root:/usr/bin/bash\n"),
        file("etc/group", "root:x:0:\nwheel:x:10:\n"),
        file("etc/shadow", "root:!locked::0:99999:7:::\n", mode=0o000),
        symlink("etc/os-release", "../usr/lib/os-release"),
        directory("proc", mode=0o555),
        directory("root", mode=0o550),
        directory("run"),
        directory("sys", mode=0o555),
        directory("tmp", mode=0o1777),
        directory("usr"),
        directory("usr/bin", mode=0o555),
        roots.program("usr/bin/bash", roots.LOADER),
        symlink("usr/bin/sh", "bash"),
        roots.program("usr/bin/sudo", roots.LOADER, 0o4111),
        directory("usr/lib", mode=0o555),
        file("usr/lib/os-release", 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=41\n'),
        directory("usr/lib64", mode=0o555),
        roots.program("usr/lib64/ld-linux-x86-64.so.2"),
        directory("usr/lib/.build-id"),
        directory("usr/lib/.build-id/ab"),
        symlink("usr/lib/.build-id/ab/cdef0123", "../../../../usr/bin/bash"),
        symlink("usr/sbin", "bin"),
        directory("var"),
        symlink("var/lock", "../run/lock"),
        symlink("var/mail", "spool/mail"),
        directory("var/spool"),
        directory("var/spool/mail"),
        symlink("var/run", "../run"),
        directory("var/tmp", mode=0o1777),
    )
    return Sample(Kind.ROOTFS, members)


def busybox() -> Sample:
    """The rootfs of ``busybox``: one static program, and hard links to it."""
    applets = ("[", "ash", "cat", "ls", "sh", "su", "true", "vi")
    members = (
        directory("bin"),
        roots.program("bin/busybox"),
        *(hardlink(f"bin/{name}", "bin/busybox", mode=0o755) for name in applets),
        directory("dev"),
        directory("etc"),
        file("etc/group", "root:x:0:\nwheel:x:10:\nnogroup:x:65534:\n"),
        file(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n",
        ),
        file("etc/shadow", "root:*:10933:0:99999:7:::\n", mode=0o640),
        directory("home"),
        directory("root", mode=0o700),
        directory("tmp", mode=0o1777),
        directory("usr"),
        directory("usr/sbin"),
        directory("var"),
        directory("var/spool"),
        directory("var/spool/mail"),
        directory("var/www"),
    )
    return Sample(Kind.ROOTFS, members)


SAMPLES: Samples = MappingProxyType(
    {
        "docker export, Debian": lambda: docker_export(docker_tools.debian_image()),
        "docker export, Alpine": lambda: docker_export(docker_tools.alpine_image()),
        "docker export, distroless": lambda: docker_export(docker_tools.distroless_image()),
        "docker export, scratch": lambda: docker_export(docker_tools.scratch_image()),
        "podman export, Debian": lambda: podman_export(docker_tools.debian_image()),
        "podman export, Alpine": lambda: podman_export(docker_tools.alpine_image()),
        "debootstrap": debootstrap,
        "debootstrap, xz": lambda: debootstrap()._replace(compression="xz"),
        "Alpine minirootfs": alpine_rootfs,
        "bsdtar": bsdtar,
        "extended attributes": with_attributes,
        "Fedora": merged_by_hand,
        "busybox": busybox,
    }
)
"""The archives by name."""
