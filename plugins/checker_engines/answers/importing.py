"""Whether an imported image is usable: engines import any tar without a warning."""

from __future__ import annotations

from checker.model.archive import IMAGE_KINDS, Kind
from checker.verdicts import Decision

IS_IMPORTED = "the root filesystem becomes a single-layer image without metadata"

WHAT_IT_IS = Decision(
    "kind of archive",
    "not checked: the root filesystem of an imported image archive consists of the archive's own "
    "files, which is reported as broken",
)


def why_import_is_useless(kind: Kind, engine: str, loading: str) -> str | None:
    """Why the image imported from an archive of this kind is unusable; None if it is usable.

    Args:
        kind: Kind of the archive.
        engine: The command that imports, such as ``docker import``.
        loading: The command to use for images, such as ``docker load``.
    """
    exits = f"{engine} exits 0, but "
    if kind in IMAGE_KINDS:
        return f"{exits}the root filesystem consists of the archive's own files; use {loading}"
    if kind in {Kind.WRAPPED, Kind.NESTED}:
        return (
            f"{exits}the root filesystem contains an image archive, which must be extracted first"
        )
    if kind in {Kind.EMPTY, Kind.NOT_A_TAR}:
        return f"{exits}the image is empty"
    if kind is Kind.LAYER:
        return f"{exits}the image contains only the changes of one layer"
    if kind is Kind.ROOTFS:
        return None
    return f"{exits}the image does not contain a root filesystem"
