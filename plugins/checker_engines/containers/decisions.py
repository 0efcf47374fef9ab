"""What decides the outcome in podman and skopeo."""

from __future__ import annotations

from collections.abc import Iterator

from checker.verdicts import Decision
from checker_engines.answers.importing import WHAT_IT_IS
from checker_engines.answers.storing import on_drivers, rootless
from checker_engines.containers.versions import Library

_COMPRESSION = (
    "detected by the first bytes: gzip, bzip2, xz, zstd, but not zstd with a leading skippable "
    "frame; damage anywhere and bytes after the end are errors"
)
_COPIED = "the content of layers is not checked, since nothing is extracted"
_STORED = "each cleaned path must be unique (tar-split), every entry must be extractable"


def load(library: Library) -> tuple[Decision, ...]:
    """The steps of ``podman load``."""
    return (
        Decision(
            "format",
            "oci (a directory), oci-archive, docker-archive and dir are tried in this order, and "
            "the first that succeeds is used: a damaged OCI layout has no effect if the Docker "
            "archive is intact",
        ),
        *(_of("oci-archive", each) for each in _oci_archive()),
        *(_of("docker-archive", each) for each in _docker_archive(library)),
        Decision(
            "names",
            "each in `manifest.json` must be valid and have a tag; a host without a dot or port is "
            "part of the path and must be lower case, IPv6 addresses are refused",
        ),
        Decision("config", f"must decode as an OCI image config; {_diff_ids(library)}"),
        Decision(
            "podman images, podman create",
            "the config of an OCI image must also decode as a Docker config: an image of which it "
            "does not is loaded, but is broken",
        ),
        Decision("layers", _STORED),
        *on_drivers("ignored"),
        rootless("device nodes and attributes `trusted.*` in an image layout are refused"),
        Decision(
            "not checked", "operating system and architecture, except to select from an index"
        ),
    )


def shared_storage(library: Library) -> tuple[Decision, ...]:
    """The steps of ``podman load`` into the storage of CRI-O."""
    steps = (each for each in load(library) if each.step != "rootless")
    return (
        *steps,
        Decision(
            "rootless",
            "rootless Podman has another storage, in which CRI-O does not find the image: broken",
        ),
        Decision(
            "names in the storage",
            "a pod names an image by a name, not by its ID: an image without one is broken",
        ),
    )


def import_() -> tuple[Decision, ...]:
    """The steps of ``podman import``."""
    return (
        Decision("compression", _COMPRESSION),
        Decision(
            "entries",
            f"{_STORED}; the archive is extracted as a layer is, whiteouts included",
        ),
        WHAT_IT_IS,
    )


def docker_archive(library: Library) -> tuple[Decision, ...]:
    """The steps of ``skopeo copy docker-archive:``."""
    return (
        *_docker_archive(library),
        Decision(
            "images",
            "`manifest.json` must list exactly one, unless the command selects one; names are not "
            "checked",
        ),
        Decision("layers", _COPIED),
    )


def stored_docker_archive(library: Library) -> tuple[Decision, ...]:
    """The steps of ``buildah pull docker-archive:``."""
    return (*_docker_archive(library), *_stored(library))


def stored_oci_archive(library: Library) -> tuple[Decision, ...]:
    """The steps of ``buildah pull oci-archive:`` and ``oci:``."""
    return (*_oci_archive(), *_stored(library))


def _stored(library: Library) -> tuple[Decision, ...]:
    return (
        Decision("config", f"must decode as an OCI image config; {_diff_ids(library)}"),
        Decision("layers", _STORED),
    )


_IS_DIRECTORY = Decision("input", "must be a directory; files in it are read in place")


def oci_archive() -> tuple[Decision, ...]:
    """The steps of ``skopeo copy oci-archive:``."""
    return (
        *_oci_archive(),
        Decision("config, layers", _COPIED),
        Decision(
            "rootless",
            "device nodes, and attributes `trusted.*` and `security.*`, in the archive are "
            "refused, and so are entries whose directory does not precede them",
        ),
    )


def oci_layout() -> tuple[Decision, ...]:
    """The steps of ``skopeo copy oci:``."""
    steps = (each for each in _oci_archive() if each.step not in ("compression", "members"))
    return (_IS_DIRECTORY, *steps, Decision("config, layers", _COPIED))


def dir_layout() -> tuple[Decision, ...]:
    """The steps of ``skopeo copy dir:``."""
    return (_IS_DIRECTORY, *_dir_layout(), Decision("config, layers", _COPIED))


def _dir_layout() -> Iterator[Decision]:
    yield Decision(
        "`manifest.json`",
        "must exist and be an image manifest of OCI or Docker, or an index, of which the image for "
        "the host is read from `HEX.manifest.json`; `version` is not read",
    )
    yield Decision(
        "digests and sizes",
        "config and layers are named by the hexadecimal digits of their digests, which are "
        "checked; the sizes of layers in the manifest are not",
    )


def _docker_archive(library: Library) -> Iterator[Decision]:
    lost = ""
    if library.loses_gzip_start:
        lost = "; this version loses the start of a gzip archive and refuses it"
    yield Decision("compression", f"{_COMPRESSION}; two compressions are removed{lost}")
    yield Decision(
        "members",
        "nothing is extracted: the tar is scanned to its end, names are cleaned, of duplicate "
        "names the first is used, one symlink is followed",
    )
    yield Decision(
        "`manifest.json`",
        "one JSON document, a list, at most 1 MiB; `null` and `[]` list no images",
    )
    yield Decision(
        "config and layers",
        "the config has at most 4 MiB and a `rootfs`; the number of layers must equal that of "
        "diff_ids; all layers must exist, with different paths; an uncompressed layer must hash to "
        "its diff_id; a layer that is a symlink has the size 0, which is an error unless the layer "
        "is already stored",
    )


def _oci_archive() -> Iterator[Decision]:
    yield Decision("compression", _COMPRESSION)
    yield Decision(
        "members",
        "all are extracted to a directory; refused are names, symlinks and hard links that point "
        "outside it, old GNU sparse files and type 7; of duplicate names the last is used",
    )
    yield Decision(
        "`index.json`",
        "must exist and list exactly one image; `oci-layout` is not read; from a nested index the "
        "image for the host is selected, whose variant must be one that the host runs; an index in "
        "that index is refused",
    )
    yield Decision(
        "manifest",
        "`data` of a descriptor must be base64; a Docker manifest must have Docker media types, an "
        "OCI manifest an OCI config; content with `urls` is requested from the first that answers, "
        "even if the archive has it; the config has at most 4 MiB",
    )
    yield Decision(
        "digests and sizes",
        "checked for config, layers and nested manifests, but not for the top-level manifest",
    )


def _of(transport: str, decision: Decision) -> Decision:
    return Decision(f"{transport}: {decision.step}", decision.rule)


def _diff_ids(library: Library) -> str:
    if library.refuses_wrong_diff_ids:
        return "its diff_ids must match the layers, also in an OCI archive"
    return "its diff_ids are not compared with the layers of an OCI archive"
