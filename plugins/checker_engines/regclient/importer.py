"""Importing a tar (regclient v0.11.7, image.go, ImageImport).

The tar is read from its start again and again: each file that is needed has a handler, which may
add others, until none is left. A tar of ``docker save`` is only read as one if it cannot be read as
an image layout.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind, Part
from checker.model.entries import HARD_LINK, SYMLINK
from checker.model.image import integer, items, mapping, text
from checker.model.names import CONFIG_TYPES, LAYER_COMPRESSION, MediaType
from checker.model.names import digest_error as name_error
from checker.model.tar import AnomalyKind
from checker.model.work import Work
from checker.records import NamedTuple
from checker_engines.answers.content import member_at, raw_of
from checker_engines.answers.refusal import (
    BAD_INDEX,
    BAD_MANIFEST,
    BAD_MANIFEST_JSON,
    DAMAGED,
    LAYER_DAMAGED,
    NO_IMAGE,
    NOT_EXTRACTED,
    OTHER_LAYER,
    OTHER_SIZE,
    Refusal,
)
from checker_engines.answers.undecided import Undecided, cut_of
from checker_engines.golang.decompression import decompression_error, refused_header, trailing_error
from checker_engines.golang.gzip import GZIP_HEADER_BYTES, INVALID_GZIP_HEADER, inflating_error
from checker_engines.golang.json import GoJsonError, Slice, Struct, decode_document
from checker_engines.golang.tar import INVALID_HEADER, UNEXPECTED_EOF, tar_error
from checker_engines.regclient.documents import (
    ARTIFACT,
    DOCKER_ITEMS,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    GUESSED,
    INDEX,
    LAYOUT,
    MANIFEST,
    SCHEMA_1,
)

_REF_NAME = "org.opencontainers.image.ref.name"
_VERSION = "1.0.0"
_NOT_FOUND = "unable to read all files from tar: not found"
_UNEXPECTED_TYPE = "manifest contains an unexpected media type: expected {}, received {}"
_NO_BYTES = hashlib.sha256().hexdigest()
_ARTIFACT_TYPE = "application/vnd.oci.artifact.manifest.v1+json"
_SCHEMA_1_TYPE = "application/vnd.docker.distribution.manifest.v1+json"
_SIGNED_TYPE = "application/vnd.docker.distribution.manifest.v1+prettyjws"
_SHAPES: Mapping[str, Struct] = {
    MediaType.OCI_INDEX: INDEX,
    MediaType.OCI_MANIFEST: MANIFEST,
    MediaType.DOCKER_MANIFEST_LIST: DOCKER_LIST,
    MediaType.DOCKER_MANIFEST: DOCKER_MANIFEST,
    _ARTIFACT_TYPE: ARTIFACT,
    _SCHEMA_1_TYPE: SCHEMA_1,
    _SIGNED_TYPE: SCHEMA_1,
}
_LISTS = frozenset({MediaType.OCI_INDEX, MediaType.DOCKER_MANIFEST_LIST})
_FOREIGN = frozenset(
    {
        MediaType.OCI_FOREIGN_LAYER,
        MediaType.OCI_FOREIGN_LAYER_GZIP,
        MediaType.OCI_FOREIGN_LAYER_ZSTD,
        MediaType.DOCKER_FOREIGN_LAYER,
        MediaType.DOCKER_FOREIGN_LAYER_GZIP,
    }
)
_BLOB_TYPES = (
    CONFIG_TYPES
    | (LAYER_COMPRESSION.keys() - _FOREIGN)
    | {"application/vnd.buildkit.cacheconfig.v0"}
)


class _NotFoundError(Exception):
    """Not all files are in the tar."""


class _File(NamedTuple):
    """A file of the tar.

    Attributes:
        blob: Its content; None if it is empty.
        cut: Whether the archive does not have all of it.
    """

    blob: Blob | None
    cut: bool

    @property
    def size(self) -> int:
        """Bytes."""
        return 0 if self.blob is None else self.blob.size

    def raw(self) -> bytes:
        """The content.

        Raises:
            Refusal: It is cut off.
        """
        self.check()
        return raw_of(self.blob)

    def check(self) -> None:
        """Read it to its end.

        Raises:
            Refusal: It is cut off.
        """
        if self.cut:
            raise Refusal(UNEXPECTED_EOF, "a file is cut off: get an intact copy", DAMAGED)

    def digest(self, algorithm: str) -> str | None:
        """Its digest; None if it is not known by this algorithm."""
        digests = {"sha256": _NO_BYTES} if self.blob is None else self.blob.digests
        found = digests.get(algorithm)
        return None if found is None else f"{algorithm}:{found}"


Handler = Callable[[_File], None]


class Imported(NamedTuple):
    """What was imported.

    Attributes:
        others: How many images the archive has besides.
        is_docker: Whether it was read as an archive of ``docker save``.
        repeated: A file that is listed as several layers, of which the last has it; else empty.
    """

    others: int
    is_docker: bool
    repeated: str = ""


class Importer:
    """An import.

    Args:
        archive: The facts.
        tag: The tag of the target, which chooses one of several images.
        work: What may be spent on reading the tar again.
    """

    def __init__(self, archive: Archive, tag: str, work: Work) -> None:
        self._archive, self._tag, self._work = archive, tag, work
        self._handlers: dict[str, Handler] = {
            "oci-layout": self._on_layout,
            "index.json": self._on_index,
            "manifest.json": self._on_docker,
        }
        self._links: dict[str, list[str]] = {}
        self._processed: set[str] = set()
        self._pushed: set[str] = set()
        self._is_added = False
        self._has_layout = False
        self._index: Mapping[str, object] | None = None
        self._items: Sequence[object] | None = None
        self._images = 1

    def run(self) -> Imported:
        """Import it.

        Raises:
            Refusal: It cannot be imported.
        """
        try:
            self._read_all()
        except _NotFoundError:
            if self._items is None:
                reason = "files that it needs are not in the archive"
                rules = ("OCI004", "OCI005", "OCI008", "DKR003", *NO_IMAGE)
                raise Refusal(_NOT_FOUND, reason, rules) from None
            return self._run_docker(self._items)
        return Imported(self._images - 1, is_docker=False)

    def _run_docker(self, found: Sequence[object]) -> Imported:
        self._handlers.pop("oci-layout", None)
        self._handlers.pop("index.json", None)
        if not found:
            raise Refusal(
                "panic: runtime error: index out of range [0] with length 0",
                "manifest.json lists no images",
                BAD_MANIFEST_JSON,
            )
        item = mapping(found[0])
        layers = [text(each) or "" for each in items(item.get("Layers"))]
        self._handlers[_clean(text(item.get("Config")) or "")] = _File.check
        for path in layers:
            self._handlers[_clean(path)] = _layer
        start = "failed to import layers from docker tar: "
        try:
            self._read_all()
        except _NotFoundError:
            reason = "a file that manifest.json lists is not in the archive"
            rules = ("DKR001", "DKR002", "DKR003", *NOT_EXTRACTED)
            raise Refusal(f"{start}{_NOT_FOUND}", reason, rules) from None
        except Refusal as refusal:
            raise Refusal(f"{start}{refusal.message}", refusal.reason, refusal.rules) from None
        repeated = next((path for path in layers if layers.count(path) > 1), "")
        return Imported(len(found) - 1, is_docker=True, repeated=repeated)

    def _read_all(self) -> None:
        """Read the tar until there is no handler left (tarReadAll)."""
        while self._handlers:
            self._is_added = False
            if self._read_once():
                return
            if not self._is_added:
                raise _NotFoundError

    def _read_once(self) -> bool:
        """Read the tar once; whether the last handler was called."""
        archive, entries = self._archive, self._archive.tar.entries
        error = _opening_error(archive.compression, archive.size)
        if error is not None:
            raise Refusal(error, "the compression is damaged", DAMAGED)
        if archive.compression.skippable_first:
            raise Refusal(INVALID_HEADER, "it begins with a skippable zstd frame", DAMAGED)
        self._work.spend_parts(len(entries) + 1)
        for position in range(len(entries)):
            name = _clean(entries.name(position))
            if chr(entries.kinds[position]) in (SYMLINK, HARD_LINK):
                self._link(name, entries.linknames.get(position, ""))
            elif self._file(name, position):
                return True
        reached = cut_of(archive)
        if reached is not None:
            raise Undecided(reached)
        error = _stream_error(archive)
        if error is not None:
            raise Refusal(error, "the tar cannot be read to its end: get an intact copy", DAMAGED)
        return False

    def _link(self, name: str, target: str) -> None:
        if not target.startswith("/"):
            target = _relative(posixpath.dirname(name) or ".", target)
        target = _clean(f"/{target}")[1:]
        known = self._links.setdefault(target, [])
        if name in known:
            return
        known.append(name)
        if not self._is_added:
            self._is_added = any(each in self._handlers for each in (*self._list(target), name))

    def _list(self, target: str) -> list[str]:
        """The names of links to a file, two levels of them (linkList)."""
        first = self._links.get(target, [])
        self._work.spend_parts(len(first))
        if target in first:
            reason = f"{target} is a link to itself"
            raise Refusal(f"symlink loop encountered for {target}", reason, NOT_EXTRACTED)
        return [*first, *(each for link in first for each in self._links.get(link, ()))]

    def _file(self, name: str, position: int) -> bool:
        is_read = False
        for each in (*self._list(name), name):
            handler = self._handlers.get(each)
            if handler is None:
                continue
            if is_read:
                self._is_added = True
                break
            is_read = True
            handler(_File(member_at(self._archive, position), self._is_cut(position)))
            self._handlers.pop(each, None)
            self._processed.add(each)
            if not self._handlers:
                return True
        return False

    def _is_cut(self, position: int) -> bool:
        tar = self._archive.tar
        is_last = position == len(tar.entries) - 1
        fatal = tar.fatal
        return is_last and fatal is not None and fatal.kind is AnomalyKind.TRUNCATED_CONTENT

    def _on_docker(self, file: _File) -> None:
        self._items = items(_decoded(file.raw(), DOCKER_ITEMS, BAD_MANIFEST_JSON))

    def _on_layout(self, file: _File) -> None:
        layout = mapping(_decoded(file.raw(), LAYOUT, ("OCI001", "OCI002", "OCI003")))
        if layout.get("imageLayoutVersion") != _VERSION:
            return
        self._has_layout = True
        self._on_both()

    def _on_index(self, file: _File) -> None:
        self._index = mapping(_decoded(file.raw(), INDEX, BAD_INDEX))
        self._on_both()

    def _on_both(self) -> None:
        """Choose the image once ``oci-layout`` and ``index.json`` were read."""
        if not self._has_layout or self._index is None:
            return
        self._handlers.pop("manifest.json", None)
        _check_type(MediaType.OCI_INDEX, self._index)
        images = [mapping(each) for each in items(self._index.get("manifests"))]
        chosen = images[0] if len(images) == 1 else self._tagged(images)
        self._images = len(images)
        self._need(chosen, partial(self._on_document, chosen))
        self._is_added = True

    def _tagged(self, images: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
        for each in images:
            if mapping(each.get("annotations")).get(_REF_NAME) == self._tag:
                if text(each.get("digest")):
                    return each
                break
        raise Refusal(
            f"could not find requested tag in index.json, {self._tag}",
            f"index.json lists {len(images)} images, none named {self._tag!r}",
            ("OCI005", "OCI018", "OCI023"),
        )

    def _need(self, descriptor: Mapping[str, object], handler: Handler) -> None:
        digest = text(descriptor.get("digest")) or ""
        error = name_error(digest)
        if error is not None:
            reason = f"a descriptor has the digest {digest!r}, which is not valid"
            raise Refusal(error, reason, (*BAD_INDEX, *BAD_MANIFEST))
        path = f"blobs/{digest.replace(':', '/', 1)}"
        if path not in self._processed:
            self._handlers.setdefault(path, handler)

    def _on_document(self, descriptor: Mapping[str, object], file: _File) -> None:
        raw, media_type = file.raw(), text(descriptor.get("mediaType")) or ""
        if media_type in _SHAPES:
            self._follow(media_type, _document(raw, media_type, descriptor, file))
        elif media_type in _BLOB_TYPES:
            self._on_blob(descriptor, _File(None, cut=False))
        else:
            self._on_unknown(descriptor, file, raw)

    def _on_unknown(self, descriptor: Mapping[str, object], file: _File, raw: bytes) -> None:
        """Something of an unknown type: a document if it can be, else a blob, already read."""
        guessed = "" if text(descriptor.get("mediaType")) else _guess(raw)
        try:
            document = _document(raw, guessed, descriptor, file) if guessed in _SHAPES else None
        except Refusal:
            document = None
        if document is None:
            self._on_blob(descriptor, _File(None, cut=False))
        else:
            self._follow(guessed, document)

    def _follow(self, media_type: str, document: Mapping[str, object] | None) -> None:
        """Need what a document refers to (imageImportOCIHandleManifest)."""
        if document is None:
            reason = "a descriptor refers to an empty file"
            raise Refusal("manifest not set", reason, BAD_MANIFEST)
        if media_type in _LISTS:
            for child in items(document.get("manifests")):
                self._need(mapping(child), partial(self._on_document, mapping(child)))
        else:
            for blob in _blobs(media_type, document):
                self._need(blob, partial(self._on_blob, blob))
        self._is_added = True

    def _on_blob(self, descriptor: Mapping[str, object], file: _File) -> None:
        digest = text(descriptor.get("digest")) or ""
        size = integer(descriptor.get("size")) or 0
        if digest in self._pushed:
            return
        file.check()
        found = file.digest(digest.partition(":")[0]) or digest
        if found != digest:
            raise Refusal(
                f"unexpected digest, expected {digest}, computed {found}",
                f"the content of {digest} hashes to {found}",
                OTHER_LAYER,
            )
        if size > 0 and size != file.size:
            raise Refusal(
                f"unexpected blob length, expected {size}, received {file.size}",
                f"{digest} has {file.size} bytes, its descriptor says {size}",
                OTHER_SIZE,
            )
        self._pushed.add(digest)


def _blobs(media_type: str, document: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    """The config, if this type has one, and the layers."""
    if media_type in (_SCHEMA_1_TYPE, _SIGNED_TYPE):
        sums = (mapping(each).get("blobSum") for each in items(document.get("fsLayers")))
        return [{"digest": each} for each in sums]
    if media_type == _ARTIFACT_TYPE:
        return [mapping(each) for each in items(document.get("blobs"))]
    return [mapping(each) for each in (document.get("config"), *items(document.get("layers")))]


def _clean(path: str) -> str:
    """A path as Go's ``filepath.Clean`` returns it."""
    clean = posixpath.normpath(path or ".")
    return clean[1:] if clean.startswith("//") else clean


