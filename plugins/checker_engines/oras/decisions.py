"""What decides the outcome in oras."""

from __future__ import annotations

from collections.abc import Sequence

from checker.verdicts import Decision


def copying() -> Sequence[Decision]:
    """The steps of ``oras cp --from-oci-layout``."""
    return (
        Decision(
            "compression", "the archive must not be compressed; layers are copied as they are"
        ),
        Decision(
            "members",
            "the tar is indexed to its end, which must be without errors; of duplicate names the "
            "last is used; only regular files are opened, links are not followed (in a directory "
            "they are); `manifest.json` is not read",
        ),
        Decision("`oci-layout`", 'it must be there, and its version must be "1.0.0"'),
        Decision(
            "`index.json`",
            "its first JSON value must decode; all documents that it leads to are read and must "
            "have the size and digest of their descriptors; those that are not there are ignored",
        ),
        Decision(
            "the image",
            "one of the index, by its name or digest; an index is copied with all of its platforms",
        ),
        Decision(
            "blobs",
            "each must be there with the size and digest of its descriptor, except layers of the "
            "nondistributable and foreign types, which are not copied; documents up to 4 MiB",
        ),
        Decision("content of layers", "not read: layers are not compared with the config"),
    )
