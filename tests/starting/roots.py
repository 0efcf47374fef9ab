"""Root filesystems with a command, and whether a container of each starts."""

from __future__ import annotations

import dataclasses
import os
import struct
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from checker.testing.elf import ET_DYN, ET_REL, Linking, elf
from checker.testing.image import Image
from checker.testing.tar import Member, directory, file, hardlink, symlink

GLIBC = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/lib/ld-musl-x86_64.so.1"
STATIC = elf()
YES, NO, UNKNOWN = "yes", "no", "unknown"


class Case(NamedTuple):
    """A root filesystem.

    Attributes:
        name: What is special about it.
        members: Its entries.
        config: The ``config`` object of the image.
        answer: Whether a container starts.
        says: A part of what the checker says.
    """

    name: str
    members: tuple[Member, ...]
    config: Mapping[str, Any]
    answer: str
    says: str = ""

    @property
    def image(self) -> Image:
        """The image."""
        nothing = dict.fromkeys(("Entrypoint", "Cmd", "Env", "User", "WorkingDir"))
        settings = {"config": {**nothing, **self.config}}
        # Docker 20.10 closes directories without an entry to users other than root.
        parents = self._parents if "User" in self.config else ()
        return Image(layers=((*parents, *self.members),), config=settings, tags=("t:1",))

    @property
    def _parents(self) -> tuple[Member, ...]:
        """The directories that have no entry."""
        names = {member.name.rstrip("/") for member in self.members}
        found = {str(parent) for name in names for parent in PurePosixPath(name).parents}
        return tuple(directory(name) for name in sorted(found - names - {"."}))


def program(path: str, content: bytes = STATIC, mode: int = 0o755) -> Member:
    """An executable file."""
    return file(path, content, mode=mode)


def script(path: str, text: str, mode: int = 0o755) -> Member:
    """A script."""
    return file(path, text, mode=mode)


def owned(member: Member, uid: int, gid: int) -> Member:
    """The same entry with another owner."""
    return dataclasses.replace(member, uid=uid, gid=gid)


def dynamic(*needed: str, runpath: str | None = None, rpath: str | None = None) -> bytes:
    """A program for glibc."""
    linking = Linking(runpath=runpath, rpath=rpath)
    return elf(interpreter=GLIBC, needed=needed, linking=linking)


def library(name: str, *needed: str, runpath: str | None = None) -> bytes:
    """A shared library."""
    return elf(needed=needed, linking=Linking(soname=name, runpath=runpath, kind=ET_DYN))


def ld_cache(libraries: Mapping[str, str]) -> bytes:
    """``/etc/ld.so.cache`` with libraries for amd64, path by name."""
    start = 48 + 24 * len(libraries)
    strings, rows = b"", b""
    for name, path in sorted(libraries.items(), reverse=True):
        key = start + len(strings)
        strings += name.encode() + b"\0"
        value = start + len(strings)
        strings += path.encode() + b"\0"
        rows += struct.pack("<iIIIQ", 0x0303, key, value, 0, 0)
    counts = struct.pack("<IIB3xI12x", len(libraries), len(strings), 2, 0)
    return b"glibc-ld.so.cache1.1" + counts + rows + strings


def for_musl(*needed: str, runpath: str | None = None) -> bytes:
    """A program for musl."""
    return elf(interpreter=MUSL, needed=needed, linking=Linking(runpath=runpath))


class Programs(NamedTuple):
    """Programs that are real or look so.

    Attributes:
        busybox: A static BusyBox.
        glibc: The loader of glibc, as Debian builds it.
        musl: The loader of musl; None if there is none.
    """

    busybox: bytes
    glibc: bytes
    musl: bytes | None

    @property
    def shell(self) -> tuple[Member, ...]:
        """A shell."""
        return (program("bin/busybox", self.busybox), symlink("bin/sh", "busybox"))

    @property
    def loader(self) -> Member:
        """The loader of glibc where programs expect it."""
        return program(GLIBC[1:], self.glibc)


SYSTEM_DIRECTORIES = b"/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0"
LOOKALIKES = Programs(
    busybox=STATIC,
    glibc=elf(linking=Linking(kind=ET_DYN)) + SYSTEM_DIRECTORIES,
    musl=elf(linking=Linking(kind=ET_DYN)),
)
"""Programs that nothing starts."""


