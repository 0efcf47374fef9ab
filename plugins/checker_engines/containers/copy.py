"""Copies an image to a directory or to storage (containers/image v5.23 and v5.39, package copy)."""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.blob import Blob
from checker.model.entries import Entries
from checker.model.image import mapping
from checker.model.names import parse_digest
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker.model.untrusted import utf8
from checker.patterns import pattern
from checker.records import NamedTuple
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_MANIFEST,
    LAYER_DAMAGED,
    LAYER_NOT_EXTRACTED,
    OTHER_LAYER,
    OTHER_LAYER_COUNT,
    OTHER_SIZE,
    Refusal,
    prefixed,
)
from checker_engines.containers.compression import (
    is_compressed_twice,
    is_recognised,
    is_taken_for_tar,
    storage_error,
)
from checker_engines.containers.drivers import ApplyError, Driver
from checker_engines.containers.versions import Library
from checker_engines.filesystem.storage import Layers
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import GoJsonError, decode_document
from checker_engines.golang.logrus import logged

_DIGEST = pattern(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_INVALID_DIGEST = "invalid checksum digest format"
_PEEKED = 8
_BUFFER = 32 * 1024
NOT_EXTRACTED = "cannot be extracted: "
"""The text before the cause, in the reason of a refusal."""


class SourceLayer(NamedTuple):
    """A layer as the source of a copy provides it.

    Attributes:
        digest: The digest by which it is requested.
        size: The size that the source states, in bytes; None if it states none.
        blob: Its content; None if it is empty or missing.
        digest_read: Digest of the bytes that the source returns.
        size_read: Their number.
        is_inflated: Whether the source returns the content uncompressed.
        ends_at_once: Whether the source returns the end together with the last bytes.
        missing: The source's error if it does not have the content.
    """

    digest: str
    size: int | None
    blob: Blob | None
    digest_read: str
    size_read: int
    is_inflated: bool
    ends_at_once: bool
    missing: str | None = None


class SourceConfig(NamedTuple):
    """The config as the source of a copy provides it.

    Attributes:
        digest: The digest in the manifest; empty if it has no config.
        size: The size in the manifest, in bytes.
        raw: The bytes; empty if they cannot be read.
        size_read: Their number.
        missing: The source's error if they cannot be read.
        not_an_image: The source's error if it is not an image config.
    """

    digest: str
    size: int | None
    raw: bytes
    size_read: int
    missing: str | None = None
    not_an_image: str | None = None


class SourceImage(NamedTuple):
    """An image to copy.

    Attributes:
        config: Its config.
        layers: Its layers, base first.
        refused_at_commit: What containers-storage says of the manifest, after all else is stored;
            None if it reads it.
        digest: The digest of its manifest; empty if the source has none.
        is_below_index: Whether it was found through an index.
        is_docker: Whether its manifest is read as one of Docker's schema 2 once it is stored.
    """

    config: SourceConfig
    layers: tuple[SourceLayer, ...]
    refused_at_commit: Refusal | None = None
    digest: str = ""
    is_below_index: bool = False
    is_docker: bool = False


def digest_error(text: str) -> str | None:
    """The error for an invalid digest (opencontainers/go-digest, Digest.Validate)."""
    algorithm, _, encoded = text.partition(":")
    if not algorithm or not encoded:
        return _INVALID_DIGEST
    if algorithm not in _LENGTHS:
        known = "unsupported digest algorithm"
        return known if _DIGEST.fullmatch(text) else _INVALID_DIGEST
    if len(utf8(encoded)) != _LENGTHS[algorithm]:
        return "invalid checksum digest length"
    return None if parse_digest(text) is not None else _INVALID_DIGEST


def copy_to_directory(image: SourceImage, printed: list[str]) -> None:
    """Copy to ``dir:``, which accepts every kind of config.

    Args:
        image: The image.
        printed: Takes what is printed on the way.

    Raises:
        Refusal: The copy fails.
    """
    _announce(image, printed)
    for layer in image.layers:
        _refuse_unreadable(layer, "")
        if layer.digest_read != layer.digest:
            raise _mismatch(layer, "writing blob: happened during read")
        _refuse_other_algorithm(layer)
        if layer.size is not None and layer.size != layer.size_read:
            raise _wrong_size(layer.digest, layer.size, layer.size_read)
    config = image.config
    if not config.digest:
        return
    error = digest_error(config.digest)
    if error is not None:
        raise Refusal(
            error,
            f"the manifest has the config digest {config.digest!r}, which is not a valid digest",
            BAD_MANIFEST,
        )
    printed.append(f"Copying config {config.digest}")
    if config.missing is not None:
        text = f"reading config blob {config.digest}: {config.missing}"
        reason = "the config that the manifest refers to cannot be read"
        raise Refusal(text, reason, ("OCI007", "OCI008", "OCI009"))
    if config.size is not None and config.size != config.size_read:
        raise _wrong_size(config.digest, config.size, config.size_read)


def copy_to_storage(
    image: SourceImage,
    driver: Driver,
    stored: dict[str, Tar],
    printed: list[str],
) -> None:
    """Copy to containers-storage, which unpacks each layer.

    Args:
        image: The image.
        driver: The storage driver.
        stored: The layers that are in storage, by digest; those of this image are added.
        printed: Takes what is printed on the way.

    Raises:
        Refusal: The copy fails.
    """
    library = driver.library
    diff_ids = _read_config(image.config, library)
    _announce(image, printed)
    _Storage(driver, diff_ids, stored, printed).store(image.layers)
    config = image.config
    printed.append(f"Copying config {config.digest}")
    if config.size is not None and config.size != config.size_read:
        raise Refusal(
            "writing blob: blob size mismatch",
            f"the config has {config.size_read} bytes, the manifest says {config.size}",
            OTHER_SIZE,
        )
    printed.append("Writing manifest to image destination")
    if library.announces_signatures:
        printed.append("Storing signatures")
    if image.refused_at_commit is not None:
        with prefixed("committing the finished image: parsing manifest: "):
            raise image.refused_at_commit


def inspected(image: SourceImage, library: Library) -> Mapping[str, object]:
    """The config of an image that was copied to storage, as an inspection reads it.

    Podman inspects an image to list it and to create a container of it, buildah one that it pulled
    (manifest/oci.go and docker_schema2.go, Inspect).

    Raises:
        Refusal: It cannot be inspected.
    """
    shapes = library.shapes
    shape = shapes.docker_config if image.is_docker else shapes.inspected_config
    try:
        return mapping(decode_document(image.config.raw, shape))
    except GoJsonError as error:
        reason = f"the image is stored, but its config cannot be inspected: {error}"
        raise Refusal(str(error), reason, BAD_CONFIG) from None


def _announce(image: SourceImage, printed: list[str]) -> None:
    printed.append("Getting image source signatures")
    printed.extend(f"Copying blob {layer.digest}" for layer in image.layers)


def _read_config(config: SourceConfig, library: Library) -> list[str]:
    """The diffIDs of an image config."""
    error = config.not_an_image or config.missing
    if error is not None:
        text = f"parsing image configuration: {error}"
        reason = "the config that the manifest refers to cannot be read"
        if config.not_an_image is not None:
            reason = "the manifest is that of an artifact, not of an image"
        raise Refusal(text, reason, BAD_CONFIG)
    try:
        value = decode_document(config.raw, library.shapes.oci_config)
    except GoJsonError as problem:
        text = f"parsing image configuration: {problem}"
        reason = "the config does not decode as an image config; fix its JSON"
        raise Refusal(text, reason, BAD_CONFIG) from None
    rootfs = value.get("rootfs") if isinstance(value, dict) else None
    diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    return [each if isinstance(each, str) else "" for each in diff_ids or ()]


def _refuse_unreadable(layer: SourceLayer, invalid: str) -> None:
    error = digest_error(layer.digest)
    if not layer.digest:
        raise Refusal(
            "trying to reuse blob  at destination: Can not check for a blob with unknown digest",
            "a layer has no digest",
            ("OCI007", "CFG001"),
        )
    if error is not None:
        raise Refusal(
            f"trying to reuse blob {layer.digest} at destination: {invalid}{error}",
            f"{layer.digest} is not a valid digest of a layer",
            ("OCI007", "CFG001"),
        )
    if layer.missing is not None:
        raise Refusal(
            f"reading blob {layer.digest}: {layer.missing}",
            f"layer {layer.digest} is not in the archive",
            ("OCI007", "OCI008", "OCI009", "DKR003"),
        )
    if layer.size_read < _PEEKED and layer.digest_read != layer.digest:
        raise _mismatch(layer, f"reading blob {layer.digest}")


def _refuse_other_algorithm(layer: SourceLayer) -> None:
    """Refuse a digest that is not sha256: the directory names files by that (copy/blob.go)."""
    if layer.digest.startswith("sha256:") or layer.blob is None:
        return
    blob = layer.blob
    saved = (blob.diff_id if layer.is_inflated else None) or blob.digest
    raise Refusal(
        f"Internal error writing blob {layer.digest}, blob with digest {layer.digest} saved with "
        f"digest {saved}",
        f"a layer has the digest {layer.digest}: only sha256 is supported",
        ("OCI007", "CFG001"),
    )


def _mismatch(layer: SourceLayer, where: str) -> Refusal:
    return Refusal(
        f"{where}: Digest did not match, expected {layer.digest}, got {layer.digest_read}",
        f"a layer hashes to {layer.digest_read}, its descriptor says {layer.digest}",
        OTHER_LAYER,
    )


def _wrong_size(digest: str, expected: int, found: int) -> Refusal:
    return Refusal(
        f"writing blob: Size mismatch when copying {digest}, expected {expected}, got {found}",
        f"{digest} has {found} bytes, its descriptor says {expected}",
        OTHER_SIZE,
    )


class _Storage:
    """Containers-storage while it stores the layers of one image.

    Args:
        driver: The storage driver.
        diff_ids: The diffIDs in the config.
        stored: The layers that it already has, by digest.
        printed: Takes what is printed on the way.
    """

    def __init__(
        self,
        driver: Driver,
        diff_ids: list[str],
        stored: dict[str, Tar],
        printed: list[str],
    ) -> None:
        self._driver = driver
        self._library = driver.library
        self._diff_ids = diff_ids
        self._stored = stored
        self._printed = printed
        self._layers = driver.new_layers()

    def store(self, layers: tuple[SourceLayer, ...]) -> None:
        """Store all layers, base first.

        Raises:
            Refusal: One cannot be stored.
        """
        for number, layer in enumerate(layers):
            # A layer that is already stored is not read again.
            step = f"trying to reuse blob {layer.digest} at destination"
            if layer.digest not in self._stored:
                _refuse_unreadable(layer, "Can not check for a blob with invalid digest: ")
                self._store_layer(layer)
                step = "writing blob"
            self._check_diff_id(layer, number, step)
            tar = self._stored.setdefault(layer.digest, _tar_of(layer))
            apply_tar(layer.digest, tar, self._layers, self._driver, self._printed)

    def _store_layer(self, layer: SourceLayer) -> None:
        """Write the uncompressed content to a file."""
        file = 'storing blob to file "<tmp>"'
        if layer.digest_read != layer.digest:
            at_once = layer.ends_at_once and layer.size_read <= _BUFFER
            step = "setting up to decompress blob" if at_once else file
            raise _mismatch(layer, f"writing blob: {step}: happened during read")
        blob = layer.blob
        if blob is not None and not layer.is_inflated and is_recognised(blob.compression):
            error = storage_error(blob.compression, blob.size, self._library)
            if error is not None:
                reason = f"layer {layer.digest} cannot be decompressed"
                raise Refusal(f"writing blob: {error}", reason, LAYER_DAMAGED)
        if layer.size is not None and layer.size != layer.size_read:
            raise Refusal(
                "writing blob: blob size mismatch",
                f"layer {layer.digest} is said to have {layer.size} bytes, it has "
                f"{layer.size_read}",
                OTHER_SIZE,
            )

    def _check_diff_id(self, layer: SourceLayer, number: int, step: str) -> None:
        """Compare a layer with the config (storage/storage_dest.go, untrustedLayerDiffID)."""
        if not self._library.refuses_wrong_diff_ids or not any(self._diff_ids):
            return
        if number >= len(self._diff_ids):
            raise Refusal(
                f"{step}: image config has only {len(self._diff_ids)} DiffID values, "
                f"but a layer with index {number} exists",
                "the config lists fewer diff_ids than the manifest has layers",
                OTHER_LAYER_COUNT,
            )
        found = layer.digest if layer.blob is None else _diff_id_of(layer.blob)
        wanted = self._diff_ids[number]
        is_other = layer.is_inflated and layer.blob is not None and is_compressed_twice(layer.blob)
        if wanted != found or is_other:
            name = self._library.blob_name(layer.digest, found)
            raise Refusal(
                f"{step}: layer {number} (blob {name}) does not match config's DiffID "
                f"{quote(wanted)}",
                f"layer {number} is compressed twice, the config has the diffID of the inner data"
                if is_other
                else f"layer {number} has the diffID {found}, the config says {wanted}",
                OTHER_LAYER,
            )


def apply_tar(
    digest: str,
    tar: Tar,
    layers: Layers,
    driver: Driver,
    printed: list[str],
) -> None:
    """Extract one layer on top of those below it.

    Raises:
        Refusal: It cannot be extracted.
    """
    try:
        driver.apply(tar, layers)
    except ApplyError as error:
        if error.is_logged:
            printed.append(logged("error", f"While applying layer: {error}"))
        blob = driver.library.blob_name(digest, digest)
        raise Refusal(
            f"writing blob: adding layer with blob {blob}: {error}",
            f"layer {digest} {NOT_EXTRACTED}{error.cause}",
            (*LAYER_DAMAGED, *LAYER_NOT_EXTRACTED),
        ) from None


def _diff_id_of(blob: Blob) -> str:
    """The digest of what storage unpacks."""
    diff_id = None if is_taken_for_tar(blob.compression) else blob.diff_id
    return diff_id or blob.digest


def _tar_of(layer: SourceLayer) -> Tar:
    """The tar that reading a layer gives: an empty tar for an empty file."""
    blob = layer.blob
    if blob is None or (layer.is_inflated and is_compressed_twice(blob)):
        # Storage removes the second compression; what is below it is assumed to be intact.
        return Tar(Entries())
    is_unknown = is_taken_for_tar(blob.compression)
    if blob.tar is not None and not is_unknown:
        return blob.tar
    what = "an unknown compression" if is_unknown else "a JSON document"
    no_tar = Anomaly(AnomalyKind.NOT_A_TAR, 0, what, fatal=True)
    return Tar(Entries(), (no_tar,), size=blob.size)
