"""Where Apptainer finds an image (Apptainer 1.5, internal/pkg/ociimage, fetch.go, sourcesink.go).

An archive of ``docker save`` is read by go-containerregistry, unless it is an image layout too: a
layout is unpacked into a directory by Apptainer's own code, and this is read. The layers are
unpacked by umoci.
"""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import DIRECTORY, REGULAR, climbs_out
from checker.model.image import integer, items, mapping, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES, MediaType
from checker.model.work import Work
from checker.verdicts import Host
from checker_engines.answers.content import NO_FILE, member_at, raw_of
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_INDEX,
    BAD_MANIFEST,
    DAMAGED,
    LAYER_DAMAGED,
    LAYER_NOT_EXTRACTED,
    NO_IMAGE,
    NOT_EXTRACTED,
    OTHER_LAYER,
    OTHER_SIZE,
    Refusal,
)
from checker_engines.ggcr.tarball import Tarball
from checker_engines.ggcr.types import CONFIG, INDEX, MANIFEST
from checker_engines.golang.gzip import INVALID_GZIP_HEADER, inflating_error
from checker_engines.golang.json import GoJsonError, Struct, decode_document, decode_first
from checker_engines.golang.tar import not_a_tar_error, tar_error
from checker_engines.umoci.layers import RootDirectory

_FIRST_BYTES = 10
OTHER_CONFIG = ("OCI009", *BAD_CONFIG)
_NO_DIGEST = "blobs/"
_BUFFER = 4096
"""Bytes of a buffer of Go's bufio."""
PACKING = "packer failed to pack: while unpacking rootfs: "
"""What the errors of unpacking begin with."""
INSERTING = "packer failed to pack: while inserting base environment: "
"""What the errors of adding its own files begin with; they are printed twice."""
PANIC = "panic: "
_MADE = (".singularity.d", "dev", "proc", "root", "var", "tmp", "etc")
"""Directories at the top that it creates, in this order."""
_LAYER_TYPES = frozenset(
    {
        *(MediaType.OCI_LAYER, MediaType.OCI_LAYER_GZIP, MediaType.OCI_LAYER_ZSTD),
        *(MediaType.OCI_FOREIGN_LAYER, MediaType.OCI_FOREIGN_LAYER_GZIP),
        *(MediaType.DOCKER_LAYER, MediaType.DOCKER_LAYER_GZIP),
        MediaType.DOCKER_FOREIGN_LAYER_GZIP,
    }
)
"""The media types of layers that go-containerregistry 0.21 knows (types.IsLayer)."""
_EXTRACTING = "error extracting the OCI archive file: "
_MISSING = ("OCI005", "OCI008")
_READ = frozenset({CompressionKind.GZIP, CompressionKind.ZSTD})


def is_layout(archive: Archive) -> bool:
    """Whether an archive has the files of an image layout (ociArchive).

    Raises:
        Refusal: It cannot be read to its end.
    """
    _check_readable(archive, "error reading the docker archive file: ")
    names = {archive.entries.name(i) for i in archive.entries.of_kind(REGULAR)}
    return {"oci-layout", "index.json"} <= names


def _check_readable(archive: Archive, start: str) -> None:
    """Refuse what cannot be read to its end as a tar."""
    if archive.size < _FIRST_BYTES:
        raise Refusal(f"{start}EOF", "it has fewer than 10 bytes", DAMAGED)
    kind = archive.compression.kind
    if kind is CompressionKind.GZIP:
        # The decompressor is given what follows the bytes that are in the buffer.
        words = "EOF" if archive.size <= _BUFFER else INVALID_GZIP_HEADER
        reason = "it is compressed with gzip, which Apptainer recognizes but fails to remove"
        raise Refusal(f"{start}{words}", reason, DAMAGED)
    is_plain = kind is CompressionKind.NONE
    stop = tar_error(archive.tar) if is_plain else not_a_tar_error(archive.size)
    if stop is not None:
        reason = "the tar cannot be read to its end" if is_plain else "it is compressed"
        raise Refusal(f"{start}{stop}", reason, DAMAGED)


def build_from_tarball(archive: Archive, work: Work) -> None:
    """Build from the only image of an archive of ``docker save`` (tarball.ImageFromPath).

    Raises:
        Refusal: It cannot be built.
        OutOfWork: It is not known whether it can.
    """
    image = Tarball(archive)
    layers = image.layers()
    image.config()
    root = RootDirectory(work)
    for layer in layers:
        _unpack(layer.blob, layer.digest, root, _READ if image.is_compressed else frozenset())
    _check_root(root)


