"""What decides in podman and skopeo."""

from __future__ import annotations

from collections.abc import Iterator

from checker.verdicts import Decision
from checker_engines.answers.importing import WHAT_IT_IS
from checker_engines.containers.versions import Library

_COMPRESSION = (
    "by the first bytes: gzip, bzip2, xz, zstd, but no zstd with a skippable frame in front; "
    "damage anywhere, and bytes behind the end, refuse"
)
_COPIED = "the command exits 0 whatever lies in the layers: nothing is unpacked"
_STORED = (
    "no path may come twice once names are cleaned (tar-split), every entry must be extractable on "
    "top of the layers below"
)


def load(library: Library) -> tuple[Decision, ...]:
    """The steps of ``podman load``."""
    return (
        Decision(
            "which format",
            "oci (a folder), oci-archive, docker-archive, dir, one after the other: the first "
            "that works is taken, so that a damaged OCI half does not matter if the Docker half "
            "is sound",
        ),
        *(_of("oci-archive", each) for each in _oci_archive()),
        *(_of("docker-archive", each) for each in _docker_archive(library)),
        Decision("names", "each in `manifest.json` must be valid and have a tag"),
        Decision("config", f"must decode as an OCI image config; {_diff_ids(library)}"),
        Decision("layers", _STORED),
        Decision(
            "not looked at", "operating system and architecture, but for the choice in an index"
        ),
    )


def import_() -> tuple[Decision, ...]:
    """The steps of ``podman import``."""
    return (
        Decision("compression", _COMPRESSION),
        Decision("entries", f"{_STORED}; whiteouts act on the new root and are gone"),
        WHAT_IT_IS,
    )


def docker_archive(library: Library) -> tuple[Decision, ...]:
    """The steps of ``skopeo copy docker-archive:``."""
    return (
        *_docker_archive(library),
        Decision(
            "images", "exactly one in `manifest.json`, as long as none is named; names unread"
        ),
        Decision("layers", _COPIED),
    )


def oci_archive() -> tuple[Decision, ...]:
    """The steps of ``skopeo copy oci-archive:``."""
    return (*_oci_archive(), Decision("config, layers", _COPIED))


def _docker_archive(library: Library) -> Iterator[Decision]:
    lost = ""
    if library.loses_gzip_start:
        lost = "; of a gzip archive this version loses the start, and refuses it"
    yield Decision("compression", f"{_COMPRESSION}; two are taken off{lost}")
    yield Decision(
        "members",
        "nothing is extracted: the tar is scanned to its end, names are cleaned, of equal ones the "
        "first counts, one symlink is followed",
    )
    yield Decision(
        "`manifest.json`",
        "one JSON document, a list, at most 1 MiB; `null` and `[]` are no image at all",
    )
    yield Decision(
        "what it names",
        "a config of at most 4 MiB with `rootfs`, as many layers as diff_ids, all there, no path "
        "for two of them; what a layer decompresses to must hash to its diff_id; of a symlink "
        "the size is 0, which refuses unless the layer was met before",
    )


def _oci_archive() -> Iterator[Decision]:
    yield Decision("compression", _COMPRESSION)
    yield Decision(
        "members",
        "all are extracted to a folder: names, symlinks and hard links that leave it refuse, as do "
        "old GNU sparse files and type 7; of equal names the last counts",
    )
    yield Decision(
        "`index.json`",
        "must be there and list exactly one image; `oci-layout` is not read; of a nested index the "
        "image for the host is taken",
    )
    yield Decision(
        "digests and sizes",
        "those of config, layers and nested manifests are compared; that of the manifest at the "
        "top is not",
    )


def _of(transport: str, decision: Decision) -> Decision:
    return Decision(f"{transport}: {decision.step}", decision.rule)


def _diff_ids(library: Library) -> str:
    if library.refuses_wrong_diff_ids:
        return "its diff_ids must be those of the layers, also from an OCI archive"
    return "its diff_ids are not compared where the layers come from an OCI archive"
