"""From the facts of an archive to the records that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest

from checker.contents.records import (
    ArtifactFacts,
    Contents,
    ImageFacts,
    LayerFacts,
    PartFacts,
    RootFacts,
    Space,
    StartFacts,
    Step,
)
from checker.contents.settings import settings_of
from checker.contents.signatures import signature_facts
from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import CONTIGUOUS, GNU_SPARSE, REGULAR, Entries
from checker.model.image import (
    CONTAINERD_NAME,
    REF_NAME,
    Config,
    Descriptor,
    Image,
    Layer,
    Manifest,
    mapping,
    text,
)
from checker.model.names import (
    CONFIG_TYPES,
    INDEX_JSON,
    MANIFEST_JSON,
    OCI_LAYOUT,
    REPOSITORIES,
    MediaType,
)
from checker.model.rootfs import Rootfs
from checker.model.tar import AnomalyKind, Tar
from checker.starting.obstacle import Start
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.model.signatures import Signature

_BLOCK = 4096
_TITLE = "org.opencontainers.image.title"
_FILES = frozenset((REGULAR + CONTIGUOUS + GNU_SPARSE).encode())
RELEASES = ("etc/os-release", "usr/lib/os-release")
"""The files that name the distribution (os-release(5))."""

_UNREAD = (AnomalyKind.UNLISTED_DIRECTORY, AnomalyKind.UNREADABLE_FILE)
_MOST_PROBLEMS = 100
_DOCUMENTS = frozenset({MANIFEST_JSON, INDEX_JSON, OCI_LAYOUT, REPOSITORIES})


def contents_of(
    outer: Archive,
    archive: Archive,
    images: Sequence[Image],
    starts: Sequence[Start],
    steps: tuple[str, ...],
    signatures: Sequence[Signature] = (),
) -> Contents:
    """Everything that is shown of an archive.

    Args:
        outer: The facts of the file itself.
        archive: The facts of what was found in it.
        images: Its images, or those that were chosen.
        starts: Whether containers start: of each image, else of the root filesystem.
        steps: What was removed around it.
        signatures: Its signatures, attestations and SBOMs, verified if there are keys.
    """
    return Contents(
        steps=steps,
        problems=tuple(_bounded(dict.fromkeys((*_problems(outer), *_problems(archive))))),
        images=tuple(
            _image(archive, image, start)
            for image, start in zip_longest(images, starts[: len(images)])
        ),
        artifacts=tuple(_artifacts(archive)),
        root=None if archive.rootfs is None else _root(archive, archive.rootfs, starts),
        signatures=tuple(map(signature_facts, signatures)),
    )


def _bounded(problems: Iterable[str]) -> Iterator[str]:
    left = _MOST_PROBLEMS
    for problem in problems:
        if not left:
            yield "further problems are not listed"
            return
        left -= 1
        yield problem


def _problems(archive: Archive) -> Iterator[str]:
    if archive.damage is not None:
        yield f"the file is {archive.damage.summary}"
    compression = archive.compression
    if compression.error is not None:
        yield f"the compression is damaged: {compression.error}"
    yield from _tar_problems(archive.tar)
    for anomaly in archive.tar.of_kind(*_UNREAD):
        yield f"{anomaly.name} cannot be read: {anomaly.detail}"
    yield from _document_problems(archive)
    for reached in archive.limits:
        where = f"{reached.member}: " if reached.member else ""
        yield f"{where}limit {reached.limit} of {reached.value} reached: {reached.what}"


def _document_problems(archive: Archive) -> Iterator[str]:
    # The last member of a truncated archive ends too early, which is told already.
    cut = len(archive.entries) - 1 if archive.tar.fatal is not None else None
    for blob in archive.members.blobs.values():
        error = None if blob.document is None else blob.document.error
        if blob.position == cut:
            continue
        if error is not None and (blob.path in _DOCUMENTS or blob.path.startswith("blobs/")):
            yield f"{blob.path} is not valid JSON: {error}"


def _tar_problems(tar: Tar) -> Iterator[str]:
    fatal = tar.fatal
    if fatal is not None:
        yield f"damaged at byte {fatal.offset}: {fatal.detail}; the rest was not read"


# --- images


def _image(archive: Archive, image: Image, start: Start | None) -> ImageFacts:
    config = image.config
    layers = tuple(map(_layer, image.layers))
    # The form before 2015 has no file that is the config, whose digest would be the id.
    is_legacy = image.manifest is None and image.item is None
    return ImageFacts(
        label=image.label,
        names=image.names,
        config_digest=None if config is None or is_legacy else config.blob.digest,
        manifest_digest=None if image.manifest is None else image.digest,
        platform=None if image.platform is None else str(image.platform),
        created=None if config is None else config.created,
        author=None if config is None else text(mapping(config.document.value).get("author")),
        settings=None if config is None else settings_of(config),
        history=() if config is None else tuple(_history(config, layers)),
        layers=layers,
        space=_space(archive, image),
        start=None if start is None else _start(start),
        problems=tuple(_image_problems(image)),
    )


def _start(start: Start) -> StartFacts:
    return StartFacts(str(start.answer), start.reason, start.message, start.command)


def _image_problems(image: Image) -> Iterator[str]:
    if image.config is None:
        yield "its config is missing or is not a JSON object"
        return
    diff_ids = image.config.diff_ids
    if diff_ids is not None and len(diff_ids) != len(image.layers):
        yield f"its config has {len(diff_ids)} diffIDs, the image {len(image.layers)} layers"


def _layer(layer: Layer) -> LayerFacts:
    descriptor, blob = layer.descriptor, layer.blob
    is_whole = blob is not None and blob.whole
    digest = None if descriptor is None else descriptor.digest_text
    size = None if descriptor is None else descriptor.size
    if blob is not None:
        digest, size = digest or blob.digest, blob.size
    return LayerFacts(
        position=layer.position,
        digest=digest,
        diff_id=blob.diff_id if blob is not None and is_whole and blob.diff_id else layer.diff_id,
        media_type=None if descriptor is None else descriptor.media_type,
        compression=None if blob is None else str(blob.compression.kind),
        size=size,
        uncompressed_size=blob.inflated_size if blob is not None and is_whole else None,
        entries=None if blob is None else blob.entry_count,
        member=None if blob is None else blob.location.member,
        problems=tuple(_layer_problems(layer)),
    )


def _layer_problems(layer: Layer) -> Iterator[str]:
    blob, descriptor = layer.blob, layer.descriptor
    if blob is None:
        yield "not in the archive"
        return
    if blob.error is not None:
        yield f"cannot be read: {blob.error}"
        return
    yield from (f"limit {reached.limit} reached" for reached in blob.limits)
    if layer.is_encrypted:
        yield "encrypted"
        return
    if blob.compression.error is not None:
        yield f"the compression is damaged: {blob.compression.error}"
    if blob.tar is None or blob.tar.head:
        yield "not a tar"
    else:
        yield from _tar_problems(blob.tar)
    yield from _wrong_digests(blob, descriptor, layer.diff_id)


def _wrong_digests(blob: Blob, descriptor: Descriptor | None, diff_id: str | None) -> Iterator[str]:
    digest = None if descriptor is None else descriptor.digest
    if digest is not None and blob.whole and blob.hashes_to(digest) is False:
        yield f"its content hashes to {blob.digest}"
    is_sound = blob.whole and blob.compression.error is None
    if diff_id is not None and is_sound and blob.diff_id not in (None, diff_id):
        yield f"its config says diffID {diff_id}"


def _history(config: Config, layers: tuple[LayerFacts, ...]) -> Iterator[Step]:
    position = 0
    for step in config.history:
        layer: LayerFacts | None = None
        if step.get("empty_layer") is not True:
            layer = layers[position] if position < len(layers) else None
            position += 1
        yield Step(
            created=text(step.get("created")),
            created_by=text(step.get("created_by")),
            comment=text(step.get("comment")),
            layer=None if layer is None else layer.position,
            size=None if layer is None else layer.uncompressed_size,
        )


def _space(archive: Archive, image: Image) -> Space:
    blobs = {layer.blob.position: layer.blob for layer in image.layers if layer.blob is not None}
    stored = sum(blob.size for blob in blobs.values())
    unpacked = sum(files_size(blob.tar.entries) for blob in blobs.values() if blob.tar is not None)
    is_packed = archive.compression.kind is not CompressionKind.NONE
    return Space(stored, unpacked, (archive.tar.size if is_packed else archive.size) + unpacked)


def files_size(entries: Entries) -> int:
    """The bytes that the files of a table take, in blocks of 4 KiB; each file counts."""
    return entries.cached(_files_size)


def _files_size(entries: Entries) -> int:
    pairs = zip(entries.kinds, entries.sizes, strict=True)
    return sum(-(-size // _BLOCK) * _BLOCK for kind, size in pairs if kind in _FILES)


# --- artifacts


def _artifacts(archive: Archive) -> Iterator[ArtifactFacts]:
    images = {image.manifest.blob.position for image in archive.images if image.manifest}
    for manifest in () if archive.oci is None else archive.oci.manifests:
        if manifest.blob.position not in images:
            yield _artifact(archive, manifest)


def _artifact(archive: Archive, manifest: Manifest) -> ArtifactFacts:
    annotations = manifest.descriptor.annotations
    name = annotations.get(CONTAINERD_NAME) or annotations.get(REF_NAME)
    return ArtifactFacts(
        names=(name,) if name else (),
        digest=manifest.descriptor.digest_text,
        kind=_artifact_kind(manifest),
        artifact_type=manifest.artifact_type,
        subject=None if manifest.subject is None else manifest.subject.digest_text,
        config=None if manifest.config is None else _part(archive, manifest.config),
        layers=tuple(_part(archive, each) for each in manifest.layers),
    )


def _artifact_kind(manifest: Manifest) -> str | None:
    if manifest.artifact_type is not None:
        return manifest.artifact_type
    if manifest.descriptor.is_attestation:
        return "attestation"
    config = None if manifest.config is None else manifest.config.media_type
    if config not in (None, *CONFIG_TYPES, MediaType.OCI_EMPTY):
        return config
    types = (layer.media_type for layer in manifest.layers)
    return next((each for each in types if each is not None), config)


def _part(archive: Archive, descriptor: Descriptor) -> PartFacts:
    return PartFacts(
        media_type=descriptor.media_type,
        digest=descriptor.digest_text,
        size=descriptor.size,
        title=descriptor.annotations.get(_TITLE),
        is_present=archive.members.blob_of(descriptor.digest) is not None,
    )


# --- roots


def _root(archive: Archive, rootfs: Rootfs, starts: Sequence[Start]) -> RootFacts:
    return RootFacts(
        entries=len(rootfs),
        unpacked=files_size(archive.entries),
        system=_system(rootfs),
        start=_start(starts[0]) if starts else None,
    )


def _system(rootfs: Rootfs) -> str | None:
    """The name of the distribution, if the file that says it was read."""
    found = (rootfs.resolve(path) for path in RELEASES)
    contents = (rootfs.content(each) for each in found if each is not None)
    lines = chain.from_iterable(
        (each or b"").decode(errors="replace").splitlines() for each in contents
    )
    values = dict(line.partition("=")[::2] for line in lines)
    name = values.get("PRETTY_NAME") or values.get("NAME") or ""
    return name.strip("\"'") or None