def programs_of_host() -> Programs | None:
    """The programs of this host; None without a static BusyBox or the loader of glibc."""
    busybox = Path("/bin/busybox")
    glibc = Path(GLIBC)
    if not busybox.exists() or not glibc.exists():
        return None
    # Of the Debian package musl.
    musl = Path(os.environ.get("CHECKER_MUSL_LOADER", MUSL))
    return Programs(
        busybox=busybox.read_bytes(),
        glibc=glibc.read_bytes(),
        musl=musl.read_bytes() if musl.exists() else None,
    )


def cases(programs: Programs) -> tuple[Case, ...]:
    """All cases, made of some programs."""
    shell, loader = programs.shell, programs.loader
    groups = (_plain(), _scripts(shell), _permissions(shell), _libraries(loader), _places(loader))
    found = [case for group in groups for case in group]
    if programs.musl is not None:
        found += _musl(program(MUSL[1:], programs.musl))
    return tuple(found)


APP: Mapping[str, Any] = {"Cmd": ["/app"]}
PASSWD = file("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n")
GROUP = file("etc/group", "root:x:0:\napp:x:1000:\nextra:x:2000:app\n")


def _plain() -> list[Case]:
    arm = elf("arm64")
    return [
        Case("static", (program("app"),), APP, YES),
        Case("entrypoint and arguments", (program("app"),), {"Entrypoint": ["/app", "x"]}, YES),
        Case("no command", (program("app"),), {}, NO, "no command specified"),
        Case("missing", (program("other"),), APP, NO, "stat /app: no such file or directory"),
        Case("in PATH", (program("usr/bin/app"),), {"Cmd": ["app"]}, YES),
        Case("not in PATH", (program("opt/app"),), {"Cmd": ["app"]}, NO, "not found in $PATH"),
        Case("PATH of the image", (program("opt/app"),), _env("PATH=/bin:/opt"), YES),
        Case("PATH without it", (program("bin/app"),), _env("PATH=/opt"), NO, "found in $PATH"),
        Case("an empty name", (program("app"),), {"Cmd": [""]}, NO, "not found in $PATH"),
        Case("an empty entrypoint", (program("app"),), {"Entrypoint": [""], **APP}, YES),
        Case("a directory", (directory("app"),), APP, NO, "/app is a directory"),
        Case("an implied directory", (program("app/x"),), APP, NO, "/app is a directory"),
        Case("empty", (program("app", b""),), APP, NO, "exec format error"),
        Case("text", (script("app", "exit 0\n"),), APP, NO, "exec format error"),
        Case("any bytes", (program("app", bytes(range(1, 200))),), APP, NO, "exec format error"),
        Case("macOS", (program("app", b"\xcf\xfa\xed\xfe" + bytes(99)),), APP, NO, "macOS"),
        Case("an object file", (_kind(ET_REL),), APP, NO, "exec format error"),
        Case("cut in the header", (program("app", STATIC[:40]),), APP, NO),
        Case("cut in the program headers", (program("app", STATIC[:90]),), APP, NO),
        Case("no program headers", (_patched(56, b"\0\0"),), APP, NO, "exec format error"),
        Case("another architecture", (program("app", arm),), APP, UNKNOWN, "emulator"),
        Case("an unknown architecture", (_patched(18, b"\x77\x77"),), APP, NO, "exec format error"),
        Case("32 bits", (program("app", elf("386")),), APP, YES),
        Case("big endian", (program("app", elf("s390x")),), APP, UNKNOWN, "emulator"),
    ]


def _env(*variables: str) -> dict[str, Any]:
    return {"Cmd": ["app"], "Env": list(variables)}


def _kind(kind: int) -> Member:
    return program("app", elf(linking=Linking(kind=kind)))


def _patched(offset: int, content: bytes) -> Member:
    return program("app", STATIC[:offset] + content + STATIC[offset + len(content) :])


