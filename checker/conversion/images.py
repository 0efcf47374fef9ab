"""The images of an archive as they are converted: every blob that they need is there and sound."""

from __future__ import annotations

import hashlib

from checker.conversion.legacy import LegacyImage, legacy_images
from checker.conversion.records import ConversionError
from checker.model.archive import Archive, Kind
from checker.model.blob import Blob
from checker.model.image import Config, Descriptor, Image, Layer, Manifest
from checker.model.names import FOREIGN_LAYER_TYPES, Platform, parse_digest, shorten
from checker.reading.opened import OpenArchive
from checker.records import NamedTuple

_MOST_CONFIG = 1 << 25


class SourceLayer(NamedTuple):
    """A layer of an image that is converted.

    Attributes:
        label: How messages call it.
        blob: Its content; None if only its descriptor is there, with URLs.
        diff_id: Digest of the uncompressed layer.
        descriptor: What refers to it in an OCI manifest.
    """

    label: str
    blob: Blob | None
    diff_id: str
    descriptor: Descriptor | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether its media type says that it is stored elsewhere."""
        return self.descriptor is not None and self.descriptor.media_type in FOREIGN_LAYER_TYPES


class SourceImage(NamedTuple):
    """An image that is converted.

    Attributes:
        label: How messages call it.
        names: Its names, as the archive gives them.
        config: The bytes of its config.
        layers: Its layers, base first.
        manifest: Its OCI manifest, if there is one.
        platform: What it runs on.
        image: The facts; None of an image whose config was made here.
    """

    label: str
    names: tuple[str, ...]
    config: bytes
    layers: tuple[SourceLayer, ...]
    manifest: Manifest | None
    platform: Platform | None
    image: Image | None

    @property
    def id(self) -> str:
        """Digest of the config."""
        return f"sha256:{hashlib.sha256(self.config).hexdigest()}"


class Candidate(NamedTuple):
    """An image that may be chosen.

    Attributes:
        label: How messages call it.
        names: Its names, as the archive gives them.
        digests: The digests by which it can be chosen.
        platform: What it runs on.
        image: The facts; None of an image of the oldest form.
        legacy: What an image of the oldest form is made of.
    """

    label: str
    names: tuple[str, ...]
    digests: tuple[str, ...]
    platform: Platform | None
    image: Image | None = None
    legacy: LegacyImage | None = None


def candidates(archive: Archive) -> tuple[Candidate, ...]:
    """The images of an archive.

    Raises:
        ConversionError: One of the oldest form lacks a part.
    """
    if archive.kind is Kind.DOCKER_ARCHIVE_LEGACY:
        return tuple(map(_legacy_candidate, legacy_images(archive)))
    return tuple(map(_candidate, archive.images))


def _candidate(image: Image) -> Candidate:
    config = None if image.config is None else image.config.blob.digest
    digests = tuple(digest for digest in (image.digest, config) if digest)
    return Candidate(image.label, image.names, digests, image.platform, image=image)


def _legacy_candidate(found: LegacyImage) -> Candidate:
    digest = f"sha256:{hashlib.sha256(found.config).hexdigest()}"
    return Candidate(found.label, found.names, (digest,), found.platform, legacy=found)


def source_image(opened: OpenArchive, found: Candidate) -> SourceImage:
    """An image, once everything that it needs is verified.

    Raises:
        ConversionError: A part of it is missing, or is not what it should be.
    """
    if found.legacy is not None:
        return _legacy_source(opened.archive, found.legacy)
    if found.image is None:
        raise ConversionError(f"{found.label} is not an image")
    return _source_image(opened, found.image)


def _legacy_source(archive: Archive, found: LegacyImage) -> SourceImage:
    return SourceImage(
        label=found.label,
        names=found.names,
        config=found.config,
        layers=tuple(
            _verified(archive, SourceLayer(label, blob, blob.diff_id or ""))
            for label, blob in found.layers
        ),
        manifest=None,
        platform=found.platform,
        image=None,
    )


def verified_layers(archive: Archive, found: Candidate) -> tuple[Blob, ...]:
    """The layers of an image whose content is there, once everything is verified.

    Raises:
        ConversionError: A part of it is missing, or is not what it should be.
    """
    if found.legacy is not None:
        layers = _legacy_source(archive, found.legacy).layers
    elif found.image is None:
        raise ConversionError(f"{found.label} is not an image")
    else:
        layers = _layers_of(archive, found.image, _config_of(archive, found.image))
    absent = next((layer for layer in layers if layer.blob is None), None)
    if absent is not None:
        raise ConversionError(f"{absent.label} is not in the archive")
    return tuple(layer.blob for layer in layers if layer.blob is not None)


def _source_image(opened: OpenArchive, image: Image) -> SourceImage:
    archive = opened.archive
    config = _config_of(archive, image)
    return SourceImage(
        label=image.label,
        names=image.names,
        config=read_small(opened, config.blob),
        layers=_layers_of(archive, image, config),
        manifest=image.manifest,
        platform=image.platform,
        image=image,
    )


def _config_of(archive: Archive, image: Image) -> Config:
    config = image.config
    if config is None:
        raise ConversionError(f"the config of {image.label} is missing or is not a JSON object")
    check_blob(archive, config.blob, f"the config of {image.label}")
    _check_digest(image, config.blob)
    return config


def _layers_of(archive: Archive, image: Image, config: Config) -> tuple[SourceLayer, ...]:
    diff_ids = config.diff_ids or ()
    if len(diff_ids) != len(image.layers):
        raise ConversionError(
            f"{image.label} has {len(image.layers)} layers, its config lists {len(diff_ids)} "
            "diff_ids"
        )
    return tuple(
        _source_layer(archive, layer, diff_id)
        for layer, diff_id in zip(image.layers, diff_ids, strict=True)
    )


def read_small(opened: OpenArchive, blob: Blob) -> bytes:
    """The bytes of a document.

    Raises:
        ConversionError: They are not those that were read before.
    """
    data = b"".join(opened.stored(blob)) if blob.size <= _MOST_CONFIG else b""
    if hashlib.sha256(data).hexdigest() != blob.digests["sha256"]:
        raise ConversionError(f"{blob.location.member} changed while it was converted")
    return data


def _check_digest(image: Image, blob: Blob) -> None:
    """Make sure that the manifest refers to the config by its digest."""
    manifest = image.manifest
    wanted = None if manifest is None or manifest.config is None else manifest.config.digest
    if wanted is not None and blob.hashes_to(wanted) is False:
        raise ConversionError(
            f"the config of {image.label} hashes to {shorten(blob.digest)}, its manifest says "
            f"{shorten(str(wanted))}"
        )


def _source_layer(archive: Archive, layer: Layer, diff_id: str) -> SourceLayer:
    blob = layer.blob
    found = SourceLayer(layer.label, blob, diff_id, layer.descriptor)
    if blob is None:
        if layer.descriptor is not None and layer.descriptor.urls:
            return found
        place = layer.path or layer.location.digest or "its content"
        raise ConversionError(f"{layer.label} is not in the archive: {place}")
    if layer.is_encrypted:
        raise ConversionError(f"{layer.label} is encrypted; it needs the key of a recipient")
    return _verified(archive, found)


def _verified(archive: Archive, layer: SourceLayer) -> SourceLayer:
    """A layer whose content is what the documents say.

    Raises:
        ConversionError: It is not, or it was not read whole.
    """
    blob = layer.blob
    if blob is None:
        return layer
    check_blob(archive, blob, layer.label)
    digest = None if layer.descriptor is None else layer.descriptor.digest
    if digest is not None and blob.hashes_to(digest) is False:
        raise ConversionError(
            f"{layer.label} hashes to {shorten(blob.digest)}, its descriptor says "
            f"{shorten(str(digest))}"
        )
    if blob.compression.error is not None or blob.compression.truncated:
        problem = blob.compression.error or "the compressed data ends early"
        raise ConversionError(f"{layer.label} is damaged: {problem}")
    if parse_digest(layer.diff_id) is None or blob.diff_id != layer.diff_id:
        raise ConversionError(
            f"{layer.label}: its uncompressed content hashes to {shorten(blob.diff_id or '')}, "
            f"its config says {shorten(layer.diff_id)}"
        )
    return layer


def check_blob(archive: Archive, blob: Blob, label: str) -> None:
    """Make sure that a blob was read whole.

    Raises:
        ConversionError: It was not.
    """
    if blob.limits:
        reached = blob.limits[0]
        raise ConversionError(
            f"{label} was not read whole: limit {reached.limit} ({reached.what}); raise it with "
            f"--limit {reached.limit}=VALUE"
        )
    if blob.error is not None:
        raise ConversionError(f"{label} cannot be read: {blob.error}")
    if not archive.has_all_of(blob):
        raise ConversionError(
            f"{label} is cut short: {blob.size} of {archive.entries.sizes[blob.position]} bytes"
        )


def root_layers(archive: Archive, image: SourceImage) -> tuple[Layer, ...]:
    """The layers of an image whose root can be merged.

    Raises:
        ConversionError: A layer is missing, is not a sound tar, or is for Windows.
    """
    layers = tuple(
        Layer(archive.location, number, layer.descriptor, None, layer.blob, layer.diff_id)
        for number, layer in enumerate(image.layers)
    )
    for source, layer in zip(image.layers, layers, strict=True):
        tar = None if layer.blob is None else layer.blob.tar
        if tar is None:
            raise ConversionError(f"{source.label} is not in the archive, or is not a tar")
        if tar.fatal is not None:
            raise ConversionError(
                f"{source.label} is damaged at byte {tar.fatal.offset}: {tar.fatal.detail}"
            )
        if tar.limits:
            raise ConversionError(f"{source.label} was not read whole: limit {tar.limits[0].limit}")
        if layer.entries.is_windows:
            raise ConversionError(f"{source.label} is a layer for Windows, which is not merged")
    return layers


def no_image(archive: Archive) -> ConversionError:
    """Why there is nothing to convert."""
    if archive.damage is not None:
        return ConversionError(f"the file is {archive.damage.summary}")
    if len(archive.nested_images) > 1:
        names = ", ".join(archive.entries.name(position) for position in archive.nested_images)
        return ConversionError(f"it contains several archives: {names}; extract the one to convert")
    fatal = archive.tar.fatal
    if fatal is not None:
        return ConversionError(f"it is damaged at byte {fatal.offset}: {fatal.detail}")
    if archive.known_kind is not None:
        return ConversionError(archive.known_kind.reason)
    return ConversionError(f"it is not an image or a root filesystem ({archive.kind})")
