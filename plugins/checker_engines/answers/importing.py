"""Whether what an import makes is of any use: engines take every tar without a word."""

from __future__ import annotations

from checker.model.archive import IMAGE_KINDS, Kind
from checker.verdicts import Decision

MAKES_SENSE = "the root filesystem becomes an image of one layer, without metadata"

WHAT_IT_IS = Decision(
    "what it is",
    "nobody asks: an image archive becomes a root full of blobs, which counts as broken here",
)


def why_import_is_senseless(kind: Kind, engine: str, loading: str) -> str | None:
    """Why the image that an import makes of an archive of this kind cannot be used; None if it can.

    Args:
        kind: Kind of the archive.
        engine: The command that imports, such as ``docker import``.
        loading: The command to use for images, such as ``docker load``.
    """
    exits = f"{engine} exits 0, but "
    if kind in IMAGE_KINDS:
        return f"{exits}the root of the image holds the archive's own files; use {loading}"
    if kind in {Kind.WRAPPED, Kind.NESTED}:
        return f"{exits}the root of the image holds an image archive, which must be unpacked first"
    if kind in {Kind.EMPTY, Kind.NOT_A_TAR}:
        return f"{exits}the image is empty"
    return None
