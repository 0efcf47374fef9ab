"""What decides the outcome in regctl."""

from __future__ import annotations

from collections.abc import Sequence

from checker.verdicts import Decision


def importing() -> Sequence[Decision]:
    """The steps of ``regctl image import``."""
    return (
        Decision("compression", "gzip, bzip2, xz and zstd, by the first bytes; also for layers"),
        Decision(
            "members",
            "the tar is read again until all files are found that are needed; of duplicate names "
            "the next one is used; a name can also be that of a link, two levels of them",
        ),
        Decision(
            "image layout",
            '`oci-layout` with the version "1.0.0" and `index.json`; of several images the one '
            "that is named like the tag of the target",
        ),
        Decision(
            "documents and blobs",
            "each must be there with the digest of its descriptor; blobs also with the size, "
            "unless it is 0; all platforms are imported",
        ),
        Decision(
            "`manifest.json`",
            "only read if the archive cannot be read as an image layout; the first image; what "
            "the layout misses is then still needed",
        ),
        Decision("content of layers", "not compared with the config"),
    )