def _relative(base: str, target: str) -> str:
    """A path as Go's ``filepath.Rel`` returns it.

    Raises:
        Refusal: It cannot be made relative.
    """
    start, clean = _clean(base), _clean(target)
    if start.startswith("/") or start.split("/")[0] == "..":
        error = f"Rel: can't make {target} relative to {base}"
        raise Refusal(error, "a link leads out of the archive", NOT_EXTRACTED)
    return posixpath.relpath(clean, start)


def _decoded(raw: bytes, shape: Struct | Slice, rules: tuple[str, ...]) -> object:
    try:
        return decode_document(raw, shape)
    except GoJsonError as error:
        raise Refusal(str(error), "a document of the archive does not decode", rules) from None


def _document(
    raw: bytes, media_type: str, descriptor: Mapping[str, object], file: _File
) -> Mapping[str, object] | None:
    """A document of a known type (types/manifest, New); None if it is empty.

    Raises:
        Refusal: It does not decode, or is another one than its descriptor says.
    """
    if not raw:
        return None
    try:
        document = mapping(decode_document(raw, _SHAPES[media_type]))
    except GoJsonError as error:
        message = f"error unmarshaling manifest for : {error}"
        reason = f"a document does not decode as a {media_type}"
        raise Refusal(message, reason, BAD_MANIFEST) from None
    if media_type == _SIGNED_TYPE:
        return _signed(document)
    _check_type(media_type, document)
    digest = text(descriptor.get("digest")) or ""
    found = file.digest(digest.partition(":")[0]) or digest
    if digest != found:
        raise Refusal(
            f"manifest digest mismatch, expected {digest}, computed {found}",
            f"the content of {digest} hashes to {found}",
            OTHER_LAYER,
        )
    return document


