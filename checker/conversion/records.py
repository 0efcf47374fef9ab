"""What a conversion is asked for, and what it tells."""

from __future__ import annotations

from enum import StrEnum

from checker.errors import CheckerError, SettingsError
from checker.model.archive import Archive, Kind
from checker.model.compression import CompressionKind
from checker.model.image import Json
from checker.model.names import Platform
from checker.records import NamedTuple


class Form(StrEnum):
    """The forms that are written."""

    DOCKER_ARCHIVE = "docker-archive"
    OCI_ARCHIVE = "oci-archive"
    DOCKER_OCI_ARCHIVE = "docker-oci-archive"
    OCI_LAYOUT = "oci-layout"
    ROOTFS = "rootfs"

    @property
    def has_oci_layout(self) -> bool:
        """Whether it is an OCI image layout."""
        return self in (Form.OCI_ARCHIVE, Form.DOCKER_OCI_ARCHIVE, Form.OCI_LAYOUT)

    @property
    def has_manifest_json(self) -> bool:
        """Whether it has the ``manifest.json`` that ``docker load`` reads."""
        return self in (Form.DOCKER_ARCHIVE, Form.DOCKER_OCI_ARCHIVE)


LAYER_COMPRESSIONS = (CompressionKind.NONE, CompressionKind.GZIP, CompressionKind.ZSTD)
"""The compressions that layers are written in."""


class ConversionError(CheckerError):
    """The archive cannot be converted; the text says why, and names the place."""


class SelectionError(SettingsError):
    """The options do not choose what can be converted; the text lists what there is."""


class RootSettings(NamedTuple):
    """The config of the image that a root filesystem becomes.

    Attributes:
        platform: What it runs on.
        config: The ``config`` object: Cmd, Env and so on.
        comment: The comment of the one step of its history.
    """

    platform: Platform
    config: Json
    comment: str


class RootOptions(NamedTuple):
    """What is asked for of the image that a root filesystem becomes.

    Attributes:
        changes: The ``--change`` options.
        message: The comment; empty for that of ``docker import``.
        image: The archive of the image that the root filesystem was exported from.
    """

    changes: tuple[str, ...] = ()
    message: str = ""
    image: Archive | None = None


class Request(NamedTuple):
    """What is asked for.

    Attributes:
        form: The form to write.
        image: Name or digest of the image to convert; None for all that the form takes.
        platform: Platform of the image to convert; None for all that the form takes.
        ref: The name that the image gets, ``NAME:TAG``; None keeps its names.
        compression: Compression of the layers; None keeps it where the form allows it.
        is_strict: Whether it is an error if the form cannot hold something.
        host: The platform that is chosen where a form holds one of several.
        epoch: Times that are written, in seconds since 1970; None for 0, and the present time
            where an image is created.
        root: What is asked for of the image that a root filesystem becomes.
    """

    form: Form
    image: str | None = None
    platform: Platform | None = None
    ref: str | None = None
    compression: CompressionKind | None = None
    is_strict: bool = False
    host: Platform = Platform("linux", "amd64")
    epoch: int | None = None
    root: RootOptions = RootOptions()


class LeftOut(NamedTuple):
    """Something that the form cannot hold.

    Attributes:
        what: What it is: ``platform``, ``attestation``, ``referrer``, ``annotations``, ``urls``,
            ``name``, ``config`` or ``artifact``.
        detail: One sentence that says what is lost, and of which image.
    """

    what: str
    detail: str


class ConvertedLayer(NamedTuple):
    """A layer as it was written.

    Attributes:
        diff_id: Digest of the uncompressed layer.
        digest: Digest of the layer as it was written.
        size: Bytes as they were written.
        compression: How it is compressed.
        is_carried: Whether its bytes are those of the source.
    """

    diff_id: str
    digest: str
    size: int
    compression: CompressionKind
    is_carried: bool


class ConvertedImage(NamedTuple):
    """An image as it was written.

    Attributes:
        names: Its names.
        id: Digest of its config.
        digest: Digest of its manifest; None in a form without manifests.
        platform: What it runs on.
        layers: Its layers, base first.
    """

    names: tuple[str, ...]
    id: str
    digest: str | None
    platform: Platform | None
    layers: tuple[ConvertedLayer, ...]


class Conversion(NamedTuple):
    """A conversion that was done.

    Attributes:
        kind: The kind of what was found inside everything that surrounded it.
        steps: What was removed on the way there, one sentence each.
        images: The images that were written; none in a root filesystem.
        left_out: What the form cannot hold.
        entries: Entries of a root filesystem; 0 of images.
        errors: Errors of the archive that the result has as well, one line each.
    """

    kind: Kind
    steps: tuple[str, ...]
    images: tuple[ConvertedImage, ...]
    left_out: tuple[LeftOut, ...]
    entries: int
    errors: tuple[str, ...] = ()


class Written(NamedTuple):
    """What a conversion wrote.

    Attributes:
        images: The images; none in a root filesystem.
        left_out: What the form cannot hold.
        entries: Entries of a root filesystem; 0 of images.
    """

    images: tuple[ConvertedImage, ...]
    left_out: tuple[LeftOut, ...]
    entries: int = 0
