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
            "number or PAX record that is not valid is reported; both are failures",
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
            "cpio, 7-Zip and other archives are unpacked as well",
        ),
        Decision(
            "headers",
            "one with a wrong checksum is skipped, with what follows up to the next valid one, "
            "which is not a failure; numbers that are not valid are ignored, PAX records that are "
            "not valid are a failure",
        ),
        Decision(
            "names",
            "a leading `/` is removed; a name or target of a hard link with `..` is not unpacked, "
            "nor is one that leads through a symlink; both are failures",
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
