"""What the builders of healthy archives share: samples, members, configs, OCI documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from checker import Kind
from checker.testing.archive import Archive
from checker.testing.image import (
    CONFIG_TYPE,
    CREATED,
    INDEX_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    Blob,
    encode_json,
    sha256,
)
from checker.testing.tar import Member, compress, write_tar

Json: TypeAlias = Mapping[str, Any]

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
EPOCH = "1970-01-01T00:00:00Z"
TAR_RECORD = 10240
"""GNU tar, bsdtar and Python fill the last record up to this many bytes."""


class Sample(NamedTuple):
    """A healthy archive.

    Attributes:
        kind: What the checker is to take it for.
        members: Its members.
        compression: How the whole of it is compressed.
        is_folder: Whether it is written as a folder in place of a tar.
        records: Whether it is filled up to a whole number of tar records.
    """

    kind: Kind
    members: tuple[Member, ...]
    compression: str = "none"
    is_folder: bool = False
    records: bool = False

    @property
    def archive(self) -> Archive:
        """The members, to be written as a folder."""
        return Archive(self.kind, self.members)

    @property
    def content(self) -> bytes:
        """The bytes of the archive."""
        tar = in_records(self.members) if self.records else write_tar(self.members)
        return compress(tar, self.compression)


Samples: TypeAlias = Mapping[str, Callable[[], Sample]]


def in_records(members: Iterable[Member]) -> bytes:
    """A tar that is filled up to a whole number of records."""
    tar = write_tar(members)
    return tar + bytes(-len(tar) % TAR_RECORD)


def dated(members: Iterable[Member], mtime: int) -> tuple[Member, ...]:
    """The members, all changed at the same time."""
    return tuple(replace(member, mtime=mtime) for member in members)


def owned(member: Member, uid: int, gid: int | None = None) -> Member:
    """The member with another owner, and the group of the same number by default."""
    return replace(member, uid=uid, gid=uid if gid is None else gid)


def dotted(members: Iterable[Member]) -> tuple[Member, ...]:
    """The members below ``./``, hard links and all, as after ``tar -C folder -c .``."""
    return tuple(
        replace(
            member,
            name=f"./{member.name}",
            linkname=f"./{member.linkname}" if member.typeflag == b"1" else member.linkname,
        )
        for member in members
    )


def step(created_by: str, *, empty: bool = False, created: str = CREATED, **more: str) -> Json:
    """An entry of a config's history."""
    entry: dict[str, Any] = {"created": created, "created_by": created_by, **more}
    return entry | ({"empty_layer": True} if empty else {})


# --- OCI documents


class Stored(NamedTuple):
    """A layer as stored, and the digest of its plain tar."""

    blob: Blob
    diff_id: str


def stored(
    layer: Iterable[Member] | bytes,
    compression: str = "gzip",
    media_type: str = f"{LAYER_TYPE}+gzip",
) -> Stored:
    """A layer, compressed."""
    plain = layer if isinstance(layer, bytes) else write_tar(layer)
    return Stored(Blob(media_type, compress(plain, compression)), f"sha256:{sha256(plain)}")


def config_of(
    layers: Iterable[Stored],
    settings: Json,
    history: Iterable[Json],
    media_type: str = CONFIG_TYPE,
    **more: Any,
) -> Blob:
    """An image config for linux/amd64, unless ``more`` says otherwise."""
    document = {
        "architecture": "amd64",
        "config": dict(settings),
        "created": CREATED,
        "history": list(history),
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
    }
    return Blob(media_type, encode_json(document | more))


def manifest_of(
    config: Blob, layers: Iterable[Json], media_type: str = MANIFEST_TYPE, /, **more: Any
) -> Blob:
    """An image manifest over descriptors of layers."""
    document = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": config.descriptor,
        "layers": list(layers),
    }
    return Blob(media_type, encode_json(document | more))


def index_of(manifests: Iterable[Json], media_type: str = INDEX_TYPE, **more: Any) -> Blob:
    """An image index."""
    document = {"schemaVersion": 2, "mediaType": media_type, "manifests": list(manifests)}
    return Blob(media_type, encode_json(document | more))


def described(blob: Blob, annotations: Json | None = None, **more: Any) -> Json:
    """The descriptor of a blob, with annotations and more."""
    return blob.descriptor | ({"annotations": dict(annotations)} if annotations else {}) | more


def platform(architecture: str = "amd64", variant: str = "", system: str = "linux") -> Json:
    """The platform of a descriptor."""
    found = {"architecture": architecture, "os": system}
    return found | ({"variant": variant} if variant else {})
