"""The blobs of a layout as umoci reads them: with verification (umoci 0.6, oci/casext/blob.go)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.image import integer, mapping, text
from checker.model.names import MediaType, digest_error
from checker.records import NamedTuple
from checker_engines.answers.content import NoFileError, file_of, raw_of
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_INDEX,
    BAD_MANIFEST,
    OTHER_LAYER,
    OTHER_SIZE,
    Refusal,
)
from checker_engines.golang.fmt import quote
from checker_engines.golang.image_spec import IMAGE, INDEX, MANIFEST
from checker_engines.golang.json import ANYTHING, GoJsonError, Struct, decode_first

_MISSING = ("OCI005", "OCI008", "DKR003")
PANIC = "panic: "
"""What the message of a crash begins with."""
_MISMATCH = "verified reader digest mismatch"
_NEEDS_MORE = frozenset({"EOF", "unexpected EOF"})
"""Errors of a JSON decoder that reads on."""
_EMPTY = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
_DESCRIPTOR_TYPE = "application/vnd.oci.descriptor.v1+json"
PARSED: Mapping[str, tuple[Struct, tuple[str, ...]]] = {
    MediaType.OCI_INDEX: (
        INDEX._replace(
            name="",
            fields={**INDEX.fields, "config": ANYTHING, "layers": ANYTHING},
            embedded={
                **dict.fromkeys(INDEX.fields, "Index"),
                "schemaVersion": "Index.Versioned",
            },
        ),
        BAD_INDEX,
    ),
    MediaType.OCI_MANIFEST: (
        MANIFEST._replace(
            name="",
            fields={**MANIFEST.fields, "manifests": ANYTHING},
            embedded={
                **dict.fromkeys(MANIFEST.fields, "Manifest"),
                "schemaVersion": "Manifest.Versioned",
            },
        ),
        BAD_MANIFEST,
    ),
    MediaType.OCI_CONFIG: (IMAGE, BAD_CONFIG),
    MediaType.OCI_EMPTY: (Struct("", {}, {}, "struct {}"), BAD_CONFIG),
    _DESCRIPTOR_TYPE: (Struct("", {}, {}, "v1.Descriptor"), BAD_CONFIG),
}
"""The media types that are decoded, with their Go types (oci/casext/mediatype/parse.go)."""


class Node(NamedTuple):
    """A decoded descriptor.

    Attributes:
        media_type: The media type, as written.
        digest: The digest, as written.
        size: The size in bytes, as written.
        data: Its embedded content, as written; None without one.
    """

    media_type: str
    digest: str
    size: int
    data: str | None = None


def node_of(value: object) -> Node:
    """The descriptor that a decoded value is."""
    descriptor = mapping(value)
    return Node(
        text(descriptor.get("mediaType")) or "",
        text(descriptor.get("digest")) or "",
        integer(descriptor.get("size")) or 0,
        text(descriptor.get("data")),
    )


class Blobs:
    """The blobs of a layout.

    Args:
        archive: The directory.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def open(self, node: Node) -> Blob | None:
        """Open a blob (GetVerifiedBlob); None if it is empty.

        Raises:
            Refusal: It cannot be opened.
            OutOfWork: It was not read.
        """
        if node.size < 0:
            raise Refusal(
                "get blob: invalid descriptor: descriptor size must not be negative",
                f"the descriptor of {node.digest} has the size {node.size}",
                OTHER_SIZE,
            )
        if node.media_type == MediaType.OCI_EMPTY and (node.digest, node.size) != (_EMPTY, 2):
            raise Refusal(
                "get blob: invalid descriptor: empty JSON descriptor has invalid contents",
                f"a descriptor of type {MediaType.OCI_EMPTY} is not that of {{}}",
                OTHER_SIZE,
            )
        path = _path_of(node.digest)
        try:
            return file_of(self._archive, path)
        except NoFileError as error:
            raise Refusal(
                f"get blob: open blob: open <tmp>/{path}: {error}",
                f"{node.digest} is not in the layout",
                _MISSING,
            ) from None

    def parse(self, node: Node) -> Mapping[str, object]:
        """Decode a document (FromDescriptor).

        Raises:
            Refusal: It cannot be read, does not decode, or is not what its descriptor says.
            OutOfWork: It was not read.
        """
        blob = self.open(node)
        shape, rules = PARSED[node.media_type]
        mismatch = mismatch_of(blob, node)
        try:
            value = mapping(decode_first(_start_of(blob)[: node.size], shape))
        except GoJsonError as error:
            words = mismatch if mismatch and str(error) in _NEEDS_MORE else str(error)
            reason = f"{node.digest} does not decode as {node.media_type}"
            raise Refusal(f"parse {node.media_type}: {words}", reason, rules) from None
        _refuse_foreign(node, value)
        size = 0 if blob is None else blob.size
        if size < node.size:
            raise Refusal(
                f'{PANIC}parsing "{node.media_type}" blob succeeded but raw data has unexpected '
                f"length (expected {node.size} bytes but got {size} bytes)",
                f"{node.digest} has {size} bytes, its descriptor says {node.size}; umoci crashes",
                OTHER_SIZE,
            )
        if mismatch:
            raise Refusal(
                f'close "{node.media_type}" blob: consume remaining unverified stream: {mismatch}',
                f"the content of {node.digest} has another digest",
                OTHER_LAYER,
            )
        return value