def _scripts(sh: tuple[Member, ...]) -> list[Case]:
    env = (*sh, symlink("usr/bin/env", "/bin/busybox"))
    return [
        Case("a script", (*sh, script("app", "#!/bin/sh\nexit 0\n")), APP, YES),
        Case("no shell", (script("app", "#!/bin/sh\n"),), APP, NO, "/bin/sh is not in the root"),
        Case("CR LF", (*sh, script("app", "#!/bin/sh\r\nexit 0\r\n")), APP, NO, "CR LF"),
        Case("CR LF after an argument", (*sh, script("app", "#!/bin/sh -e\r\n")), APP, NO, "CR LF"),
        Case("env", (*env, script("app", "#!/usr/bin/env sh\nexit 0\n")), APP, YES),
        Case("env and CR LF", (*env, script("app", "#!/usr/bin/env sh\r\n")), APP, NO, "CR LF"),
        Case(
            "env without the program",
            (*env, script("app", "#!/usr/bin/env python3\n")),
            APP,
            NO,
            "python3",
        ),
        Case("no env", (*sh, script("app", "#!/usr/bin/env sh\n")), APP, NO, "/usr/bin/env"),
        Case(
            "a script for a script",
            (*sh, script("app", "#!/step\n"), script("step", "#!/bin/sh\nexit 0\n")),
            APP,
            YES,
        ),
        Case(
            "a script for a text",
            (*sh, script("app", "#!/step\n"), script("step", "exit 0\n")),
            APP,
            NO,
            "exec format error",
        ),
        Case("a script for itself", (*sh, script("app", "#!/app\n")), APP, NO, "too many levels"),
        Case("five scripts", (*sh, *_chain(5)), APP, YES),
        Case("six scripts", (*sh, *_chain(6)), APP, NO, "too many levels"),
        Case("a byte order mark", (*sh, script("app", "\ufeff#!/bin/sh\n")), APP, NO, "order mark"),
        Case("without an interpreter", (*sh, script("app", "#!\n")), APP, NO, "exec format error"),
        Case(
            "an interpreter without execute permission",
            (script("app", "#!/step\n"), program("step", mode=0o644)),
            APP,
            NO,
            "permission denied",
        ),
        Case("shell form", sh, {"Cmd": ["/bin/sh", "-c", "exit 0"]}, YES),
        Case("shell form without a shell", (program("app"),), _shell("/app"), NO, "/bin/sh"),
        Case("a shell starts it", (*sh, program("app")), _shell("exec /app -x"), YES),
        Case("a shell misses it", sh, _shell("/app --serve"), NO, "not found"),
        Case("a shell misses it in PATH", sh, _shell("app --serve"), NO, "not found"),
        Case("a shell and operators", sh, _shell("app || true"), YES),
        Case("an applet of BusyBox", (*sh, symlink("bin/ls", "busybox")), {"Cmd": ["ls"]}, YES),
    ]


def _shell(command: str) -> dict[str, Any]:
    return {"Cmd": ["/bin/sh", "-c", command]}


def _chain(count: int) -> tuple[Member, ...]:
    """Scripts of which each is the interpreter of the one before."""
    names = ["app", *(f"s{number}" for number in range(1, count))]
    targets = [*(f"/{name}" for name in names[1:]), "/bin/sh"]
    last = "exit 0\n"
    return tuple(
        script(name, f"#!{target}\n{last if target == '/bin/sh' else ''}")
        for name, target in zip(names, targets, strict=True)
    )