class ExtractedLayout:
    """The directory that the files of an archive are written to (extractArchive).

    Only directories and regular files are, in their order; links are left out.

    Args:
        archive: The archive.

    Raises:
        Refusal: They cannot be written.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._positions: dict[str, int] = {}
        _check_readable(archive, _EXTRACTING)
        directories = {""}
        for position, kind in enumerate(archive.entries.kinds):
            if chr(kind) == DIRECTORY:
                self._make_directories(position, directories)
            elif chr(kind) == REGULAR:
                self._write(position, directories)

    def _make_directories(self, position: int, directories: set[str]) -> None:
        path = self._path(position)
        while path not in directories:
            directories.add(path)
            path = path.rpartition("/")[0]

    def _write(self, position: int, directories: set[str]) -> None:
        path = self._path(position)
        parent = path.rpartition("/")[0]
        if parent not in directories:
            words = "not a directory" if parent in self._positions else NO_FILE
            raise Refusal(
                f"{_EXTRACTING}open <tmp>/{path}: {words}",
                f"no entry of the archive creates the directory of {path}",
                NOT_EXTRACTED,
            )
        self._positions[path] = position

    def _path(self, position: int) -> str:
        """Where an entry is written to; the directory itself is refused too."""
        entries = self._archive.entries
        name, path = entries.name(position), entries.paths[position]
        if not path or climbs_out(name):
            raise Refusal(
                f"{_EXTRACTING}<tmp>: illegal extraction path",
                f"{name!r} is not below the top level of the archive",
                NOT_EXTRACTED,
            )
        return path

    def read(self, path: str) -> Blob | None:
        """The content of a file; None if it is empty.

        Raises:
            Refusal: There is no such file.
        """
        position = self._positions.get(path)
        if path == _NO_DIGEST:
            error = "read <tmp>/blobs: is a directory"
            raise Refusal(error, "a descriptor has no digest", BAD_INDEX)
        if position is None:
            error = f"open <tmp>/{path}: no such file or directory"
            raise Refusal(error, f"{path} is not in the archive as a regular file", _MISSING)
        return member_at(self._archive, position)

    def document(self, path: str, shape: Struct, rules: tuple[str, ...]) -> Mapping[str, object]:
        """A decoded document.

        Raises:
            Refusal: It does not decode.
        """
        try:
            return mapping(decode_first(raw_of(self.read(path)), shape))
        except GoJsonError as error:
            reason = f"{path} does not decode as a {shape.go_name}"
            raise Refusal(str(error), reason, rules) from None

    def index(self, path: str) -> Mapping[str, object]:
        """A decoded index.

        Raises:
            Refusal: It does not decode.
        """
        try:
            return mapping(decode_document(raw_of(self.read(path)), INDEX))
        except GoJsonError as error:
            reason = f"{path} does not decode as an image index"
            raise Refusal(str(error), reason, BAD_INDEX) from None


def build_from_layout(archive: Archive, host: Host, work: Work) -> int:
    """Build from the only image of a layout, or its image for the platform (getOCIImage).

    Returns:
        The number of images for other platforms.

    Raises:
        Refusal: It cannot be built.
        OutOfWork: It is not known whether it can.
    """
    layout = ExtractedLayout(archive)
    try:
        index = layout.index("index.json")
    except Refusal as refusal:
        message = refusal.message.replace("open <tmp>/", "stat <tmp>/", 1)
        raise Refusal(message, refusal.reason, (*refusal.rules, *NO_IMAGE)) from None
    listed = [mapping(each) for each in items(index.get("manifests"))]
    if not listed:
        raise Refusal("no images found in layout <tmp>", "index.json lists no images", BAD_INDEX)
    if len(listed) > 1:
        raise Refusal(
            "must specify a digest - layout contains multiple images",
            f"index.json lists {len(listed)} images; name one with @DIGEST, or split the archive",
            ("OCI005", "OCI023"),
        )
    node, others = listed[0], 0
    if text(node.get("mediaType")) in INDEX_TYPES:
        node, others = _for_platform(layout, node, host)
    _build(layout, node, work)
    return others


def _for_platform(
    layout: ExtractedLayout, node: Mapping[str, object], host: Host
) -> tuple[Mapping[str, object], int]:
    index = layout.index(_path_of(node))
    children = [mapping(each) for each in items(index.get("manifests"))]
    wanted = f"{host.os}/{host.architecture}"
    for child in children:
        if child.get("platform") is None:
            raise Refusal(
                f"{PANIC}runtime error: invalid memory address or nil pointer dereference",
                "an image of the index has no platform; Apptainer crashes",
                ("OCI005", "OCI007"),
            )
        if _platform(child) == wanted:
            _check_config(layout, child, wanted)
            return child, len(children) - 1
    raise Refusal(
        f"{wanted} image not found in index",
        f"the index has no image for {wanted}",
        ("OCI005",),
    )


def _check_config(layout: ExtractedLayout, node: Mapping[str, object], wanted: str) -> None:
    try:
        _loaded(layout, node)
    except Refusal as refusal:
        message = f"{wanted} image not found in blobs"
        raise Refusal(message, refusal.reason, refusal.rules) from None


def _platform(node: Mapping[str, object]) -> str:
    platform = mapping(node.get("platform"))
    return f"{text(platform.get('os')) or ''}/{text(platform.get('architecture')) or ''}"


def _build(layout: ExtractedLayout, node: Mapping[str, object], work: Work) -> None:
    manifest = _loaded(layout, node)
    layers = [mapping(each) for each in items(manifest.get("layers"))]
    # They are copied to another layout first; digests of layers are not compared.
    blobs = [_copied(layout, each) for each in layers]
    _check_copy(layout, mapping(manifest.get("config")))
    if not any(text(each.get("mediaType")) in _LAYER_TYPES for each in layers):
        raise Refusal(
            f"{PACKING}no extractable OCI/Docker tar layers found in this image",
            "the image has no layers of the usual types",
            BAD_MANIFEST,
        )
    root = RootDirectory(work)
    for descriptor, blob in zip(layers, blobs, strict=True):
        _unpack(blob, text(descriptor.get("digest")) or "", root)
    _check_root(root)


def _copied(layout: ExtractedLayout, node: Mapping[str, object]) -> Blob | None:
    blob = layout.read(_path_of(node))
    size, found = integer(node.get("size")) or 0, 0 if blob is None else blob.size
    if found != size:
        raise Refusal(
            f"error writing layer: expected blob size {size}, but only wrote {found}",
            f"{text(node.get('digest'))} has {found} bytes, its descriptor says {size}",
            (*OTHER_SIZE, *OTHER_LAYER),
        )
    return blob


def _check_copy(layout: ExtractedLayout, node: Mapping[str, object]) -> None:
    """Refuse a config with another digest: its copy is stored by that of its content."""
    path, digest = _path_of(node), text(node.get("digest")) or ""
    blob = layout.read(path)
    if blob is not None and digest.startswith("sha256:") and blob.digest != digest:
        error = f"open <tmp>/{path}: no such file or directory"
        raise Refusal(error, f"the content of the config {digest} has another digest", OTHER_CONFIG)


def _loaded(layout: ExtractedLayout, node: Mapping[str, object]) -> Mapping[str, object]:
    """The manifest of an image, whose config decodes too."""
    if text(node.get("mediaType")) not in MANIFEST_TYPES:
        found = text(node.get("mediaType")) or ""
        error = f"unexpected media type for {text(node.get('digest'))}: {found}"
        raise Refusal(error, f"index.json lists a {found!r}, not an image", BAD_INDEX)
    manifest = layout.document(_path_of(node), MANIFEST, BAD_MANIFEST)
    config = mapping(manifest.get("config"))
    layout.document(_path_of(config), CONFIG, BAD_CONFIG)
    return manifest


def _path_of(node: Mapping[str, object]) -> str:
    return f"blobs/{(text(node.get('digest')) or '').replace(':', '/', 1)}"


def _check_root(root: RootDirectory) -> None:
    """Refuse a root in which directories of Apptainer cannot be created (makeDirs)."""
    found = root.obstacle(_MADE)
    if found is not None:
        name, words = found
        error = f"build: failed to make environment dirs: mkdir <tmp>/rootfs/{name}: {words}"
        raise Refusal(
            f"{INSERTING}{error}",
            f"/{name} is not a directory, which Apptainer needs",
            LAYER_NOT_EXTRACTED,
        )


def _unpack(
    blob: Blob | None, digest: str, root: RootDirectory, read: frozenset[CompressionKind] = _READ
) -> None:
    """Unpack a layer as umoci does.

    Args:
        blob: The layer; None if it is empty.
        digest: Its digest.
        root: Where it is unpacked to.
        read: The compressions that are recognized by their first bytes.
    """
    if blob is None:
        return
    start = f"{PACKING}while unpacking layer {digest}: "
    kind = blob.compression.kind
    if blob.tar is None or (kind is not CompressionKind.NONE and kind not in read):
        words = not_a_tar_error(blob.size) or ""
        reason = f"layer {digest} is not a tar, or has a compression that is not removed"
        raise Refusal(f"{start}read next entry: {words}", reason, LAYER_DAMAGED)
    try:
        root.unpack(blob.tar.entries)
    except Refusal as refusal:
        words = refusal.message.lstrip("\0").removeprefix("unpack layer: ")
        raise Refusal(f"{start}{words}", refusal.reason, refusal.rules) from None
    stop = tar_error(blob.tar)
    if stop is not None:
        words = inflating_error(blob.compression, blob.size) or stop
        reason = f"layer {digest} cannot be read to its end"
        raise Refusal(f"{start}read next entry: {words}", reason, LAYER_DAMAGED)
