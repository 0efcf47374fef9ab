"""What decides in Docker with its classic store."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.compression import CompressionKind
from checker.verdicts import Decision
from checker_engines.answers.importing import WHAT_IT_IS
from checker_engines.moby.image_config import CONFIG_29
from checker_engines.moby.versions import Version


def load(version: Version) -> tuple[Decision, ...]:
    """The steps of ``docker load``."""
    return (
        _whole_archive(version),
        *_extraction(version),
        _manifest_json(version),
        *_config(version),
        Decision(
            "layers",
            "as many as diff_ids, at most 125; each is taken apart like the whole archive, and "
            f"{_layer_rules(version)}; its uncompressed bytes must hash to the diff_id",
        ),
        Decision("history", "no more entries that are not `empty_layer` than layers"),
        Decision("RepoTags", "each a valid name with a tag; none at all is fine"),
        Decision(
            "not looked at",
            "`index.json` and `oci-layout`, the name of the config file, digests and sizes of the "
            "OCI half, the architecture, members that nothing refers to",
        ),
    )


def import_(version: Version) -> tuple[Decision, ...]:
    """The steps of ``docker import``."""
    return (
        _whole_archive(version),
        Decision(
            "entries",
            f"{_layer_rules(version)}; whiteouts act on the new root and are gone",
        ),
        WHAT_IT_IS,
    )


def _whole_archive(version: Version) -> Decision:
    zstd = "zstd, skippable frames in front too"
    if CompressionKind.ZSTD not in version.decompresses:
        zstd = "zstd is no tar to it"
    return Decision(
        "compression",
        f"by the first bytes: gzip (`unpigz`), bzip2, xz (the program `xz`); {zstd}; one alone is "
        f"taken off; damage {_damage(version)}",
    )


def _damage(version: Version) -> str:
    if version.reads_archive_to_end:
        return "anywhere refuses, since the stream is read to its end"
    return "matters where the tar has not ended before it"


def _extraction(version: Version) -> Iterator[Decision]:
    climbing = "is refused" if version.dialect.confinement.name else "ends at the root"
    yield Decision(
        "every member",
        "must be extractable, needed or not: no old GNU sparse file, no type 7, hard links to "
        f"what is there already, nothing below a file; a name that climbs out {climbing}; of "
        "equal names the last counts",
    )


def _manifest_json(version: Version) -> Decision:
    null = "is refused" if version.refuses_null_manifest else "loads nothing and exits 0"
    without = "is refused"
    if version.loads_legacy:
        without = (
            "means the form of before 2015: every folder at the top needs `json` and `layer.tar`, "
            "and `repositories` names them"
        )
    return Decision(
        "`manifest.json`",
        "found with links followed inside; its first JSON value as Go decodes it, a list, keys in "
        f"any case; `null` {null}; `[]` loads nothing and exits 0; to have none {without}",
    )


def _config(version: Version) -> Iterator[Decision]:
    lists = "Cmd, Entrypoint and Shell are lists or strings"
    if version.config is CONFIG_29:
        lists = "Cmd, Entrypoint and Shell are lists, ports are single ones"
    yield Decision(
        "config",
        f"one JSON document with `rootfs`, every field of the type that Go wants; {lists}; "
        "`rootfs.type` is not looked at",
    )
    other = ", else it refuses"
    if version.crashes_on_foreign_os:
        other = "; Windows refuses, any other crashes the daemon"
    yield Decision("operating system", f"empty or that of the host; another one {other}")


def _layer_rules(version: Version) -> str:
    late = "" if version.reads_layers_to_end else ", while damage behind the end goes unseen"
    return (
        "no path may come twice once names are cleaned (tar-split), every entry must be "
        f"extractable on top of the layers below{late}"
    )