def _permissions(sh: tuple[Member, ...]) -> list[Case]:
    user = {"User": "1000:1000", **APP}
    private = owned(directory("opt", mode=0o700), 0, 0)
    opt: dict[str, Any] = {"User": "1000", "Cmd": ["/opt/app"]}
    return [
        Case("not executable", (program("app", mode=0o644),), APP, NO, "permission denied"),
        Case(
            "executable for root alone", (program("app", mode=0o700),), user, NO, "cannot execute"
        ),
        Case("executable for its owner", (owned(program("app", mode=0o500), 1000, 0),), user, YES),
        Case("for its group", (owned(program("app", mode=0o050), 0, 1000),), user, YES),
        Case("root and any bit", (program("app", mode=0o001),), APP, YES),
        Case("a closed directory", (private, program("opt/app")), opt, NO, "directory /opt"),
        Case(
            "a closed directory and root", (private, program("opt/app")), {"Cmd": ["/opt/app"]}, YES
        ),
        Case(
            "a link through a closed directory",
            (private, symlink("opt/app", "/app"), program("app")),
            opt,
            NO,
            "directory /opt",
        ),
        Case(
            "a script that cannot be read",
            (*sh, owned(script("app", "#!/bin/sh\n", mode=0o111), 0, 0)),
            user,
            NO,
            "read",
        ),
        Case("setuid", (program("app", mode=0o4755),), user, YES),
        Case("a user", (PASSWD, program("app")), {"User": "app", **APP}, YES),
        Case("a missing user", (PASSWD, program("app")), {"User": "www", **APP}, NO, "www"),
        Case("no passwd", (program("app"),), {"User": "app", **APP}, NO, "passwd"),
        Case("root without passwd", (program("app"),), {"User": "root", **APP}, NO, "passwd"),
        Case("a number", (program("app"),), {"User": "4711", **APP}, YES),
        Case(
            "a number out of range", (program("app"),), {"User": "4294967296", **APP}, NO, "range"
        ),
        Case("a negative number", (program("app"),), {"User": "-5", **APP}, NO, "range"),
        Case("a group", (PASSWD, GROUP, program("app")), {"User": "app:extra", **APP}, YES),
        Case(
            "a missing group",
            (PASSWD, GROUP, program("app")),
            {"User": "app:www", **APP},
            NO,
            "group file",
        ),
        Case(
            "a further group of the user",
            (PASSWD, GROUP, owned(program("app", mode=0o010), 0, 2000)),
            {"User": "app", **APP},
            YES,
        ),
        Case(
            "the group of a number in passwd",
            (PASSWD, GROUP, owned(program("app", mode=0o010), 0, 1000)),
            {"User": "1000", **APP},
            YES,
        ),
    ]


