"""What decides the outcome in crane, cosign and kaniko."""

from __future__ import annotations

from collections.abc import Sequence

from checker.verdicts import Decision

_TARBALL = (
    Decision(
        "compression",
        "the archive must not be compressed; layers may be, with gzip or zstd: the first one "
        "decides for all of them",
    ),
    Decision(
        "members",
        "nothing is extracted: the tar is scanned from its start for each file, up to that file; "
        "of duplicate names the first is used; symbolic and hard links are followed",
    ),
    Decision(
        "`manifest.json`",
        "its first JSON value is a list of exactly one image; `index.json` and `oci-layout` are "
        "not read; the names of the image are not used",
    ),
    Decision(
        "config and layers",
        "the config must decode; every listed layer must be there; compressed layers must not be "
        "more than diff_ids, of others there must be one for each diff_id",
    ),
)


def push() -> Sequence[Decision]:
    """The steps of ``crane push``."""
    return (
        *_TARBALL,
        Decision(
            "content of layers",
            "not checked: an image whose layers do not hash to their diff_ids is pushed, and is "
            "reported as broken",
        ),
        Decision(
            "directories",
            "of an image layout, the only image of `index.json` is pushed; `oci-layout` is not "
            "read, and files are not compared with their descriptors: the registry refuses layers "
            "of another digest, and takes a config of another digest, which is reported as broken",
        ),
    )


def validate() -> Sequence[Decision]:
    """The steps of ``crane validate --tarball``."""
    return (
        *_TARBALL,
        Decision(
            "content of layers",
            "each must be a tar, without two entries of the same name, compressed with gzip if the "
            "first one is; it must hash to its diff_id",
        ),
        Decision("config", "`rootfs.type` must be `layers`"),
    )


def load() -> Sequence[Decision]:
    """The steps of ``cosign load``."""
    return (
        Decision("input", "must be a directory with `index.json`; `oci-layout` is not read"),
        Decision(
            "images",
            "only descriptors of `index.json` whose annotation `kind` is "
            "`dev.cosignproject.cosign/image`, `imageIndex`, `sigs` or `atts`, as `cosign save` "
            "writes them, the first of each: a layout of another tool is refused, since nothing is "
            "pushed and the registry does not have the image",
        ),
        Decision(
            "media type", "must be that of an image, or of an index for the kind `imageIndex`"
        ),
        Decision(
            "blobs",
            "as for `crane push` of a directory: links are refused, the registry refuses layers of "
            "another digest, and takes a config of another digest, which is reported as broken",
        ),
    )


def cached_base() -> Sequence[Decision]:
    """The steps of a kaniko build from an image in its cache."""
    compression, members, *steps = _TARBALL
    return (
        Decision(
            "file name",
            "`sha256:...` of the manifest that the Dockerfile names as base: kaniko reads no other "
            "archive, and writes this one with `warmer`; one that cannot be opened is logged, and "
            "the base is pulled from its registry",
        ),
        compression,
        Decision("members", f"{members.rule}; names are compared as they are written"),
        *steps,
        Decision(
            "content of layers",
            "each is read as a tar where a command of the Dockerfile needs the files; neither "
            "diff_ids nor the digest in the file name are compared with it",
        ),
    )
