"""What decides the outcome in Docker with the classic image store."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.compression import CompressionKind
from checker.model.names import OLD_REFERENCE
from checker.model.xattrs import NOT_SUPPORTED
from checker.verdicts import Decision
from checker_engines.answers.importing import WHAT_IT_IS
from checker_engines.answers.storing import on_drivers, rootless
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
            "the number must equal that of diff_ids, at most 125; each is decompressed and "
            f"extracted like the whole archive; {_layer_rules(version)}; the uncompressed tar must "
            "hash to the diff_id",
        ),
        *_storage(version),
        Decision("history", "at most as many entries without `empty_layer` as layers"),
        Decision(
            "RepoTags", f"each must be a valid name with a tag; may be empty; {_names(version)}"
        ),
        Decision(
            "Parent",
            "ignored unless it is another image of the archive, whose history must be that of the "
            "image without the last entry",
        ),
        Decision(
            "not checked",
            "`index.json` and `oci-layout`, the name of the config file, digests and sizes in the "
            "OCI layout, the architecture, unreferenced members",
        ),
    )


def import_(version: Version) -> tuple[Decision, ...]:
    """The steps of ``docker import``."""
    return (
        _whole_archive(version),
        Decision(
            "entries",
            f"{_layer_rules(version)}; the archive is extracted as a layer is, whiteouts included",
        ),
        WHAT_IT_IS,
    )


def _storage(version: Version) -> Iterator[Decision]:
    if version.converter.open_parent is None:
        yield from on_drivers("refused")
    else:
        yield from on_drivers("refused, and so is a marker below a whiteout", root="ignored")
    devices = "device nodes in the archive itself, and owners of its members above 65536, are"
    applied = "" if version.rootless.has_native_diff else "; layers are applied as on vfs"
    yield rootless(f"{devices} refused", applied)


def _whole_archive(version: Version) -> Decision:
    zstd = "zstd, also with leading skippable frames"
    if CompressionKind.ZSTD not in version.decompresses:
        zstd = "not zstd"
    return Decision(
        "compression",
        f"detected by the first bytes: gzip (`unpigz`), bzip2, xz (the program `xz`), {zstd}; only "
        f"one compression is removed; damage {_damage(version)}",
    )


def _damage(version: Version) -> str:
    if version.reads_archive_to_end:
        return "anywhere is an error, since the stream is read to its end"
    return "is an error unless it follows the end of the tar"


def _names(version: Version) -> str:
    if version.references is OLD_REFERENCE:
        return "a domain has a dot or a port; no IPv6 addresses"
    return "a domain has a dot, a port or uppercase letters; IPv6 addresses are accepted"


def _extraction(version: Version) -> Iterator[Decision]:
    climbing = "refused" if version.dialect.confinement.name else "resolved below the root"
    yield Decision(
        "every member",
        "must be extractable, even if unused; refused are old GNU sparse files, type 7, hard links "
        "to files that do not exist yet, and entries below a file; names that point outside the "
        f"archive are {climbing}; of duplicate names the last is used",
    )
    length = "paths of more than 4095 bytes, a leading slash included"
    if version.dialect.resolve is not None:
        length = "paths whose missing parents have more than 4095 bytes"
    yield Decision(
        "lengths",
        f"refused are {length}, names of more than 255 bytes, and targets of symbolic links of "
        "more than 4095 bytes",
    )
    unsupported = "ignored" if NOT_SUPPORTED in version.dialect.ignored_xattr_errors else "refused"
    yield Decision(
        "extended attributes",
        "refused if the name is empty, the value has more than 64 KiB, or a capability or access "
        f"control list is invalid; an attribute without a known namespace is {unsupported}",
    )


def _manifest_json(version: Version) -> Decision:
    null = "is refused" if version.refuses_null_manifest else "loads nothing and exits 0"
    without = "is refused"
    if version.loads_legacy:
        without = (
            "means the legacy format: every top-level directory needs `json` and `layer.tar`, and "
            "`repositories` names the images"
        )
    return Decision(
        "`manifest.json`",
        "links to it are followed inside the archive; its first JSON value is decoded as Go does, "
        f"as a list, keys case-insensitively; `null` {null}; `[]` loads nothing and exits 0; a "
        f"missing file {without}",
    )


def _config(version: Version) -> Iterator[Decision]:
    lists = "Cmd, Entrypoint and Shell may be lists or strings"
    if version.config is CONFIG_29:
        lists = "Cmd, Entrypoint and Shell must be lists, ports must not be ranges"
    yield Decision(
        "config",
        f"one JSON document with `rootfs`, every field of the type that Go expects; {lists}; "
        "`rootfs.type` is not checked",
    )
    other = "is refused"
    if version.crashes_on_foreign_os:
        other = "crashes the daemon, except Windows and unknown names, which are refused"
    yield Decision("operating system", f"empty or that of the host; any other {other}")


def _layer_rules(version: Version) -> str:
    late = "" if version.reads_layers_to_end else ", but damage after the end of the tar is ignored"
    return f"each cleaned path must be unique (tar-split), every entry must be extractable{late}"