def _start_of(blob: Blob | None) -> bytes:
    """The first bytes of a blob: all of what looks like JSON."""
    return raw_of(blob) or (b"" if blob is None else blob.compression.head)


def mismatch_of(blob: Blob | None, node: Node) -> str:
    """The error of verifying a blob; empty if it is what its descriptor says."""
    size = 0 if blob is None else blob.size
    found = hashlib.sha256().hexdigest() if blob is None else blob.digests["sha256"]
    if size > node.size:
        # Only so many bytes are read. Of a layer they are not kept, so their digest is not known.
        known = blob is not None and blob.document is not None
        start = raw_of(blob)[: node.size] if known or not node.size else b""
        found = hashlib.sha256(start).hexdigest()
    if f"sha256:{found}" != node.digest:
        return f"expected {node.digest} not sha256:{found}: {_MISMATCH}"
    if size < node.size:
        only = f"expected {node.size} bytes (only {size} bytes in stream)"
        return f"{only}: verified reader size mismatch"
    return ""


def _path_of(digest: str) -> str:
    error = digest_error(digest)
    if error is not None:
        raise Refusal(
            f"get blob: compute blob path: invalid digest: {quote(digest)}: {error}",
            f"a descriptor has the digest {digest!r}, which is not valid",
            (*BAD_INDEX, *BAD_MANIFEST),
        )
    algorithm, _, encoded = digest.partition(":")
    if algorithm != "sha256":
        raise Refusal(
            f"get blob: compute blob path: unsupported algorithm: {quote(algorithm)}",
            f"{digest} is not a SHA-256 digest; umoci reads no others",
            (*BAD_INDEX, *BAD_MANIFEST),
        )
    return f"blobs/sha256/{encoded}"


def _refuse_foreign(node: Node, value: Mapping[str, object]) -> None:
    """Refuse a document that is an index and a manifest (CVE-2021-41190)."""
    own = text(value.get("mediaType")) or ""
    start = f"parse {node.media_type}: malicious"
    fields: tuple[str, ...]
    if node.media_type == MediaType.OCI_INDEX:
        kind, fields, words = "index", ("config", "layers"), f"{start} image detected"
    elif node.media_type == MediaType.OCI_MANIFEST:
        kind, fields, words = "manifest", ("manifests",), f"{start} manifest detected"
    else:
        return
    if own not in {"", node.media_type}:
        raise Refusal(
            f"{words}: {kind} contained incorrect mediaType: {own}",
            f"{node.digest} says that it is {own}, its descriptor says {node.media_type}",
            (*BAD_INDEX, *BAD_MANIFEST),
        )
    for field in fields:
        if field in value:
            raise Refusal(
                f"{words}: {kind} contained forbidden '{field}' field",
                f"{node.digest} has the fields of an index and of a manifest",
                (*BAD_INDEX, *BAD_MANIFEST),
            )
