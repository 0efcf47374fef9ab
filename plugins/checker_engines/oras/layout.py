"""An image layout that is read where it is (oras-go 2.7, content/oci and internal/fs/tarfs).

A tar is indexed once: of duplicate names the last is used, and only regular files are opened. The
archive must not be compressed.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from checker.model.archive import Archive, Source
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import DIRECTORY, REGULAR, SYMLINK, clean_path
from checker.model.image import integer, items, mapping, text
from checker.model.names import MediaType
from checker.model.names import digest_error as name_error
from checker.model.tar import AnomalyKind
from checker.records import NamedTuple
from checker_engines.answers.content import member_at, raw_of
from checker_engines.answers.refusal import (
    BAD_INDEX,
    BAD_MANIFEST,
    DAMAGED,
    NO_IMAGE,
    NOT_EXTRACTED,
    OTHER_LAYER,
    OTHER_SIZE,
    Refusal,
)
from checker_engines.answers.undecided import Undecided, cut_of
from checker_engines.golang.image_spec import (
    DESCRIPTOR,
    DESCRIPTORS,
    IMAGE_LAYOUT,
    INDEX,
    MANIFEST,
)
from checker_engines.golang.json import (
    NONE_EMBEDDED,
    STRING,
    STRING_MAP,
    GoJsonError,
    Pointer,
    Struct,
    decode_document,
    decode_first,
)
from checker_engines.golang.tar import UNEXPECTED_EOF, not_a_tar_error, tar_error

_FILE_MAX = 16 << 40
"""Size in bytes of the largest file on ext4; a seek beyond it fails."""
_LINKS_MAX = 40
_VERSION = "1.0.0"
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_REF_NAME = "org.opencontainers.image.ref.name"
_NOT_FOUND = "not found"
_NO_BYTES = hashlib.sha256().hexdigest()
_ARTIFACT_TYPE = "application/vnd.oci.artifact.manifest.v1+json"
_ARTIFACT = Struct(
    "Artifact",
    {
        "mediaType": STRING,
        "artifactType": STRING,
        "blobs": DESCRIPTORS,
        "subject": Pointer(DESCRIPTOR),
        "annotations": STRING_MAP,
    },
    NONE_EMBEDDED,
    "v1.Artifact",
)


class Node(NamedTuple):
    """What a descriptor says.

    Attributes:
        media_type: The media type.
        digest: The digest.
        size: Bytes.
    """

    media_type: str
    digest: str
    size: int


class Reference(NamedTuple):
    """An image of the layout.

    Attributes:
        typed: How it follows the path on the command line, such as ``:latest``.
        node: What it refers to; None if the index has no image.
    """

    typed: str
    node: Node | None


class NotFoundError(Exception):
    """A file is not there."""


class _Format(NamedTuple):
    """A kind of document that refers to others.

    Attributes:
        shape: Its Go type.
        has_subject: Whether its subject is followed.
        one: The field with one descriptor; empty if there is none.
        several: The field with a list of descriptors.
    """

    shape: Struct
    has_subject: bool
    one: str
    several: str


_FORMATS: Mapping[str, _Format] = {
    MediaType.DOCKER_MANIFEST: _Format(MANIFEST, has_subject=False, one="config", several="layers"),
    MediaType.OCI_MANIFEST: _Format(MANIFEST, has_subject=True, one="config", several="layers"),
    MediaType.DOCKER_MANIFEST_LIST: _Format(INDEX, has_subject=False, one="", several="manifests"),
    MediaType.OCI_INDEX: _Format(INDEX, has_subject=True, one="", several="manifests"),
    _ARTIFACT_TYPE: _Format(_ARTIFACT, has_subject=True, one="", several="blobs"),
}
"""The documents whose descriptors are followed (content/graph.go, Successors)."""


class Layout:
    """An opened layout.

    Args:
        archive: The facts.

    Raises:
        Refusal: It cannot be opened.
        Undecided: What it needs was not read.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._is_directory = archive.source is Source.DIRECTORY
        if not self._is_directory:
            self._index_tar()
        self._check_layout_file()
        self.images = self._load_index()

    def reference(self) -> Reference:
        """The first image of the index, as it is typed: by its name, else by its digest."""
        if not self.images:
            return Reference(":latest", None)
        first = self.images[0]
        name = _ref_name(first)
        if _TAG.fullmatch(name) and "@" not in self._archive.path:
            last = next(each for each in reversed(self.images) if _ref_name(each) == name)
            return Reference(f":{name}", _node(last))
        digest = _node(first).digest
        node = next(node for node in map(_node, reversed(self.images)) if node.digest == digest)
        typed = "@DIGEST" if name_error(node.digest) else f"@{node.digest}"
        return Reference(typed, node)

    def successors(self, node: Node) -> Sequence[Node]:
        """What a document refers to; empty for anything else.

        Raises:
            Refusal: It cannot be read or decoded.
            NotFoundError: It is not there.
        """
        format_ = _FORMATS.get(node.media_type)
        if format_ is None:
            return ()
        raw = self.fetch_all(node)
        try:
            value = mapping(decode_document(raw, format_.shape))
        except GoJsonError as error:
            reason = f"{node.digest} does not decode as a {node.media_type}"
            raise Refusal(str(error), reason, BAD_MANIFEST) from None
        return tuple(_followed(value, format_))

    def fetch_all(self, node: Node) -> bytes:
        """The content of a document, compared with its descriptor.

        Raises:
            Refusal: It is another one, or cannot be read.
            NotFoundError: It is not there.
        """
        blob = self.fetch(node)
        size = 0 if blob is None else blob.size
        if node.size < 0:
            reason = f"the descriptor of {node.digest} has the size {node.size}"
            raise Refusal("invalid descriptor size", reason, OTHER_SIZE)
        if size < node.size:
            raise Refusal(
                f"read failed: expected content size of {node.size}, got {size}, for digest "
                f"{node.digest}: {UNEXPECTED_EOF}",
                f"{node.digest} has {size} bytes, its descriptor says {node.size}",
                (*OTHER_SIZE, *OTHER_LAYER),
            )
        self.verify(node, blob)
        return raw_of(blob)

    def verify(self, node: Node, blob: Blob | None) -> None:
        """Compare content that is not too short with its descriptor.

        Raises:
            Refusal: It is longer, or another one.
        """
        size = 0 if blob is None else blob.size
        if size > max(node.size, 0):
            reason = f"{node.digest} has {size} bytes, its descriptor says {node.size}"
            raise Refusal("trailing data", reason, OTHER_SIZE)
        algorithm, _, encoded = node.digest.partition(":")
        digests = {"sha256": _NO_BYTES} if blob is None else blob.digests
        found = digests.get(algorithm, encoded)
        if found != encoded:
            reason = f"the content of {node.digest} hashes to {algorithm}:{found}"
            raise Refusal("mismatched digest", reason, OTHER_LAYER)

    def fetch(self, node: Node) -> Blob | None:
        """The content of a descriptor; None if it is empty.

        Raises:
            Refusal: Its digest is not valid, or it is not a file.
            NotFoundError: It is not there.
        """
        check_digest(node)
        path = f"blobs/{node.digest.replace(':', '/', 1)}"
        try:
            position = self._open(path)
        except NotFoundError:
            raise NotFoundError(f"{node.digest}: {node.media_type}: {_NOT_FOUND}") from None
        return member_at(self._archive, position)

    def _index_tar(self) -> None:
        archive, tar = self._archive, self._archive.tar
        if archive.compression.kind is not CompressionKind.NONE:
            error = not_a_tar_error(archive.size)
            reason = f"the archive is compressed with {archive.compression.kind}: decompress it"
        else:
            error = tar_error(tar)
            reason = "the tar cannot be read to its end: get an intact copy"
        if error is None:
            reached = cut_of(archive)
            if reached is not None:
                raise Undecided(reached)
            return
        sizes = tar.entries.sizes
        is_cut = tar.fatal is not None and tar.fatal.kind is AnomalyKind.TRUNCATED_CONTENT
        if is_cut and sizes and sizes[-1] > _FILE_MAX:
            raise Refusal("seek <tmp>: invalid argument", "an entry is larger than a file", DAMAGED)
        raise Refusal(error, reason, DAMAGED)

    def _check_layout_file(self) -> None:
        start = "invalid OCI Image Layout: "
        raw = self._read("oci-layout", f"{start}failed to open OCI layout file: ")
        try:
            version = mapping(decode_first(raw, IMAGE_LAYOUT)).get("imageLayoutVersion")
        except GoJsonError as error:
            raise Refusal(
                f"{start}failed to decode OCI layout file: {error}",
                "oci-layout does not decode",
                ("OCI001", "OCI002", "OCI003"),
            ) from None
        if version != _VERSION:
            raise Refusal(
                f"{start}unsupported version",
                f"oci-layout has the version {version or ''!r}, only {_VERSION!r} is read",
                ("OCI001", "OCI002", "OCI003"),
            )

    def _load_index(self) -> Sequence[Mapping[str, object]]:
        start = "invalid OCI Image Index: "
        raw = self._read("index.json", f"{start}failed to open index file: ")
        try:
            index = mapping(decode_first(raw, INDEX))
        except GoJsonError as error:
            text = f"{start}failed to decode index file: {error}"
            reason = "index.json does not decode as an image index"
            raise Refusal(text, reason, BAD_INDEX) from None
        images = tuple(mapping(each) for each in items(index.get("manifests")))
        try:
            self._visit_all([_node(each) for each in images])
        except Refusal as refusal:
            raise Refusal(f"{start}{refusal.message}", refusal.reason, refusal.rules) from None
        return images

    def _visit_all(self, roots: Sequence[Node]) -> None:
        """Read each document that the index leads to (graph.Memory, IndexAll)."""
        left, seen = list(reversed(roots)), set[Node]()
        while left:
            node = left.pop()
            if node in seen:
                continue
            seen.add(node)
            try:
                left.extend(reversed(self.successors(node)))
            except NotFoundError:
                continue

    def _read(self, path: str, start: str) -> bytes:
        try:
            return raw_of(member_at(self._archive, self._open(path)))
        except NotFoundError as error:
            reason = f"its top level has no {path}, so it is not an image layout"
            raise Refusal(f"{start}{error}", reason, ("OCI001", "OCI004", *NO_IMAGE)) from None
        except Refusal as refusal:
            raise Refusal(f"{start}{refusal.message}", refusal.reason, refusal.rules) from None

    def _open(self, path: str) -> int:
        if self._is_directory:
            return self._open_file(path)
        position = self._last(path)
        kind = chr(self._archive.tar.entries.kinds[position])
        if kind != REGULAR:
            raise Refusal(
                f"{path}: type flag {kind} is not supported: unsupported",
                f"{path} is not a regular file",
                NOT_EXTRACTED,
            )
        return position

    def _open_file(self, path: str) -> int:
        """Open a file of a directory; links are followed."""
        entries = self._archive.tar.entries
        for _ in range(_LINKS_MAX):
            position = self._last(path)
            kind = chr(entries.kinds[position])
            if kind == DIRECTORY:
                reason = f"{path} is a directory"
                raise Refusal(f"read <tmp>/{path}: is a directory", reason, NOT_EXTRACTED)
            if kind != SYMLINK:
                return position
            target = entries.linknames.get(position, "")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        raise Refusal(f"open {path}: too many levels of symbolic links", f"{path} is a loop")

    def _last(self, path: str) -> int:
        entries = self._archive.tar.entries
        wanted = clean_path(path)
        for position in reversed(entries.positions({wanted})[wanted]):
            if posixpath.normpath(entries.name(position)) == path:
                return position
        error = "no such file or directory" if self._is_directory else "file does not exist"
        raise NotFoundError(f"open {path}: {error}")


def check_digest(node: Node) -> None:
    """Check that a digest is valid.

    Raises:
        Refusal: It is not.
    """
    if name_error(node.digest) is not None:
        raise Refusal(
            f"{node.digest}: {node.media_type}: invalid digest",
            f"a descriptor has the digest {node.digest!r}, which is not valid",
            (*BAD_INDEX, *BAD_MANIFEST),
        )


def _followed(value: Mapping[str, object], format_: _Format) -> Iterator[Node]:
    if format_.has_subject and value.get("subject") is not None:
        yield _node(mapping(value.get("subject")))
    if format_.one:
        yield _node(mapping(value.get(format_.one)))
    for each in items(value.get(format_.several)):
        yield _node(mapping(each))


def _node(descriptor: Mapping[str, object]) -> Node:
    return Node(
        text(descriptor.get("mediaType")) or "",
        text(descriptor.get("digest")) or "",
        integer(descriptor.get("size")) or 0,
    )


def _ref_name(descriptor: Mapping[str, object]) -> str:
    return text(mapping(descriptor.get("annotations")).get(_REF_NAME)) or ""
