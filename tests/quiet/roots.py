"""Root filesystems as distributions and builders make them, as layers of entries."""

from __future__ import annotations

from dataclasses import replace

from checker.testing.elf import elf
from checker.testing.tar import (
    Member,
    device,
    directory,
    fifo,
    file,
    hardlink,
    opaque,
    symlink,
    whiteout,
)

from .parts import dated, dotted, owned

Entries = tuple[Member, ...]

NONROOT = 65532
CERTIFICATES = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" * 20
ZONE = b"TZif2" + bytes(39) + b"TZif2" + bytes(39) + b"\nUTC0\n"
LOADER = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/lib/ld-musl-x86_64.so.1"
TRIPLET = "x86_64-linux-gnu"
FILE_BITS, SETUID, SETGID = 0o755, 0o4755, 0o2755


def program(name: str, interpreter: str | None = None, mode: int = FILE_BITS) -> Member:
    """An executable for amd64."""
    return file(name, elf(interpreter=interpreter), mode=mode)


# --- distroless: no shell, no package manager, users by number


def distroless() -> tuple[Entries, ...]:
    """The layers of ``gcr.io/distroless/static``: tars of Bazel, below ``./``, from 1970."""
    layers = (
        (
            directory(""),
            directory("etc"),
            file(
                "etc/passwd",
                "root:x:0:0:root:/root:/sbin/nologin\n"
                "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
                "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
            ),
        ),
        (directory("root", mode=0o700),),
        (directory("home"), owned(directory("home/nonroot", mode=0o700), NONROOT)),
        (directory("tmp", mode=0o1777),),
        (
            directory("etc"),
            file(
                "etc/group", "root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n"
            ),
        ),
        (file("etc/nsswitch.conf", "hosts:      files dns\n"),),
        (
            directory("usr"),
            directory("usr/lib"),
            file(
                "usr/lib/os-release",
                'PRETTY_NAME="Distroless"\nNAME="Debian GNU/Linux"\nID="debian"\n',
            ),
            symlink("etc/os-release", "../usr/lib/os-release"),
        ),
        (
            directory("var"),
            directory("var/lib"),
            directory("var/lib/dpkg"),
            directory("var/lib/dpkg/status.d"),
            file("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a-0+deb12u1\n"),
            file("var/lib/dpkg/status.d/tzdata.md5sums", ""),
            directory("usr/share"),
            directory("usr/share/zoneinfo"),
            directory("usr/share/zoneinfo/Etc"),
            file("usr/share/zoneinfo/Etc/UTC", ZONE),
            symlink("usr/share/zoneinfo/UTC", "Etc/UTC"),
            hardlink("usr/share/zoneinfo/Universal", "usr/share/zoneinfo/Etc/UTC"),
            symlink("usr/share/zoneinfo/localtime", "/etc/localtime"),
        ),
        (
            directory("etc"),
            directory("etc/ssl"),
            directory("etc/ssl/certs"),
            file("etc/ssl/certs/ca-certificates.crt", CERTIFICATES),
        ),
    )
    return tuple(dated(dotted(layer), 0) for layer in layers)


def copied_program(name: str = "app") -> Entries:
    """What ``COPY app /`` makes."""
    return (program(name),)


# --- Alpine: busybox and symbolic links to it, /bin and /usr/bin apart, musl

_APPLETS = ("arch", "ash", "cat", "chmod", "cp", "echo", "ln", "ls", "mount", "ping", "sh", "su")
_MORE_APPLETS = ("[", "[[", "awk", "env", "find", "id", "wget", "xargs")


