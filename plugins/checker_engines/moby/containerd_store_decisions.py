"""What decides the outcome in Docker with the containerd image store."""

from __future__ import annotations

from checker.verdicts import Decision
from checker_engines.answers.importing import WHAT_IT_IS
from checker_engines.containerd.decisions import DOCUMENTS, UNPACKING


def load() -> tuple[Decision, ...]:
    """The steps of ``docker load``."""
    return (
        Decision(
            "compression",
            "detected by the first bytes: gzip (`unpigz`), bzip2, xz (the program `xz`), zstd, "
            "also with leading skippable frames; only one compression is removed",
        ),
        *DOCUMENTS,
        Decision(
            "top-level descriptors",
            "each becomes an image, under its name or one derived from its digest; the digest must "
            "be valid, the size greater than 0, the media type set",
        ),
        Decision(
            "manifests",
            "a missing manifest is ignored; an existing one must match its descriptor, and must "
            "not be both an index and a manifest",
        ),
        Decision(
            "unpacking",
            "only images for the host, without attestations and artifacts; a failure is printed as "
            "*Error unpacking image* or only logged, and the command exits 0: broken",
        ),
        *UNPACKING,
        Decision(
            "containers",
            "`docker create` uses the manifest that suits the host best; it fails, which is "
            "reported as broken, if a platform cannot be read, the config does not decode with "
            "Docker's fields (health check, OnBuild, Shell), no layer is an image layer, or the "
            "layers of another platform cannot be unpacked",
        ),
        Decision(
            "not checked",
            "names and sizes of blobs, the operating system and architecture of what is not "
            "unpacked",
        ),
    )


def import_() -> tuple[Decision, ...]:
    """The steps of ``docker import``."""
    return (
        Decision(
            "compression",
            "as for load; the whole stream is decompressed first, and damage anywhere is an error",
        ),
        *UNPACKING[1:],
        WHAT_IT_IS,
    )
