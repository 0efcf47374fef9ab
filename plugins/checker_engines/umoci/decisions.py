"""What decides the outcome in umoci."""

from __future__ import annotations

from collections.abc import Sequence

from checker.verdicts import Decision


def unpacking() -> Sequence[Decision]:
    """The steps of ``umoci unpack``."""
    return (
        Decision("input", "the directory of an image layout: a tar must be unpacked first"),
        Decision(
            "image",
            "the one whose name in `index.json` is the tag of the command, without one `latest`; "
            "an index of several platforms is refused, since none is chosen",
        ),
        Decision(
            "documents",
            "OCI media types only, with the size and digest of their descriptors; a document that "
            "is an index and a manifest is refused",
        ),
        Decision(
            "layers",
            "OCI media types, plain, gzip or zstd as these say; digests, and diffIDs of the "
            "config, are compared; more layers than diffIDs end in a crash",
        ),
        Decision(
            "entries",
            "paths are resolved in the root; what is in the way of an entry is removed, also a "
            "file of a lower layer above it; whiteouts remove what is of lower layers; an unknown "
            "type is refused",
        ),
        Decision(
            "config",
            "it must be for linux, its variables need `=`, and its user must be found in the root",
        ),
    )
