"""What decides the outcome in Apptainer."""

from __future__ import annotations

from collections.abc import Sequence

from checker.verdicts import Decision


def building() -> Sequence[Decision]:
    """The steps of ``apptainer build``."""
    return (
        Decision("compression", "none: an archive compressed with gzip is refused too"),
        Decision(
            "docker-archive",
            "an archive that has `oci-layout` and `index.json` is read as an oci-archive; others "
            "by `manifest.json`, which must list one image",
        ),
        Decision(
            "oci-archive",
            "files are written to a directory: an entry `./` is refused, and so is a file whose "
            "directory has no entry before it; links are left out",
        ),
        Decision("image", "the only one of `index.json`, or the one of its index for the platform"),
        Decision(
            "layers",
            "they must have the size of their descriptors, and the config its digest; at least "
            "one must have a usual media type; unpacked by umoci, not compared with their digests "
            "or the config",
        ),
        Decision(
            "root",
            "`dev`, `proc`, `root`, `var`, `tmp` and `etc` must be directories if they exist",
        ),
    )