def alpine() -> Entries:
    """The one layer of ``alpine``."""
    return (
        directory("bin"),
        *(symlink(f"bin/{name}", "/bin/busybox") for name in _APPLETS),
        program("bin/busybox", MUSL),
        directory("dev"),
        directory("etc"),
        file("etc/alpine-release", "3.20.3\n"),
        directory("etc/apk"),
        file("etc/apk/arch", "x86_64\n"),
        directory("etc/apk/keys"),
        file(
            "etc/apk/keys/alpine-devel@lists.alpinelinux.org-4a6a0840.rsa.pub",
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n",
        ),
        file("etc/apk/repositories", "https://dl-cdn.alpinelinux.org/alpine/v3.20/main\n"),
        file("etc/apk/world", "alpine-baselayout\nbusybox\n"),
        directory("etc/crontabs", mode=0o755),
        file("etc/crontabs/root", "*/15 * * * * run-parts /etc/periodic/15min\n", mode=0o600),
        file("etc/fstab", "/dev/cdrom\t/media/cdrom\tiso9660\tnoauto,ro 0 0\n"),
        file("etc/group", "root:x:0:root\nbin:x:1:root,bin\nshadow:x:42:\nnobody:x:65534:\n"),
        file("etc/hostname", "localhost\n"),
        file("etc/hosts", "127.0.0.1\tlocalhost localhost.localdomain\n::1\tlocalhost\n"),
        symlink("etc/mtab", "../proc/mounts"),
        symlink("etc/os-release", "../usr/lib/os-release"),
        file(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/sbin/nologin\n"
            "nobody:x:65534:65534:nobody:/:/sbin/nologin\n",
        ),
        file(
            "etc/profile",
            "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
        ),
        directory("etc/profile.d"),
        owned(
            file("etc/shadow", "root:*::0:::::\nbin:!::0:::::\nnobody:!::0:::::\n", mode=0o640),
            0,
            42,
        ),
        file("etc/shells", "/bin/sh\n/bin/ash\n"),
        directory("etc/ssl"),
        symlink("etc/ssl/cert.pem", "certs/ca-certificates.crt"),
        directory("etc/ssl/certs"),
        file("etc/ssl/certs/ca-certificates.crt", CERTIFICATES),
        directory("home"),
        directory("lib"),
        directory("lib/apk"),
        directory("lib/apk/db"),
        file("lib/apk/db/installed", "C:Q1\nP:musl\nV:1.2.5-r0\n"),
        file("lib/apk/db/lock", "", mode=0o600),
        program("lib/ld-musl-x86_64.so.1"),
        symlink("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"),
        directory("media"),
        *(directory(f"media/{name}") for name in ("cdrom", "floppy", "usb")),
        directory("mnt"),
        directory("opt"),
        directory("proc", mode=0o555),
        directory("root", mode=0o700),
        directory("run"),
        directory("sbin"),
        program("sbin/apk", MUSL),
        symlink("sbin/init", "/bin/busybox"),
        symlink("sbin/nologin", "/bin/busybox"),
        program("sbin/ldconfig"),
        directory("srv"),
        directory("sys", mode=0o555),
        directory("tmp", mode=0o1777),
        directory("usr"),
        directory("usr/bin"),
        *(symlink(f"usr/bin/{name}", "/bin/busybox") for name in _MORE_APPLETS),
        directory("usr/lib"),
        file("usr/lib/os-release", 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\n'),
        directory("usr/local"),
        directory("usr/local/bin"),
        directory("usr/sbin"),
        directory("usr/share"),
        directory("var"),
        directory("var/cache"),
        directory("var/empty", mode=0o555),
        directory("var/lib"),
        symlink("var/lock", "../run/lock"),
        directory("var/log"),
        symlink("var/run", "../run"),
        directory("var/spool"),
        directory("var/spool/cron"),
        symlink("var/spool/cron/crontabs", "../../../etc/crontabs"),
        directory("var/tmp", mode=0o1777),
    )


# --- Debian: /usr merged, setuid programs, alternatives, glibc

_DEBIAN_PROGRAMS = (
    "bash",
    "cat",
    "chmod",
    "cp",
    "dash",
    "env",
    "find",
    "id",
    "ls",
    "mawk",
    "mv",
    "rm",
)
_DEBIAN_SETUID = ("chfn", "chsh", "gpasswd", "mount", "newgrp", "passwd", "su", "umount")
_DEBIAN_FOLDERS = (
    "backups",
    "cache",
    "cache/apt",
    "lib",
    "lib/apt",
    "lib/dpkg",
    "log",
    "opt",
    "spool",
)


def debian() -> Entries:
    """The one layer of ``debian:bookworm``."""
    return (
        symlink("bin", "usr/bin"),
        directory("boot"),
        directory("dev"),
        *_debian_etc(),
        directory("home"),
        symlink("lib", "usr/lib"),
        symlink("lib64", "usr/lib64"),
        directory("media"),
        directory("mnt"),
        directory("opt"),
        directory("proc"),
        directory("root", mode=0o700),
        file("root/.bashrc", "# ~/.bashrc: executed by bash(1) for non-login shells.\n"),
        file("root/.profile", "# ~/.profile: executed by Bourne-compatible login shells.\n"),
        directory("run"),
        directory("run/lock", mode=0o1777),
        symlink("sbin", "usr/sbin"),
        directory("srv"),
        directory("sys"),
        directory("tmp", mode=0o1777),
        *_debian_usr(),
        *_debian_var(),
    )


def _debian_etc() -> Entries:
    return (
        directory("etc"),
        file("etc/.pwd.lock", "", mode=0o600),
        directory("etc/alternatives"),
        symlink("etc/alternatives/awk", "/usr/bin/mawk"),
        symlink("etc/alternatives/awk.1.gz", "/usr/share/man/man1/mawk.1.gz"),
        directory("etc/apt"),
        directory("etc/apt/apt.conf.d"),
        file("etc/apt/apt.conf.d/docker-clean", 'Dir::Cache::pkgcache "";\n'),
        file("etc/bash.bashrc", "# System-wide .bashrc file for interactive bash(1) shells.\n"),
        file("etc/debian_version", "12.7\n"),
        file(
            "etc/group",
            "root:x:0:\ntty:x:5:\nmail:x:8:\nshadow:x:42:\nstaff:x:50:\n_ssh:x:101:\nnogroup:x:65534:\n",
        ),
        owned(file("etc/gshadow", "root:*::\nshadow:*::\n", mode=0o640), 0, 42),
        file("etc/host.conf", "multi on\n"),
        file("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n"),
        symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC"),
        symlink("etc/mtab", "/proc/mounts"),
        symlink("etc/os-release", "../usr/lib/os-release"),
        file(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
            "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
            "_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\n"
            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        ),
        symlink("etc/rmt", "/usr/sbin/rmt"),
        owned(
            file(
                "etc/shadow", "root:*:19974:0:99999:7:::\ndaemon:*:19974:0:99999:7:::\n", mode=0o640
            ),
            0,
            42,
        ),
        file("etc/shells", "/bin/sh\n/bin/bash\n/usr/bin/dash\n"),
        directory("etc/skel"),
        file("etc/skel/.bashrc", "# ~/.bashrc: executed by bash(1) for non-login shells.\n"),
        directory("etc/systemd"),
        directory("etc/systemd/system"),
        symlink(
            "etc/systemd/system/timers.target.wants", "/lib/systemd/system/timers.target.wants"
        ),
    )


def _debian_usr() -> Entries:
    return (
        directory("usr"),
        directory("usr/bin"),
        symlink("usr/bin/awk", "/etc/alternatives/awk"),
        *(program(f"usr/bin/{name}", LOADER) for name in _DEBIAN_PROGRAMS),
        *(program(f"usr/bin/{name}", LOADER, SETUID) for name in _DEBIAN_SETUID),
        *(owned(program(f"usr/bin/{name}", LOADER, SETGID), 0, 42) for name in ("chage", "expiry")),
        program("usr/bin/perl", LOADER),
        hardlink("usr/bin/perl5.36.0", "usr/bin/perl", mode=FILE_BITS),
        symlink("usr/bin/sh", "dash"),
        file("usr/bin/ldd", "#!/bin/bash\nexec true\n", mode=FILE_BITS),
        directory("usr/games"),
        directory("usr/include"),
        directory("usr/lib"),
        file(
            "usr/lib/os-release",
            'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
        ),
        directory(f"usr/lib/{TRIPLET}"),
        program(f"usr/lib/{TRIPLET}/ld-linux-x86-64.so.2"),
        symlink(f"usr/lib/{TRIPLET}/libz.so.1", "libz.so.1.2.13"),
        file(f"usr/lib/{TRIPLET}/libz.so.1.2.13", elf()),
        directory("usr/lib64"),
        symlink("usr/lib64/ld-linux-x86-64.so.2", f"/lib/{TRIPLET}/ld-linux-x86-64.so.2"),
        directory("usr/local"),
        directory("usr/local/bin"),
        symlink("usr/local/man", "share/man"),
        directory("usr/local/share"),
        owned(directory("usr/local/share/man", mode=0o2775), 0, 50),
        directory("usr/sbin"),
        program("usr/sbin/ldconfig"),
        program("usr/sbin/nologin", LOADER),
        owned(program("usr/sbin/unix_chkpwd", LOADER, SETGID), 0, 42),
        directory("usr/share"),
        directory("usr/share/doc"),
        directory("usr/share/zoneinfo"),
        directory("usr/share/zoneinfo/Etc"),
        file("usr/share/zoneinfo/Etc/UTC", ZONE),
        directory("usr/src"),
    )


def _debian_var() -> Entries:
    return (
        directory("var"),
        *(directory(f"var/{name}") for name in _DEBIAN_FOLDERS),
        owned(directory("var/cache/apt/archives"), 0),
        owned(directory("var/cache/apt/archives/partial", mode=0o700), 42, 0),
        file("var/lib/dpkg/status", "Package: libc6\nStatus: install ok installed\n"),
        owned(directory("var/local", mode=0o2775), 0, 50),
        symlink("var/lock", "/run/lock"),
        owned(file("var/log/btmp", "", mode=0o660), 0, 43),
        owned(directory("var/mail", mode=0o2775), 0, 8),
        symlink("var/run", "/run"),
        symlink("var/spool/mail", "../mail"),
        directory("var/tmp", mode=0o1777),
    )


def debian_update() -> Entries:
    """What ``RUN apt-get install … && rm …`` changes: files replaced, removed, a folder renewed."""
    return (
        directory("etc"),
        whiteout("etc/host.conf"),
        file("etc/ld.so.cache", "glibc-ld.so.cache1.1"),
        directory("usr"),
        directory("usr/bin"),
        program("usr/bin/curl", LOADER),
        directory("usr/share"),
        directory("usr/share/doc"),
        opaque("usr/share/doc"),
        file("usr/share/doc/copyright", "Public Domain\n"),
        directory("var"),
        directory("var/lib"),
        directory("var/lib/dpkg"),
        file("var/lib/dpkg/status", "Package: curl\nStatus: install ok installed\n"),
    )


def debian_app() -> Entries:
    """An application in ``/srv/app`` that belongs to its user."""
    return (
        directory("srv"),
        owned(directory("srv/app"), 1000),
        owned(file("srv/app/start.sh", "#!/bin/sh -e\nexec curl\n", mode=FILE_BITS), 1000),
        owned(file("srv/app/größe, naïve.txt", "ünïcode"), 1000),
        owned(file("srv/app/" + "long/".join("abcdefghij") + "/name", "x"), 1000),
    )


def debootstrap() -> Entries:
    """What debootstrap leaves and GNU tar packs: below ``./``, with the nodes of ``/dev``."""
    nodes = (
        replace(device("dev/console", 5, 1), mode=0o600),
        symlink("dev/fd", "/proc/self/fd"),
        device("dev/full", 1, 7),
        fifo("dev/initctl"),
        device("dev/null", 1, 3),
        symlink("dev/ptmx", "pts/ptmx"),
        directory("dev/pts"),
        device("dev/random", 1, 8),
        directory("dev/shm", mode=0o1777),
        symlink("dev/stdin", "/proc/self/fd/0"),
        symlink("dev/stdout", "/proc/self/fd/1"),
        device("dev/tty", 5, 0),
        device("dev/urandom", 1, 9),
        device("dev/zero", 1, 5),
    )
    logs = (
        directory("debootstrap"),
        file("var/log/bootstrap.log", "I: Base system installed successfully.\n", mode=0o640),
        file("var/log/dpkg.log", "2023-11-14 22:13:20 startup archives install\n"),
    )
    entries = (directory(""), *debian(), *nodes, *logs[1:])
    named = (replace(entry, uname="root", gname="root", long_names="gnu") for entry in entries)
    return dotted(named)


# --- Windows: Files, Hives and UtilityVM, with records that only Windows knows

_RAW_SD = "AQAAgBQAAAAkAAAAAAAAAAAAAAABAgAAAAAABSAAAAAhAgAAAQIAAAAAAAUgAAAAIQIAAA=="


def _windows_records(member: Member) -> Member:
    attributes = "16" if member.typeflag == b"5" else "32"
    return replace(
        member,
        pax={
            "LIBARCHIVE.creationtime": "1699999999.1234567",
            "MSWINDOWS.fileattr": attributes,
            "MSWINDOWS.rawsd": _RAW_SD,
        },
    )


def windows_base() -> Entries:
    """The base layer of ``nanoserver``, much reduced."""
    entries = (
        directory("Files"),
        file("Files/License.txt", "MICROSOFT SOFTWARE SUPPLEMENTAL LICENSE\r\n"),
        directory("Files/ProgramData"),
        directory("Files/Users"),
        directory("Files/Windows"),
        directory("Files/Windows/System32"),
        file("Files/Windows/System32/cmd.exe", b"MZ" + bytes(200)),
        hardlink("Files/Windows/System32/more.com", "Files/Windows/System32/cmd.exe"),
        directory("Hives"),
        *(file(f"Hives/{name}", b"regf" + bytes(60)) for name in _HIVES),
        directory("UtilityVM"),
        directory("UtilityVM/Files"),
        directory("UtilityVM/Files/EFI"),
        file("UtilityVM/Files/EFI/bootmgfw.efi", b"MZ" + bytes(200)),
    )
    return tuple(map(_windows_records, entries))


_HIVES = ("DefaultUser_Base", "Sam_Base", "Security_Base", "Software_Base", "System_Base")


def windows_app() -> Entries:
    """What ``COPY app.exe C:/app/`` makes, with a file removed and a link to a lower layer."""
    entries = (
        directory("Files"),
        directory("Files/app"),
        file("Files/app/app.exe", b"MZ" + bytes(100)),
        hardlink("Files/app/shell.exe", "Files/Windows/System32/cmd.exe"),
        whiteout("Files/License.txt"),
        directory("Hives"),
        *(file(f"Hives/{name.replace('Base', 'Delta')}", b"regf") for name in _HIVES),
    )
    return tuple(map(_windows_records, entries))