def _libraries(loader: Member) -> list[Case]:
    one, two = library("libone.so"), library("libtwo.so")
    on_two = library("libone.so", "libtwo.so")
    opt = {"Cmd": ["/app"], "Env": ["LD_LIBRARY_PATH=/opt"]}
    app = program("app", dynamic("libone.so"))
    debian = "lib/x86_64-linux-gnu"
    return [
        Case(
            "dynamic",
            (loader, program("app", dynamic("libone.so")), file("lib/libone.so", one)),
            APP,
            YES,
        ),
        Case(
            "no loader", (app, file("lib/libone.so", one)), APP, NO, f"interpreter {GLIBC} is not"
        ),
        Case("a loader that is text", (app, script(GLIBC[1:], "x" * 100)), APP, NO, "not an ELF"),
        Case("a loader that is not executable", (app, program(GLIBC[1:], mode=0o644)), APP, NO),
        Case("a loader for another machine", (app, program(GLIBC[1:], elf("arm64"))), APP, NO),
        Case("a missing library", (loader, app), APP, NO, "library libone.so"),
        Case(
            "a library of a library",
            (loader, app, file("lib/libone.so", on_two)),
            APP,
            NO,
            "libtwo.so, which /lib/libone.so",
        ),
        Case(
            "both",
            (loader, app, file("lib/libone.so", on_two), file("usr/lib/libtwo.so", two)),
            APP,
            YES,
        ),
        Case("multiarch", (loader, app, file(f"usr/{debian}/libone.so", one)), APP, YES),
        Case(
            "where it does not look",
            (loader, app, file("opt/libone.so", one)),
            APP,
            NO,
            "does not search",
        ),
        Case(
            "usr/lib64 of Debian",
            (loader, app, file("usr/lib64/libone.so", one)),
            APP,
            NO,
            "does not search",
        ),
        Case("LD_LIBRARY_PATH", (loader, app, file("opt/libone.so", one)), opt, YES),
        Case(
            "setuid and LD_LIBRARY_PATH",
            (loader, program("app", dynamic("libone.so"), 0o4755), file("opt/libone.so", one)),
            {**opt, "User": "1000"},
            NO,
        ),
        Case(
            "ld.so.conf without a cache",
            (loader, app, file("opt/libone.so", one), file("etc/ld.so.conf", "/opt\n")),
            APP,
            NO,
        ),
        Case(
            "in the cache",
            (
                loader,
                app,
                file("opt/libone.so", one),
                file("etc/ld.so.cache", ld_cache({"libone.so": "/opt/libone.so", "a": "/a"})),
            ),
            APP,
            YES,
        ),
        Case(
            "in the cache, and nowhere else",
            (loader, app, file("etc/ld.so.cache", ld_cache({"libone.so": "/opt/libone.so"}))),
            APP,
            NO,
            "library libone.so",
        ),
        Case(
            "runpath",
            (
                loader,
                program("app", dynamic("libone.so", runpath="/opt")),
                file("opt/libone.so", one),
            ),
            APP,
            YES,
        ),
        Case(
            "origin",
            (
                loader,
                program("opt/bin/app", dynamic("libone.so", runpath="$ORIGIN/../lib")),
                file("opt/lib/libone.so", one),
            ),
            {"Cmd": ["/opt/bin/app"]},
            YES,
        ),
        Case(
            "origin through a link",
            (
                loader,
                program("opt/bin/app", dynamic("libone.so", runpath="${ORIGIN}/../lib")),
                file("opt/lib/libone.so", one),
                symlink("app", "opt/bin/app"),
            ),
            APP,
            YES,
        ),
        Case(
            "runpath is not inherited",
            (
                loader,
                program("app", dynamic("libone.so", runpath="/opt")),
                file("opt/libone.so", on_two),
                file("opt/libtwo.so", two),
            ),
            APP,
            NO,
            "libtwo.so",
        ),
        Case(
            "rpath is inherited",
            (
                loader,
                program("app", dynamic("libone.so", rpath="/opt")),
                file("opt/libone.so", on_two),
                file("opt/libtwo.so", two),
            ),
            APP,
            YES,
        ),
        Case(
            "the runpath of a library",
            (
                loader,
                app,
                file("lib/libone.so", library("libone.so", "libtwo.so", runpath="/opt")),
                file("opt/libtwo.so", two),
            ),
            APP,
            YES,
        ),
        Case(
            "a library that is text",
            (loader, app, file("lib/libone.so", "x" * 100)),
            APP,
            NO,
            "invalid ELF header",
        ),
        Case(
            "a short library",
            (loader, app, file("lib/libone.so", "x")),
            APP,
            NO,
            "file too short",
        ),
        Case(
            "a library for another machine",
            (loader, app, file("lib/libone.so", elf("arm64", linking=Linking(kind=ET_DYN)))),
            APP,
            NO,
        ),
        Case(
            "for another machine first",
            (
                loader,
                app,
                file("lib/libone.so", elf("386", linking=Linking(kind=ET_DYN))),
                file("usr/lib/libone.so", one),
            ),
            APP,
            YES,
        ),
        Case(
            "a library with a path",
            (loader, program("app", dynamic("/opt/libx.so")), file("opt/libx.so", one)),
            APP,
            YES,
        ),
        Case(
            "a library that cannot be read",
            (loader, app, file("lib/libone.so", one, mode=0o600)),
            {"User": "1000", **APP},
            NO,
        ),
        Case(
            "found by the name that it gives itself",
            (
                loader,
                program("app", dynamic("/opt/libx.so", "libone.so")),
                file("opt/libx.so", one),
            ),
            APP,
            YES,
        ),
        Case("a dangling link", (loader, app, symlink("lib/libone.so", "libone.so.1")), APP, NO),
        Case(
            "libraries in a circle",
            (
                loader,
                app,
                file("lib/libone.so", on_two),
                file("lib/libtwo.so", library("libtwo.so", "libone.so")),
            ),
            APP,
            YES,
        ),
    ]