def _signed(document: Mapping[str, object]) -> Mapping[str, object]:
    """A signed manifest, whose digest is that of what is signed; it is not computed here."""
    if not items(document.get("signatures")):
        message = "error unmarshaling manifest for : missing signature key"
        raise Refusal(message, "a signed manifest has no signature", BAD_MANIFEST)
    return document


def _check_type(expected: str, document: Mapping[str, object]) -> None:
    received = text(document.get("mediaType")) or ""
    if received not in ("", expected):
        raise Refusal(
            _UNEXPECTED_TYPE.format(expected, received),
            f"a document has the media type {received!r}, it is used as a {expected}",
            (*BAD_INDEX, *BAD_MANIFEST),
        )


def _guess(raw: bytes) -> str:
    """The media type that a document is taken for without one."""
    try:
        found = mapping(decode_document(raw, GUESSED))
    except GoJsonError:
        return ""
    named = text(found.get("mediaType"))
    if named:
        return named
    for field, docker, oci in (
        ("manifests", MediaType.DOCKER_MANIFEST_LIST, MediaType.OCI_INDEX),
        ("layers", MediaType.DOCKER_MANIFEST, MediaType.OCI_MANIFEST),
    ):
        children = items(found.get(field))
        if children:
            first = text(mapping(children[0]).get("mediaType")) or ""
            return docker if first.startswith("application/vnd.docker.") else oci
    return ""


