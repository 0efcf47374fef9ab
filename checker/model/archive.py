"""The archive: everything that reading it brought to light."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from checker.model.blob import Blob
from checker.model.compression import Compression
from checker.model.document import Document
from checker.model.entries import Entries
from checker.model.image import Descriptor, Image, Index, Layer, Manifest, ManifestItem
from checker.model.known_kind import KnownKind
from checker.model.limits import LimitReached
from checker.model.location import Location
from checker.model.members import Members
from checker.model.raw_tar import RawTar
from checker.model.rootfs import Rootfs
from checker.model.tar import Tar
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.model.attached import Attached
    from checker.model.damage import Damage


class Source(StrEnum):
    """What the bytes came from; ``STREAM`` is standard input or a file object of the caller."""

    FILE = "file"
    STREAM = "stream"
    DIRECTORY = "folder"


class Kind(StrEnum):
    """What an archive is.

    ``WRAPPED``: an image one directory too deep. ``NESTED``: an archive inside a tar. ``LAYER``: a
    changeset with whiteouts.
    """

    DOCKER_ARCHIVE = "docker-archive"
    DOCKER_ARCHIVE_LEGACY = "docker-archive-legacy"
    OCI_ARCHIVE = "oci-archive"
    DOCKER_OCI_ARCHIVE = "docker-oci-archive"
    OCI_LAYOUT = "oci-layout"
    ROOTFS = "rootfs"
    LAYER = "layer"
    WRAPPED = "wrapped"
    NESTED = "nested"
    EMPTY = "empty"
    UNKNOWN = "unknown"
    NOT_A_TAR = "not-a-tar"


FLAT_KINDS = frozenset({Kind.ROOTFS, Kind.LAYER})
"""The kinds that are a root filesystem, or a layer of one, themselves."""

IMAGE_KINDS = frozenset(
    {
        Kind.DOCKER_ARCHIVE,
        Kind.DOCKER_ARCHIVE_LEGACY,
        Kind.OCI_ARCHIVE,
        Kind.DOCKER_OCI_ARCHIVE,
        Kind.OCI_LAYOUT,
    },
)
"""The kinds that have images where engines look for them."""


class DockerArchive(NamedTuple):
    """What an archive has for ``docker load`` (Docker image specification v1.2).

    Attributes:
        blob: ``manifest.json``; None in a legacy archive.
        document: Its JSON, if it looks like JSON.
        items: Its images, those that are JSON objects.
        repositories: ``repositories``, if it is there.
        legacy_ids: Top-level directories with ``json`` and ``layer.tar``, the form before 2015.
    """

    blob: Blob | None
    document: Document | None
    items: tuple[ManifestItem, ...]
    repositories: Blob | None
    legacy_ids: tuple[str, ...]


class OciLayout(NamedTuple):
    """The image layout in an archive (OCI image-spec 1.1, image-layout.md).

    Attributes:
        layout: ``oci-layout``, if it is there.
        root_index: ``index.json``; None if it is missing or not a JSON object.
        index_blob: The content of ``index.json``, whatever it is.
        indexes: All indexes, ``index.json`` first, each once.
        manifests: All manifests that are in the archive, each once.
    """

    layout: Blob | None
    root_index: Index | None
    index_blob: Blob | None
    indexes: tuple[Index, ...]
    manifests: tuple[Manifest, ...]

    @property
    def unfollowed(self) -> tuple[Descriptor, ...]:
        """What indexes refer to that is missing, no index or manifest, or was not understood."""
        followed = {each.descriptor.digest_text for each in self.manifests}
        followed |= {each.descriptor.digest_text for each in self.indexes if each.descriptor}
        return tuple(
            descriptor
            for index in self.indexes
            for descriptor in index.manifests
            if descriptor.digest_text is None or descriptor.digest_text not in followed
        )


class Stats(NamedTuple):
    """What reading cost: bytes and seconds."""

    bytes_read: int
    bytes_inflated: int
    entries: int
    seconds: float


class Archive(NamedTuple):
    """One archive, read.

    Attributes:
        path: The path as the user gave it; ``-`` for standard input.
        source: What the bytes came from.
        size: Size in bytes; of a directory, the sum of its files.
        digests: Digests of the bytes as they came, in hexadecimal, by algorithm; none for a
            directory, or if they were not asked for. Who asks for one that is still computed waits.
        compression: How the whole archive is compressed.
        tar: The outer tar; of a directory, its files as entries.
        members: The members and what was read of them.
        kind: What it is.
        docker: What it has for ``docker load``; None without any of these files.
        oci: Its image layout; None without ``oci-layout`` and ``index.json``.
        images: Its images.
        rootfs: Its root filesystem, if it is a flat one.
        limits: Limits that cut the reading short, those of its tar and blobs included.
        stats: What reading cost.
        inside: Where what comes out of the decompression is compressed once more, the archive
            that a second one leaves, which few engines come to see. A third is not tried.
        image_directory: Directory that contains an image, of a wrapped one.
        root_directory: Directory that contains a root filesystem, where the top is none.
        known_kind: What it is recognised as, if it is neither an image nor a root filesystem.
        nested_images: Positions of the members that are image archives, if it is ``NESTED``.
        image_directory: Directory whose content is an image, if it is ``WRAPPED``.
        root_directory: Directory whose content is a root filesystem, if it is ``UNKNOWN``.
        known_kind: What it is recognised as, if it has no image and no root filesystem.
        damage: What happened to the file on its way, if it is not a sound archive and the cause is
            recognized.
        attached: Signatures, attestations and SBOMs of the image layout, not verified.
        crashes: Steps of reading and interpretation that failed, one line each; their answers are
            missing.
        raw: Bytes of its tar, if programs in C may read other entries from it than Go.
    """

    path: str
    source: Source
    size: int
    digests: Mapping[str, str]
    compression: Compression
    tar: Tar
    members: Members
    kind: Kind
    docker: DockerArchive | None
    oci: OciLayout | None
    images: tuple[Image, ...]
    rootfs: Rootfs | None
    limits: tuple[LimitReached, ...]
    stats: Stats
    inside: Archive | None = None
    nested_images: tuple[int, ...] = ()
    image_directory: str | None = None
    root_directory: str | None = None
    known_kind: KnownKind | None = None
    damage: Damage | None = None
    attached: tuple[Attached, ...] = ()
    crashes: tuple[str, ...] = ()
    raw: RawTar | None = None

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the bytes as they came; None for a directory, or if not asked for."""
        return self.digests.get("sha256")

    @property
    def location(self) -> Location:
        """The archive itself."""
        return Location(archive=self.path)

    @property
    def entries(self) -> Entries:
        """The members of the archive."""
        return self.tar.entries

    @property
    def is_read_to_end(self) -> bool:
        """Whether every member was seen; else what seems missing may follow further on."""
        return self.tar.fatal is None and not self.tar.limits and self.tar.is_listed

    @property
    def packed(self) -> Archive:
        """The facts of a directory as if its content were packed in a tar; else these facts."""
        if self.source is not Source.DIRECTORY:
            return self
        kind = Kind.OCI_ARCHIVE if self.kind is Kind.OCI_LAYOUT else self.kind
        tar = self.tar._replace(end=self.tar.size, end_blocks=2)
        return self._replace(source=Source.FILE, kind=kind, tar=tar)

    def without_content(self) -> Archive:
        """The archive without what takes memory: entries, blobs and documents.

        Kind, sizes, digests, limits and statistics remain, and of each image its names, its
        platform, and sizes and digests of its layers.
        """
        return self._replace(
            tar=_without_entries(self.tar),
            members=Members(Entries(), {}),
            docker=None,
            oci=None,
            images=tuple(map(_without_documents, self.images)),
            rootfs=None if self.rootfs is None else Rootfs(self.location, ()),
            inside=None,
            attached=(),
            raw=None,
        )

    def has_all_of(self, blob: Blob) -> bool:
        """Whether the content of a member is there and was read as far as its header promises."""
        return blob.whole and self.entries.sizes[blob.position] == blob.size


def _without_entries(tar: Tar) -> Tar:
    return tar._replace(entries=Entries(), contents={}, elf_files={}, global_records={})


def _without_documents(image: Image) -> Image:
    layers = tuple(_without_table(layer) for layer in image.layers)
    return image._replace(manifest=None, item=None, config=None, layers=layers)


def _without_table(layer: Layer) -> Layer:
    blob = layer.blob
    return layer._replace(blob=None if blob is None else blob._replace(document=None, tar=None))
