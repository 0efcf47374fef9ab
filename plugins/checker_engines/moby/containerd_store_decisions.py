"""What decides in Docker with containerd's image store."""

from __future__ import annotations

from checker.verdicts import Decision
from checker_engines.answers.importing import WHAT_IT_IS
from checker_engines.containerd.decisions import DOCUMENTS, UNPACKING


def load() -> tuple[Decision, ...]:
    """The steps of ``docker load``."""
    return (
        Decision(
            "compression",
            "by the first bytes: gzip (`unpigz`), bzip2, xz (the program `xz`), zstd, skippable "
            "frames in front too; one alone is taken off",
        ),
        *DOCUMENTS,
        Decision(
            "descriptors at the top",
            "each becomes an image, under its name or one made of its digest; digest, size above 0 "
            "and media type must be such as the store keeps",
        ),
        Decision(
            "what they refer to",
            "a manifest that is not there is passed over; one that is there must be what its "
            "descriptor says, and must not be an index and a manifest in one",
        ),
        Decision(
            "unpacking",
            "only what is for the host, attestations and artifacts left out; a failure is printed "
            "as *Error unpacking image*, or not at all, and the command exits 0: broken",
        ),
        *UNPACKING,
        Decision(
            "not looked at",
            "names and sizes of blobs, the operating system and architecture of what is not "
            "unpacked",
        ),
    )


def import_() -> tuple[Decision, ...]:
    """The steps of ``docker import``."""
    return (
        Decision(
            "compression",
            "as for load; the whole stream is decompressed first, and damage anywhere refuses",
        ),
        UNPACKING[1],
        WHAT_IT_IS,
    )
