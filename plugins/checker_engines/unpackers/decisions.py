"""What decides the outcome of unpacking a tar, for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from checker.verdicts import Decision

WHITEOUTS = Decision("whiteouts", "are files like others: their names are not interpreted")
CONTENT = Decision(
    "kind of archive",
    "not checked: of an image archive, the directory has the archive's own files, which is "
    "reported as broken",
)


def with_tar() -> Sequence[Decision]:
    """The steps of GNU tar."""
    return (
        Decision(
            "compression",
            "gzip, bzip2, xz, zstd and others are removed by the program of that name, which must "
            "exit 0: trailing data after gzip is a failure, zeros are not; one compression only",
        ),
        Decision(
            "headers",
            "one with a wrong checksum is skipped, with what follows up to the next valid one; a "
            "number or PAX record that is not valid is reported; both are failures. The last of "
            "several extension headers counts; records of a global header count for all entries",
        ),
        Decision(
            "sparse files",
            "a map that is not valid is a failure; one with more than 2³¹ parts ends the command",
        ),
        Decision(
            "names",
            "a leading `/` is removed; a name with `..` is not unpacked, which is a failure; a "
            "hard link is to what follows the last `..` of its target",
        ),
        Decision(
            "links",
            "a symlink with an absolute target or with `..` is created at the end, so that nothing "
            "is unpacked through it; through others it is",
        ),
        Decision(
            "what is in the way",
            "is removed, unless it is a directory with content: this is a failure for another "
            "entry of that name",
        ),
        WHITEOUTS,
        CONTENT,
    )


def with_bsdtar() -> Sequence[Decision]:
    """The steps of bsdtar."""
    return (
        Decision(
            "compression and format",
            "all compressions are removed, however many; checksums of gzip are not compared; zip, "
            "cpio, 7-Zip and other archives are unpacked as well, uuencoded ones too; lines of "
            "base64 are taken for a list of names (mtree)",
        ),
        Decision(
            "headers",
            "one with a wrong checksum is skipped, with what follows up to the next valid one, "
            "which is not a failure; numbers end where they are not valid, which is not reported. "
            "A negative size, and garbage after an extension header, end the command; other PAX "
            "records that are not valid are a failure",
        ),
        Decision(
            "sparse files",
            "a map that is not valid is a failure, and ends the command if it is before the "
            "content, or of what is not a file",
        ),
        Decision(
            "names",
            "a leading `/`, `\\`, `/..` or drive letter is removed; a name or target of a hard "
            "link with `..` is not unpacked, nor is one that leads through a symlink; both are "
            "failures",
        ),
        Decision(
            "what is in the way",
            "is removed, unless it is a directory with content: this is a failure for another "
            "entry of that name",
        ),
        Decision("extended attributes", "one that cannot be set is a failure"),
        WHITEOUTS,
        CONTENT,
    )


def with_systemd() -> Sequence[Decision]:
    """The steps of ``import-tar``, besides those of GNU tar."""
    return (
        Decision(
            "compression",
            "gzip, bzip2 and xz by the first bytes; one member only: with several of gzip the "
            "command does not end, with several of bzip2 it fails; data that ends early is not an "
            "error; zstd is refused before 256",
        ),
        Decision("end of the archive", "blocks of zeros are ignored, so that what follows is read"),
        Decision(
            "root",
            "not checked; if it has no os-release, and consists of one directory that has, this "
            "directory becomes the root; without one, systemd-nspawn does not start it",
        ),
        *with_tar()[1:],
    )


def with_lxc() -> Sequence[Decision]:
    """The steps of the template ``local``, besides those of GNU tar."""
    return (
        Decision("compression", "xz only, for the metadata and for the root"),
        Decision(
            "other templates",
            "`oci` copies an image with skopeo and unpacks it with umoci; `download` takes no file",
        ),
        *with_tar()[1:],
    )


def with_wsl() -> Sequence[Decision]:
    """The steps of ``wsl --import``, besides those of bsdtar."""
    return (
        Decision("root", "it must have `/etc` or `/bin/sh`"),
        *with_bsdtar(),
    )


def with_incus() -> Sequence[Decision]:
    """The steps of ``incus image import``."""
    return (
        Decision(
            "compression",
            "gzip, bzip2, xz, lzma, zstd and lz4 by the first bytes; a plain tar must have the "
            "magic `ustar`; SquashFS and QCOW2 are taken as well",
        ),
        Decision(
            "metadata",
            "`metadata.yaml` at the top level, with an architecture and a creation date, either in "
            "the same tarball, whose root is then `rootfs/`, or in one that is named before it",
        ),
        Decision(
            "root", "unpacked by GNU tar when a container is created, without what is in `dev/`"
        ),
        WHITEOUTS,
    )
