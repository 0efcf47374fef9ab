"""Images: descriptor, index, manifest, config and layer, OCI 1.1 and Docker schema 2 alike.

The records are lenient: what has the wrong JSON type is taken as absent. The documents are kept
beside them, so that the schema rules can say what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from checker.model.blob import Blob
from checker.model.document import Document, pointer
from checker.model.entries import Entries
from checker.model.location import Location
from checker.model.names import (
    CONFIG_TYPES,
    ENCRYPTED_SUFFIX,
    INDEX_TYPES,
    LAYER_COMPRESSION,
    MANIFEST_TYPES,
    Digest,
    Platform,
    parse_digest,
)
from checker.model.tar import Tar
from checker.records import NamedTuple

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
REFERENCE_TYPE = "vnd.docker.reference.type"
ATTESTATION = "attestation-manifest"
_NO_ENTRIES = Entries()

Json = Mapping[str, object]


class Nature(StrEnum):
    """What a document that refers to others is."""

    INDEX = "index"
    MANIFEST = "manifest"


def mapping(value: object) -> Json:
    """The value as a JSON object; an empty one if it is not."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str | None:
    """The value as a string; None if it is not."""
    return value if isinstance(value, str) else None


def integer(value: object) -> int | None:
    """The value as a whole number; None if it is not."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def items(value: object) -> list[object]:
    """The value as a JSON array; an empty one if it is not."""
    return value if isinstance(value, list) else []


def strings(value: object) -> tuple[str, ...]:
    """The strings of a JSON array."""
    return tuple(item for item in items(value) if isinstance(item, str))


class Descriptor(NamedTuple):
    """A reference to a blob (OCI image-spec 1.1, descriptor.md).

    Attributes:
        location: The place of the descriptor: member and JSON pointer.
        media_type: Media type of the blob.
        digest_text: The digest as written there.
        size: Size of the blob in bytes.
        platform: What the image that it refers to runs on.
        annotations: Its annotations, those that are strings.
        urls: Where else the blob can be had.
        artifact_type: Type of the artifact that it refers to.
        data: The embedded content, base64 as written there.
    """

    location: Location
    media_type: str | None = None
    digest_text: str | None = None
    size: int | None = None
    platform: Platform | None = None
    annotations: Mapping[str, str] = MappingProxyType({})
    urls: tuple[str, ...] = ()
    artifact_type: str | None = None
    data: str | None = None

    @property
    def digest(self) -> Digest | None:
        """The digest, if it follows the grammar."""
        return parse_digest(self.digest_text)

    @property
    def is_attestation(self) -> bool:
        """Whether BuildKit marked it as an attestation of another manifest."""
        return self.annotations.get(REFERENCE_TYPE) == ATTESTATION


class Index(NamedTuple):
    """An image index or manifest list.

    Attributes:
        location: The document.
        descriptor: What refers to it; None for ``index.json``.
        blob: Its content.
        document: Its JSON.
        media_type: The media type that the document gives itself.
        manifests: What it refers to.
        depth: 0 for ``index.json``, 1 for what it refers to, and so on.
    """

    location: Location
    descriptor: Descriptor | None
    blob: Blob
    document: Document
    media_type: str | None
    manifests: tuple[Descriptor, ...]
    depth: int


class Manifest(NamedTuple):
    """An image manifest.

    Attributes:
        location: The document.
        descriptor: What refers to it.
        blob: Its content.
        document: Its JSON.
        media_type: The media type that the document gives itself.
        artifact_type: Type of the artifact, if it is one.
        config: The descriptor of its config.
        layers: The descriptors of its layers, base first.
        subject: The manifest that this one says something about.
        annotations: Its annotations, those that are strings.
    """

    location: Location
    descriptor: Descriptor
    blob: Blob
    document: Document
    media_type: str | None
    artifact_type: str | None
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    subject: Descriptor | None
    annotations: Mapping[str, str]

    @property
    def is_image(self) -> bool:
        """Whether it describes a container image, not an artifact or an attestation."""
        if self.config is None or self.config.media_type not in CONFIG_TYPES:
            return False
        if self.descriptor.is_attestation:
            return False
        return not self.layers or any(
            layer.media_type in LAYER_COMPRESSION or ".layer." in (layer.media_type or "")
            for layer in self.layers
        )


class Config(NamedTuple):
    """An image config (OCI image-spec 1.1, config.md; Docker image specification v1.2).

    Attributes:
        location: The document.
        blob: Its content.
        document: Its JSON.
        os: Operating system, such as ``linux``.
        architecture: CPU architecture, such as ``amd64``.
        variant: Variant of the CPU, such as ``v8``.
        created: When the image was created, as written there.
        rootfs_type: What ``rootfs.type`` says.
        diff_ids: Digests of the uncompressed layers, base first; None if there is no such list.
        history: What was done, oldest first.
        settings: The ``config`` object: Cmd, Entrypoint, Env, User and so on.
    """

    location: Location
    blob: Blob
    document: Document
    os: str | None
    architecture: str | None
    variant: str | None
    created: str | None
    rootfs_type: str | None
    diff_ids: tuple[str, ...] | None
    history: tuple[Json, ...]
    settings: Json

    @property
    def platform(self) -> Platform:
        """The platform that it says the image is for."""
        return Platform(self.os or "", self.architecture or "", self.variant)

    @property
    def env(self) -> Mapping[str, str]:
        """The environment; the last one wins where a name is repeated."""
        pairs = (item.partition("=") for item in strings(self.settings.get("Env")))
        return {name: value for name, _, value in pairs}

    def command_line(self, key: str) -> tuple[str, ...]:
        """``Entrypoint`` or ``Cmd`` as a list of words; a string alone is one word."""
        value = self.settings.get(key)
        return (value,) if isinstance(value, str) else strings(value)

    @property
    def has_command(self) -> bool:
        """Whether ``Entrypoint`` or ``Cmd`` has a word."""
        return bool(self.command_line("Entrypoint") or self.command_line("Cmd"))


class ManifestItem(NamedTuple):
    """One image of ``manifest.json`` (Docker image specification v1.2, "Combined Image JSON").

    Attributes:
        location: The item in ``manifest.json``.
        config: Path of the config.
        repo_tags: The names of the image.
        layers: Paths of the layers, base first.
        parent: Id of the parent image, if it is given.
    """

    location: Location
    config: str | None
    repo_tags: tuple[str, ...]
    layers: tuple[str, ...]
    parent: str | None


class Layer(NamedTuple):
    """One layer of one image.

    Attributes:
        location: The layer: image, position, and member or digest.
        position: Position in the image, 0 for the base.
        descriptor: What refers to it, in an OCI manifest.
        path: Path that ``manifest.json`` gives for it.
        blob: Its content; None if it is not in the archive.
        diff_id: The diffID that the config gives for it.
    """

    location: Location
    position: int
    descriptor: Descriptor | None
    path: str | None
    blob: Blob | None
    diff_id: str | None

    @property
    def tar(self) -> Tar | None:
        """Its content; None if it is absent or no tar."""
        return None if self.blob is None else self.blob.tar

    @property
    def entries(self) -> Entries:
        """Its entries; none if it is absent or no tar."""
        return _NO_ENTRIES if self.tar is None else self.tar.entries

    @property
    def is_encrypted(self) -> bool:
        """Whether its media type says that it is encrypted (containers/ocicrypt)."""
        media_type = None if self.descriptor is None else self.descriptor.media_type
        return (media_type or "").endswith(ENCRYPTED_SUFFIX)

    @property
    def label(self) -> str:
        """How messages call it: ``layer 2 of app:1``, counted from 0."""
        return f"layer {self.position} of {self.location.image}"


class Image(NamedTuple):
    """One image for one platform, whether ``manifest.json``, an image layout or both describe it.

    Attributes:
        location: The image.
        names: Its names, as the archive gives them.
        digest: Digest of its manifest, else of its config.
        manifest: Its OCI manifest, if there is one.
        item: Its item of ``manifest.json``, if there is one.
        config: Its config; None if it is missing or no JSON object.
        layers: Its layers, base first.
        platform: The platform of its config, else of its descriptor.
    """

    location: Location
    names: tuple[str, ...]
    digest: str | None
    manifest: Manifest | None
    item: ManifestItem | None
    config: Config | None
    layers: tuple[Layer, ...]
    platform: Platform | None

    @property
    def label(self) -> str:
        """How messages call it."""
        return self.location.image or "the image"

    @property
    def is_windows(self) -> bool:
        """Whether it is for Windows, as its platform says or, without one, its layers show."""
        if self.platform is not None and self.platform.os:
            return self.platform.os.lower() == "windows"
        return any(layer.entries.is_windows for layer in self.layers)


def nature_of(value: object) -> Nature | None:
    """Whether a document is an index or a manifest: as it says itself, else by its members.

    Returns:
        None if it is neither, or if its members would fit both.
    """
    own = text(mapping(value).get("mediaType"))
    if own in INDEX_TYPES:
        return Nature.INDEX
    if own in MANIFEST_TYPES:
        return Nature.MANIFEST
    document = mapping(value)
    lists_manifests = isinstance(document.get("manifests"), list)
    lists_layers = isinstance(document.get("layers"), list)
    if lists_manifests and not lists_layers and "config" not in document:
        return Nature.INDEX
    if lists_layers and not lists_manifests and "config" in document:
        return Nature.MANIFEST
    return None


def read_platform(value: object) -> Platform | None:
    """The platform object of a descriptor."""
    if not isinstance(value, dict):
        return None
    return Platform(
        text(value.get("os")) or "",
        text(value.get("architecture")) or "",
        text(value.get("variant")),
        text(value.get("os.version")),
        strings(value.get("os.features")),
    )


def read_annotations(value: object) -> Mapping[str, str]:
    """The annotations that are strings."""
    return {key: item for key, item in mapping(value).items() if isinstance(item, str)}


def read_descriptor(value: object, location: Location) -> Descriptor | None:
    """A descriptor; None if the value is not a JSON object."""
    if not isinstance(value, dict):
        return None
    return Descriptor(
        location=location,
        media_type=text(value.get("mediaType")),
        digest_text=text(value.get("digest")),
        size=integer(value.get("size")),
        platform=read_platform(value.get("platform")),
        annotations=read_annotations(value.get("annotations")),
        urls=strings(value.get("urls")),
        artifact_type=text(value.get("artifactType")),
        data=text(value.get("data")),
    )


def _read_descriptors(value: object, location: Location, key: str) -> tuple[Descriptor, ...]:
    found = (
        read_descriptor(item, location._replace(pointer=pointer(key, i)))
        for i, item in enumerate(items(value))
    )
    return tuple(descriptor for descriptor in found if descriptor is not None)


def read_index(blob: Blob, document: Document, descriptor: Descriptor | None, depth: int) -> Index:
    """An index, from its document."""
    value = mapping(document.value)
    return Index(
        location=blob.location,
        descriptor=descriptor,
        blob=blob,
        document=document,
        media_type=text(value.get("mediaType")),
        manifests=_read_descriptors(value.get("manifests"), blob.location, "manifests"),
        depth=depth,
    )


def read_manifest(blob: Blob, document: Document, descriptor: Descriptor) -> Manifest:
    """A manifest, from its document."""
    value = mapping(document.value)
    place = blob.location
    return Manifest(
        location=place,
        descriptor=descriptor,
        blob=blob,
        document=document,
        media_type=text(value.get("mediaType")),
        artifact_type=text(value.get("artifactType")),
        config=read_descriptor(value.get("config"), place._replace(pointer="/config")),
        layers=_read_descriptors(value.get("layers"), place, "layers"),
        subject=read_descriptor(value.get("subject"), place._replace(pointer="/subject")),
        annotations=read_annotations(value.get("annotations")),
    )


def config_of(blob: Blob | None, image: str) -> Config | None:
    """The config in a blob; None if it is absent or not a JSON object."""
    document = None if blob is None else blob.document
    if blob is None or document is None or not isinstance(document.value, dict):
        return None
    return read_config(blob, document, image)


def read_config(blob: Blob, document: Document, image: str | None) -> Config:
    """A config, from its document."""
    value = mapping(document.value)
    rootfs = mapping(value.get("rootfs"))
    diff_ids = rootfs.get("diff_ids")
    return Config(
        location=blob.location._replace(image=image),
        blob=blob,
        document=document,
        os=text(value.get("os")),
        architecture=text(value.get("architecture")),
        variant=text(value.get("variant")),
        created=text(value.get("created")),
        rootfs_type=text(rootfs.get("type")),
        diff_ids=strings(diff_ids) if isinstance(diff_ids, list) else None,
        history=tuple(mapping(item) for item in items(value.get("history"))),
        settings=mapping(value.get("config")),
    )


def read_manifest_item(value: object, location: Location) -> ManifestItem | None:
    """One item of ``manifest.json``; None if it is not a JSON object.

    Keys are matched without regard to case, as Go's decoder does.
    """
    if not isinstance(value, dict):
        return None
    folded = {key.lower(): item for key, item in value.items()}
    return ManifestItem(
        location=location,
        config=text(folded.get("config")),
        repo_tags=strings(folded.get("repotags")),
        layers=strings(folded.get("layers")),
        parent=text(folded.get("parent")),
    )
