"""What decides in containerd."""

from __future__ import annotations

from checker.verdicts import Decision

DOCUMENTS = (
    Decision(
        "members",
        "names are cleaned; every file but `oci-layout` and `manifest.json` goes into the store "
        "under the digest of its content, whatever it is called; of equal names the last counts",
    ),
    Decision(
        "which half",
        "`oci-layout` with version 1.0.0 makes it an image layout, which then needs `index.json`; "
        "else `manifest.json` is taken; a `manifest.json` that does not decode refuses either way",
    ),
    Decision(
        "`manifest.json`",
        "config and layers by their exact names; every symlink of the archive must lead to a "
        "file of it; the config must decode; names must be valid, without a tag they get `latest`",
    ),
)
"""What the importer looks at, in ``ctr`` and in Docker."""

UNPACKING = (
    Decision(
        "config and layers",
        "looked up by digest; as many layers as diff_ids; the media type says whether a layer is "
        "decompressed: a plain tar type never is, gzip and zstd are told by the first bytes; "
        "what comes out must hash to the diff_id",
    ),
    Decision(
        "entries",
        "names and links end at the root, of equal paths the last counts; no old GNU sparse "
        "file, no type 7, hard links to what is there already, nothing below a file; above the "
        "first layer a whiteout must not meet a file of its own layer",
    ),
)
"""What unpacking looks at, in ``ctr`` and in Docker."""


def import_() -> tuple[Decision, ...]:
    """The steps of ``ctr image import``."""
    return (
        Decision(
            "compression",
            "by the first bytes: gzip and zstd, skippable frames in front too; bzip2 and xz are no "
            "tar to it",
        ),
        *DOCUMENTS,
        Decision(
            "platform",
            "what has a descriptor with another platform is left out; with nothing left it refuses",
        ),
        Decision("what they refer to", "a manifest for the host must be there, and must decode"),
        *UNPACKING,
        Decision(
            "names",
            "from `io.containerd.image.name`, else from `org.opencontainers.image.ref.name`; an "
            "image without one is dropped, and the command exits 0: broken",
        ),
    )