def _layer(file: _File) -> None:
    """Decompress a layer, to compress it with gzip."""
    blob = file.blob
    if blob is not None:
        compression = blob.compression
        error = _opening_error(compression, blob.size) or _inflating_error(compression, blob.size)
        if error is not None and not file.cut:
            raise Refusal(error, "a layer cannot be decompressed", LAYER_DAMAGED)
    file.check()


def _opening_error(compression: Compression, size: int) -> str | None:
    """The error of a decompressor that is opened."""
    if compression.kind is CompressionKind.ZSTD:
        return refused_header(compression)
    if compression.kind is not CompressionKind.GZIP or compression.error is None:
        return None
    if compression.part is not Part.HEADER or compression.streams > 1:
        return None
    is_cut = compression.truncated or size < GZIP_HEADER_BYTES
    return UNEXPECTED_EOF if is_cut else INVALID_GZIP_HEADER


def _inflating_error(compression: Compression, size: int) -> str | None:
    """The error of reading compressed data to its end, with Go's packages."""
    if compression.kind is CompressionKind.GZIP:
        return inflating_error(compression, size)
    return decompression_error(compression) or trailing_error(compression, size)


def _stream_error(archive: Archive) -> str | None:
    """The error of reading the tar to its end."""
    stop = tar_error(archive.tar)
    compression = archive.compression
    if stop is None and archive.tar.end is not None:
        return None
    if compression.kind is CompressionKind.NONE:
        return stop
    return _inflating_error(compression, archive.size) or stop
