"""What decides the outcome in containerd."""

from __future__ import annotations

from checker.verdicts import Decision

DOCUMENTS = (
    Decision(
        "members",
        "names are cleaned; every file except `oci-layout` and `manifest.json` is stored under the "
        "digest of its content, whatever its name; of duplicate names the last is used",
    ),
    Decision(
        "format",
        "an `oci-layout` file with version 1.0.0 makes it an image layout, which requires "
        "`index.json`; otherwise `manifest.json` is used; a `manifest.json` that does not decode "
        "is an error in both cases",
    ),
    Decision(
        "`manifest.json`",
        "config and layers are looked up by their exact names; every symlink in the archive must "
        "resolve to a file in it; the config must decode; image names must be valid, the default "
        "tag is `latest`",
    ),
)
"""What the importer checks, in ``ctr`` and in Docker."""

UNPACKING = (
    Decision(
        "config and layers",
        "looked up by digest; the number of layers must equal that of diff_ids; the media type "
        "determines whether a layer is decompressed: a plain tar type is not, otherwise gzip and "
        "zstd are detected by the first bytes; the uncompressed tar must hash to the diff_id",
    ),
    Decision(
        "entries",
        "names and links are resolved below the root, of duplicate paths the last is used; refused "
        "are old GNU sparse files, type 7, hard links to files that do not exist yet, and entries "
        "below a file; except in the first layer, a whiteout must not hide a file of the same "
        "layer",
    ),
    Decision(
        "rootless",
        "owners in layers above 65536, the highest ID of a usual user namespace, and attributes "
        "`security.*` except capabilities are errors; device nodes and attributes `trusted.*` are "
        "left out",
    ),
)
"""What unpacking checks, in ``ctr`` and in Docker."""


def import_() -> tuple[Decision, ...]:
    """The steps of ``ctr image import``."""
    return (
        Decision(
            "compression",
            "detected by the first bytes: gzip and zstd, also with leading skippable frames; bzip2 "
            "and xz are not supported",
        ),
        *DOCUMENTS,
        Decision(
            "platform",
            "descriptors with another platform are ignored; if none remains, the archive is "
            "refused",
        ),
        Decision("manifests", "a manifest for the host must exist and decode"),
        *UNPACKING,
        Decision(
            "names",
            "from `io.containerd.image.name`, otherwise from `org.opencontainers.image.ref.name`; "
            "an image without a name is dropped, and the command exits 0: broken",
        ),
    )


_EVERY_PLATFORM = Decision(
    "platforms",
    "every manifest must exist and decode, whatever its platform; layers are only needed for the "
    "platform of the host",
)
_FULL_NAMES = (
    "the kubelet and crictl ask for images by their full names, such as "
    "`docker.io/library/app:1`: an image that is stored by another name, such as `app:1` or a tag "
    "alone, is not found"
)


def _import_except(*steps: str) -> tuple[Decision, ...]:
    return tuple(each for each in import_() if each.step not in steps)


def every_platform() -> tuple[Decision, ...]:
    """The steps of ``ctr images import --all-platforms``."""
    *steps, names = _import_except("platform", "manifests")
    return (*steps, _EVERY_PLATFORM, names)


def nerdctl() -> tuple[Decision, ...]:
    """The steps of ``nerdctl load``."""
    return (
        *_import_except("names"),
        Decision(
            "names",
            "as for `ctr image import`, but an image without a name is stored as "
            "`import@sha256:...`, and one that has only a tag as `import:TAG`",
        ),
    )


def all_platforms() -> tuple[Decision, ...]:
    """The steps of ``ctr images import --all-platforms --digests``, which kind runs."""
    return (
        *_import_except("platform", "manifests", "names"),
        _EVERY_PLATFORM,
        Decision(
            "names",
            f"an image without a name is stored under its digest; {_FULL_NAMES}: broken",
        ),
    )


def image_directory() -> tuple[Decision, ...]:
    """The steps for a file in the directory of images of k3s, rke2 or k0s."""
    return (
        Decision(
            "file name",
            "k3s and rke2 take `.tar`, `.tar.gz`, `.tgz`, `.tar.bz2`, `.tbz`, `.tar.zst`, `.tzst` "
            "and `.tar.lz4`, and decompress what the name says; k0s reads every file as a plain "
            "tar",
        ),
        *DOCUMENTS,
        Decision(
            "platforms",
            "k3s and rke2 need every manifest, whatever its platform; k0s ignores what is missing",
        ),
        Decision(
            "layers",
            "not read before a container is created: an image with a missing layer is stored, and "
            "is reported as broken",
        ),
        Decision("names", f"an image without a name is not stored; {_FULL_NAMES}: broken"),
    )
