"""Reading images for syft and grype (stereoscope 0.4.1, pkg/image).

The packages of go-containerregistry find the layers of one image. Each is decompressed into a file
and indexed. Digests are not compared with content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from checker.model.archive import Source
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.image import ATTESTATION, REFERENCE_TYPE, items, mapping, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES, MediaType
from checker.model.work import Work
from checker.records import NamedTuple
from checker.verdicts import Question
from checker_engines.answers.reading import Answer
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_INDEX,
    BAD_MANIFEST,
    LAYER_DAMAGED,
    NO_IMAGE,
    OTHER_LAYER_COUNT,
    Refusal,
    prefixed,
)
from checker_engines.ggcr.tarball import ONLY_ONE, LayerRefusal, Tarball
from checker_engines.ggcr.types import CONFIG, INDEX, MANIFEST
from checker_engines.golang.decompression import decompression_error, trailing_error
from checker_engines.golang.gzip import inflating_error
from checker_engines.golang.json import decode_document, decode_first
from checker_engines.golang.tar import not_a_tar_error, tar_error
from checker_engines.scanners.crash import StackOverflow
from checker_engines.scanners.documents import decoded
from checker_engines.scanners.extracted import (
    DirectoryFiles,
    ExtractedFiles,
    Files,
)
from checker_engines.scanners.file_tree import check_squash, check_tree

_LAYER_TYPES: frozenset[object] = frozenset(
    {
        MediaType.OCI_LAYER,
        MediaType.OCI_LAYER_GZIP,
        MediaType.OCI_LAYER_ZSTD,
        MediaType.OCI_FOREIGN_LAYER,
        MediaType.OCI_FOREIGN_LAYER_GZIP,
        MediaType.DOCKER_LAYER,
        MediaType.DOCKER_LAYER_GZIP,
        MediaType.DOCKER_LAYER_ZSTD,
        MediaType.DOCKER_FOREIGN_LAYER_GZIP,
        "application/vnd.docker.image.rootfs.diff.tar+zstd",
    }
)
_UNKNOWN = "unknown"


class _Layer(NamedTuple):
    """A layer that is read.

    Attributes:
        label: What it is called in reasons.
        blob: Its content; None if it is empty.
        is_unpacked: Whether gzip and zstd are decompressed.
        digest: The diffID of the config, or that of the content.
        cut: The error with which its content ends in the archive.
    """

    label: str
    blob: Blob | None
    is_unpacked: bool
    digest: str
    cut: str | None = None


class _Image(NamedTuple):
    """An image of a layout.

    Attributes:
        digest: Its digest, as the index has it.
        raw: The manifest.
        platforms: The platforms that descriptors give for the same content.
    """

    digest: str
    raw: bytes
    platforms: tuple[Mapping[str, object], ...]


def read_docker_archive(question: Question) -> Answer:
    """Read an archive of ``docker save`` (pkg/image/docker/tarball_provider.go).

    Raises:
        Refusal: It cannot be read.
    """
    try:
        tarball = Tarball(question.archive)
    except Refusal as refusal:
        message = f"unable to provide image from tarball: {refusal.message}"
        if refusal.message == ONLY_ONE:
            message = "cannot process multiple docker manifests"
        raise Refusal(message, refusal.reason, refusal.rules) from None
    diff_ids = tarball.config().diff_ids
    _read_layers(_of_tarball(tarball, diff_ids), Work(question.limits.simulated))
    if len(diff_ids) < len(tarball.paths):
        return Answer(
            f"only {len(diff_ids)} of {len(tarball.paths)} layers are scanned, those for which the "
            "config has a diffID",
            is_broken=True,
            rules=OTHER_LAYER_COUNT,
        )
    return Answer(
        "all layers of the image are scanned as one root, with the names of manifest.json; "
        "digests are not compared with content"
    )


def read_oci_archive(question: Question) -> Answer:
    """Read an image layout in a tar (pkg/image/oci/tarball_provider.go).

    Raises:
        Refusal: It cannot be read.
        StackOverflow: An index lists itself.
    """
    if question.archive.source is Source.DIRECTORY:
        raise Refusal("read <tmp>: is a directory", "it is a directory: use oci-dir")
    return _read_layout(question, ExtractedFiles(question.archive))


def read_oci_directory(question: Question) -> Answer:
    """Read an image layout in a directory (pkg/image/oci/directory_provider.go).

    Raises:
        Refusal: It cannot be read.
        StackOverflow: An index lists itself.
    """
    if question.archive.source is not Source.DIRECTORY:
        raise Refusal(
            'unable to read image from OCI directory path "<tmp>": stat <tmp>/index.json: not a '
            "directory",
            "it is a file: use docker-archive or oci-archive",
        )
    return _read_layout(question, DirectoryFiles(question.archive))


def _of_tarball(tarball: Tarball, diff_ids: Sequence[str]) -> Iterator[_Layer]:
    try:
        layers = tarball.layers()
    except LayerRefusal as refusal:
        if tarball.is_compressed:
            raise
        message = f"failed to fetch layer {refusal.number}: {refusal.message}"
        raise Refusal(message, refusal.reason, refusal.rules) from None
    _check_types([_type_of(one.source) for one in layers])
    for number, layer in enumerate(layers):
        known = diff_ids[number] if len(diff_ids) == len(layers) else layer.diff_id
        yield _Layer(layer.path, layer.blob, tarball.is_compressed, known, layer.cut)


def _type_of(source: Mapping[str, object] | None) -> object:
    return MediaType.DOCKER_LAYER_GZIP if source is None else source.get("mediaType", "")


def _read_layout(question: Question, files: Files) -> Answer:
    work = Work(question.limits.simulated)
    images = _Images(files, work).found
    image = _selected(images, question)
    config = _config_of(files, image)
    diff_ids = [str(one) for one in items(mapping(config.get("rootfs")).get("diff_ids"))]
    layers = [mapping(one) for one in items(_manifest_of(image).get("layers"))]
    _check_types([one.get("mediaType") for one in layers])
    _read_layers(_of_layout(files, layers, diff_ids), work)
    others = len(images) - 1
    left = f"; {others} more of index.json are left out (--platform selects one)" if others else ""
    return Answer(
        f"all layers of one image are scanned as one root, without the names of index.json{left}; "
        "digests are not compared with content"
    )


class _Images:
    """The images of a layout with different content (findAllImages).

    Raises:
        Refusal: There is none, or one cannot be read.
    """

    def __init__(self, files: Files, work: Work) -> None:
        self._files = files
        self._work = work
        self._by_content: dict[bytes, _Image] = {}
        with prefixed("unable to parse OCI directory indexManifest: "):
            index = decoded(self._index(), INDEX, BAD_INDEX, decode_document)
        with prefixed("unable to find all images in OCI directory: "):
            self._walk(index)
        if not self._by_content:
            message = 'no images found in OCI directory at path "<tmp>"'
            raise Refusal(message, "index.json lists no image", ("OCI005", "OCI007", "OCI026"))

    @property
    def found(self) -> Sequence[_Image]:
        """The images, in the order of the indexes."""
        return tuple(self._by_content.values())

    def _index(self) -> bytes:
        try:
            return self._files.index()
        except Refusal as refusal:
            error = refusal.message.replace("lstat ", "stat ").replace("open ", "stat ")
            raise Refusal(
                f'unable to read image from OCI directory path "<tmp>": {error}',
                "its top level has no index.json, so it is not an image layout",
                ("OCI004", *NO_IMAGE),
            ) from None

    def _walk(self, index: Mapping[str, object]) -> None:
        """Take the images of an index and of those that it lists, in order (walkImages)."""
        left = [_Pending(index, ())]
        while left:
            value, above = left.pop()
            below: list[_Pending] = []
            for descriptor in map(mapping, items(value.get("manifests"))):
                self._work.spend()
                media_type = text(descriptor.get("mediaType"))
                if media_type in INDEX_TYPES:
                    below.append(self._child(descriptor, above))
                elif media_type in MANIFEST_TYPES and not _is_attestation(descriptor):
                    self._take(descriptor)
            left.extend(reversed(below))

    def _child(self, descriptor: Mapping[str, object], above: tuple[str, ...]) -> _Pending:
        digest = text(descriptor.get("digest")) or ""
        if digest in above:
            reason = f"the index {digest} lists itself, and the tool crashes"
            raise StackOverflow(reason, ("OCI009", "OCI020"))
        with prefixed(f"unable to parse reference {digest} from OCI directory as an image index: "):
            raw = self._files.document(digest)
        return _Pending(decoded(raw, INDEX, BAD_INDEX, decode_document), (*above, digest))

    def _take(self, descriptor: Mapping[str, object]) -> None:
        digest = text(descriptor.get("digest")) or ""
        raw = self._files.document(digest)
        before = self._by_content.get(raw, _Image(digest, raw, ()))
        platforms = before.platforms
        if isinstance(descriptor.get("platform"), dict):
            platforms += (mapping(descriptor.get("platform")),)
        self._by_content[raw] = before._replace(platforms=platforms)


class _Pending(NamedTuple):
    """An index that is yet to be walked, and the indexes that lead to it."""

    value: Mapping[str, object]
    above: tuple[str, ...]


def _is_attestation(descriptor: Mapping[str, object]) -> bool:
    annotations = mapping(descriptor.get("annotations"))
    platform = mapping(descriptor.get("platform"))
    is_unknown = platform.get("os") == _UNKNOWN and platform.get("architecture") == _UNKNOWN
    return annotations.get(REFERENCE_TYPE) == ATTESTATION or is_unknown


def _selected(images: Sequence[_Image], question: Question) -> _Image:
    if len(images) == 1:
        return images[0]
    architecture = question.host.architecture
    variant = "v7" if architecture == "arm" else ""
    matching = [
        image
        for image in images
        for platform in image.platforms
        if platform.get("os") == "linux"
        and platform.get("architecture") == architecture
        and (not variant or platform.get("variant") == variant)
    ]
    if len(matching) == 1:
        return matching[0]
    wanted = "/".join(filter(None, ("linux", architecture, variant)))
    raise Refusal(
        f'unexpected number of images matching platform "{wanted}" in OCI directory (expected 1, '
        f"found {len(matching)})",
        f"index.json lists {len(images)} images, {len(matching)} of them with the platform "
        f"{wanted}: select one with --platform, or copy it to an archive with skopeo",
        ("OCI022", "OCI025", "OCI026"),
    )


def _manifest_of(image: _Image) -> Mapping[str, object]:
    return decoded(image.raw, MANIFEST, BAD_MANIFEST, decode_first)


def _config_of(files: Files, image: _Image) -> Mapping[str, object]:
    with prefixed("unable to get config for selected image: "):
        digest = text(mapping(_manifest_of(image).get("config")).get("digest")) or ""
        raw = files.document(digest)
        return decoded(raw, CONFIG, BAD_CONFIG, decode_first)


def _of_layout(
    files: Files, layers: Sequence[Mapping[str, object]], diff_ids: Sequence[str]
) -> Iterator[_Layer]:
    for number, layer in enumerate(layers):
        digest = text(layer.get("digest")) or ""
        with prefixed(f"failed to fetch layer {number}: "):
            blob = files.layer(digest)
        found = "" if blob is None else blob.diff_id or blob.digest
        known = diff_ids[number] if len(diff_ids) == len(layers) else found
        yield _Layer(digest, blob, is_unpacked=True, digest=known)


def _check_types(types: Sequence[object]) -> None:
    """Check the media types of layers (validateLayerMediaTypes)."""
    odd = [
        f"layer {number}: {media_type or ''}"
        for number, media_type in enumerate(types)
        if media_type not in _LAYER_TYPES
    ]
    if odd:
        raise Refusal(
            f"unsupported layer media type(s): {', '.join(odd)}",
            "a layer has a media type that stereoscope does not know",
            ("OCI007", "OCI021", "OCI028"),
        )


def _read_layers(layers: Iterable[_Layer], work: Work) -> None:
    """Decompress and index all layers, several at a time, and apply them to each other.

    Raises:
        Refusal: Some of them cannot be read; the errors of all are printed.
    """
    refusals: list[Refusal] = []
    read: list[_Layer] = []
    for number, layer in enumerate(layers):
        try:
            _fetch(number, layer)
            _index(number, layer, work)
        except Refusal as refusal:
            refusals.append(refusal)
        read.append(layer)
    if refusals:
        message = "\n".join(refusal.message for refusal in refusals)
        raise Refusal(message, refusals[0].reason, refusals[0].rules)
    for number, layer in enumerate(read[1:], start=1):
        if layer.blob is not None and layer.blob.tar is not None:
            with prefixed(f"failed to squash tree {number}: "):
                check_squash(layer.blob.tar.entries, layer.label)


def _fetch(number: int, layer: _Layer) -> None:
    error = layer.cut or _unpacking_error(layer)
    if error is not None:
        place = f"<tmp>/{number}-{layer.digest.replace(':', '-')}"
        raise Refusal(
            f'failed to fetch layer {number}: unable to populate layer cache path="{place}" : '
            f"{error}",
            f"{layer.label} cannot be decompressed to its end",
            LAYER_DAMAGED,
        )


def _unpacking_error(layer: _Layer) -> str | None:
    blob = layer.blob
    if blob is None or not layer.is_unpacked:
        return None
    if blob.compression.kind is CompressionKind.GZIP:
        return inflating_error(blob.compression, blob.size)
    if blob.compression.kind is CompressionKind.ZSTD and not blob.compression.skippable_first:
        return decompression_error(blob.compression) or trailing_error(blob.compression, blob.size)
    return None


def _index(number: int, layer: _Layer, work: Work) -> None:
    blob = layer.blob
    if blob is None:
        return
    failed = f'failed to index layer {number}: failed to read layer="{layer.digest}" tar : '
    error = not_a_tar_error(blob.size)
    if blob.tar is not None and _is_read_as_tar(layer, blob):
        with prefixed(failed):
            check_tree(blob.tar.entries, layer.label, work)
        error = tar_error(blob.tar)
    if error is not None:
        reason = f"{layer.label} is not a tar, or is damaged"
        raise Refusal(f"{failed}{error}", reason, LAYER_DAMAGED)


def _is_read_as_tar(layer: _Layer, blob: Blob) -> bool:
    kind = blob.compression.kind
    if kind is CompressionKind.NONE:
        return True
    is_known = kind in (CompressionKind.GZIP, CompressionKind.ZSTD)
    return is_known and layer.is_unpacked and not blob.compression.skippable_first