def _places(loader: Member) -> list[Case]:
    one = library("libone.so")
    app = {"Cmd": ["/usr/bin/app"]}
    merged = (symlink("lib64", "usr/lib64"), symlink("lib", "usr/lib"), symlink("bin", "usr/bin"))
    return [
        Case(
            "merged usr",
            (
                *merged,
                program("usr/bin/app", dynamic("libone.so")),
                dataclasses.replace(loader, name=f"usr{GLIBC}"),
                file("usr/lib/libone.so", one),
            ),
            {"Cmd": ["/bin/app"]},
            YES,
        ),
        Case(
            "an absolute link", (symlink("usr/bin/app", "/opt/app"), program("opt/app")), app, YES
        ),
        Case(
            "a relative link",
            (symlink("usr/bin/app", "../../opt/app"), program("opt/app")),
            app,
            YES,
        ),
        Case(
            "a link above the root",
            (symlink("app", "../../../opt/app"), program("opt/app")),
            APP,
            YES,
        ),
        Case("a link to a directory", (symlink("usr/bin", "/opt"), program("opt/app")), app, YES),
        Case("a dangling link to it", (symlink("app", "/opt/app"),), APP, NO),
        Case("a loop", (symlink("app", "b"), symlink("b", "app")), APP, NO),
        Case("a hard link", (program("opt/app"), hardlink("app", "opt/app", mode=0o755)), APP, YES),
        Case(
            "a working directory",
            (program("app"), directory("srv")),
            {"WorkingDir": "/srv", **APP},
            YES,
        ),
        Case(
            "a missing working directory", (program("app"),), {"WorkingDir": "/srv/x", **APP}, YES
        ),
        Case(
            "a file as working directory",
            (program("app"), file("srv", "x")),
            {"WorkingDir": "/srv", **APP},
            NO,
            "/srv is a file",
        ),
        Case(
            "below a file",
            (program("app"), file("srv", "x")),
            {"WorkingDir": "/srv/x", **APP},
            NO,
            "/srv is a file",
        ),
        Case(
            "a closed working directory",
            (program("app"), directory("srv", mode=0o700)),
            {"WorkingDir": "/srv", "User": "1000", **APP},
            YES,
        ),
        Case(
            "relative to the working directory",
            (program("srv/app"),),
            {"WorkingDir": "/srv", "Cmd": ["./app"]},
            YES,
        ),
        Case("proc is a file", (program("app"), file("proc", "x")), APP, UNKNOWN, "/proc"),
        Case(
            "proc is a link",
            (program("app"), directory("x"), symlink("proc", "x")),
            APP,
            UNKNOWN,
            "/proc",
        ),
        Case("dev is a file", (program("app"), file("dev", "x")), APP, UNKNOWN, "/dev"),
        Case(
            "resolv.conf is a directory",
            (program("app"), directory("etc/resolv.conf")),
            APP,
            NO,
            "resolv.conf",
        ),
        Case(
            "on a mounted filesystem",
            (program("app"),),
            {"Cmd": ["/proc/self/exe"]},
            UNKNOWN,
            "mounts",
        ),
    ]


def _musl(musl: Member) -> list[Case]:
    one = library("libone.so", "libtwo.so")
    two = file("lib/libtwo.so", library("libtwo.so"))
    app = program("app", for_musl("libone.so", "libc.so"))
    return [
        Case("musl", (musl, app, file("usr/lib/libone.so", one), two), APP, YES),
        Case(
            "musl without a loader", (app, file("usr/lib/libone.so", one), two), APP, NO, "ld-musl"
        ),
        Case(
            "musl without a library",
            (musl, app, file("lib/libone.so", one)),
            APP,
            NO,
            "libtwo.so, which",
        ),
        Case(
            "musl does not look there",
            (musl, app, file("opt/libone.so", one), two),
            APP,
            NO,
            "does not search",
        ),
        Case(
            "the list of musl",
            (
                musl,
                app,
                file("opt/libone.so", one),
                file("opt/libtwo.so", library("libtwo.so")),
                file("etc/ld-musl-x86_64.path", "/srv\n/opt\n"),
            ),
            APP,
            YES,
        ),
        Case(
            "the list of musl without the usual",
            (
                musl,
                app,
                file("lib/libone.so", one),
                two,
                file("etc/ld-musl-x86_64.path", "/srv:/opt"),
            ),
            APP,
            NO,
        ),
        Case(
            "the runpath is inherited",
            (
                musl,
                program("app", for_musl("libone.so", runpath="/opt")),
                file("opt/libone.so", one),
                file("opt/libtwo.so", library("libtwo.so")),
            ),
            APP,
            YES,
        ),
        Case(
            "a library for musl that is text",
            (musl, app, file("lib/libone.so", "x" * 200)),
            APP,
            NO,
        ),
        Case(
            "musl and a library for another machine",
            (
                musl,
                app,
                file("lib/libone.so", elf("386", linking=Linking(kind=ET_DYN))),
                file("usr/lib/libone.so", one),
                two,
            ),
            APP,
            NO,
        ),
    ]
