"""The transport oci-archive (containers/image v5.23 and v5.36, oci/archive and oci/layout).

It extracts the whole archive to a temporary directory and reads the image layout there.
``oci-layout`` is never read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.entries import REGULAR
from checker.model.names import CONFIG_TYPES, INDEX_TYPES, MediaType
from checker.verdicts import Host
from checker_engines.answers.refusal import DAMAGED, NO_IMAGE, NOT_EXTRACTED, Refusal
from checker_engines.containers.compression import pigz_error, readable_tar
from checker_engines.containers.copy import (
    SourceConfig,
    SourceImage,
    SourceLayer,
    digest_error,
)
from checker_engines.containers.docker_archive import raw_of
from checker_engines.containers.manifest_types import SCHEMA_1
from checker_engines.containers.storage_archive import UnpackError, untar
from checker_engines.containers.versions import Library
from checker_engines.filesystem.tree import Tree, TreeError
from checker_engines.golang.json import ANYTHING, GoJsonError, decode_document, decode_first
from checker_engines.golang.tar import UNEXPECTED_EOF

BELOW_INDEX = "copying system image from manifest list: "
"""The prefix of errors of a copy of an image that was found through an index."""
_FIELDS = ("config", "fsLayers", "history", "layers", "manifests")
_NO_BYTES = hashlib.sha256().hexdigest()


class OciArchive:
    """An extracted archive.

    Args:
        archive: The facts.
        library: The build.
        shown: The archive in messages, such as ``oci-archive:<tmp>:``.

    Raises:
        Refusal: It cannot be extracted.
    """

    def __init__(self, archive: Archive, library: Library, shown: str) -> None:
        self._archive = archive
        self._library = library
        self._shown = shown
        try:
            self._tree = self._extract()
        except UnpackError as error:
            raise Refusal(
                f'creating temp directory: untarring file "{self._path("")}": {error}',
                f"the archive cannot be extracted: {error}",
                (*DAMAGED, *NOT_EXTRACTED),
            ) from None

    def _path(self, below: str) -> str:
        """How messages show a path in the directory."""
        return self._library.temporary(below) if below else self._library.directory

    def _extract(self) -> Tree:
        is_cut, tar = self._archive.compression.truncated, readable_tar(self._archive)
        try:
            tree = untar(tar, self._path)
        except UnpackError:
            if is_cut and tar.fatal is not None:
                raise self._cut_error() from None
            raise
        if is_cut and tar.end is None:
            raise self._cut_error()
        return tree

    def _cut_error(self) -> UnpackError:
        compression = self._archive.compression
        if self._library.uses_pigz and compression.kind is CompressionKind.GZIP:
            return UnpackError(pigz_error(compression) or UNEXPECTED_EOF)
        return UnpackError(UNEXPECTED_EOF)

    def _file_at(self, path: str) -> int | None:
        """Position of the entry whose content a path leads to; None if there is not a file."""
        try:
            node = self._tree.walk(path)
        except TreeError:
            return None
        return node.position if node.kind == REGULAR else None

    def only_descriptor(self) -> Mapping[str, object]:
        """The one entry of ``index.json``.

        Raises:
            Refusal: There is no such file, it cannot be read, or has none or several entries.
        """
        position = self._file_at("index.json")
        if position is None:
            text = f"open {self._library.temporary('index.json')}: no such file or directory"
            rules = ("OCI004", *NO_IMAGE)
            raise Refusal(text, "it has no index.json, so it is not an OCI archive", rules)
        try:
            index = decode_first(self._raw(position), self._library.shapes.image_index)
        except GoJsonError as error:
            reason = "index.json does not decode as an image index"
            raise Refusal(str(error), reason, ("OCI005",)) from None
        manifests = index.get("manifests") if isinstance(index, dict) else None
        if not isinstance(manifests, list) or len(manifests) != 1:
            raise Refusal(
                "more than one image in oci, choose an image",
                f"index.json lists {len(manifests or ())} images, the tool supports exactly one",
                ("OCI005", "OCI023"),
            )
        return manifests[0] if isinstance(manifests[0], dict) else {}

    def image(self, descriptor: Mapping[str, object], host: Host) -> SourceImage:
        """The image that a descriptor refers to, through an index by platform.

        Raises:
            Refusal: It cannot be read.
        """
        raw = self._manifest(_text(descriptor, "digest"))
        media_type = _text(descriptor, "mediaType") or guess_media_type(raw)
        if media_type not in INDEX_TYPES:
            return self._image(raw, media_type)
        chosen = self._choose(raw, media_type, host)
        try:
            digest = _text(chosen, "digest")
            inner = self._manifest(digest)
            self._check_instance(digest, inner)
            image = self._image(inner, _text(chosen, "mediaType") or guess_media_type(inner))
            return image._replace(is_below_index=True)
        except Refusal as refusal:
            text = f"{BELOW_INDEX}{refusal.message}"
            raise Refusal(text, refusal.reason, refusal.rules) from None

    def _check_instance(self, digest: str, raw: bytes) -> None:
        if digest.startswith("sha256:") and digest[7:] != hashlib.sha256(raw).hexdigest():
            raise Refusal(
                f"determining manifest MIME type for {self._shown}: "
                f"Manifest does not match provided manifest digest {digest}",
                f"the manifest does not hash to {digest}",
                ("OCI009",),
            )

    def _manifest(self, digest: str) -> bytes:
        where = f"determining manifest MIME type for {self._shown}: "
        error = _reference_error(digest)
        if error is not None:
            reason = f"index.json has the digest {digest!r}, which is not valid"
            raise Refusal(where + error, reason, ("OCI007",))
        position = self._file_at(_blob_path(digest))
        if position is None:
            message = where + self._not_there(digest)
            raise Refusal(message, f"the manifest {digest} is missing", ("OCI008",))
        return self._raw(position)

    def _choose(self, raw: bytes, media_type: str, host: Host) -> Mapping[str, object]:
        try:
            index = decode_document(raw, self._library.shapes.image_index)
        except GoJsonError as error:
            text = f"parsing primary manifest as list for {self._shown}: {error}"
            raise Refusal(text, "an index does not decode as an image index", ("OCI005",)) from None
        self._refuse_ambiguous(
            raw, media_type, ("manifests",), "parsing primary manifest as list for"
        )
        found = index.get("manifests") if isinstance(index, dict) else None
        manifests = [each for each in found or () if isinstance(each, dict)]
        for each in manifests:
            platform = each.get("platform")
            if isinstance(platform, dict) and _fits(platform, host):
                return each
        bare = next((each for each in manifests if each.get("platform") is None), None)
        if bare is not None:
            return bare
        quoted = self._library.quoted
        raise Refusal(
            f"choosing an image from manifest list {self._shown}: no image found in image index "
            f'for architecture {quoted(host.architecture)}, variant "", OS {quoted(host.os)}',
            f"it has no image for {host.os}/{host.architecture}",
        )

    def _refuse_ambiguous(
        self,
        raw: bytes,
        media_type: str,
        allowed: tuple[str, ...],
        step: str,
    ) -> None:
        value = decode_document(raw, ANYTHING)
        present = value if isinstance(value, dict) else {}
        wrong = [
            field for field in _FIELDS if present.get(field) is not None and field not in allowed
        ]
        if wrong:
            listed = ", ".join(f'"{field}"' for field in wrong)
            raise Refusal(
                f"{step} {self._shown}: rejecting ambiguous manifest, unexpected fields "
                f"[]string{{{listed}}} in supposedly {media_type}",
                f"a document has the media type {media_type}, but also the fields {listed}",
                ("OCI011",),
            )

    def _image(self, raw: bytes, media_type: str) -> SourceImage:
        where = "initializing image from source"
        if media_type not in (MediaType.OCI_MANIFEST, MediaType.DOCKER_MANIFEST):
            raise self._schema1_refusal(raw)
        try:
            manifest = decode_document(raw, self._library.shapes.manifest)
        except GoJsonError as error:
            text = f"{where} {self._shown}: {error}"
            raise Refusal(
                text, "the manifest does not decode as an image manifest", ("OCI006",)
            ) from None
        self._refuse_ambiguous(raw, media_type, ("config", "layers"), where)
        fields = manifest if isinstance(manifest, dict) else {}
        own = guess_media_type(raw)
        return SourceImage(
            config=self._config(fields.get("config")),
            layers=tuple(self._layer(each) for each in fields.get("layers") or ()),
            refused_at_commit="Treating manifest lists as individual manifests is not implemented"
            if own in INDEX_TYPES
            else None,
            digest=f"sha256:{hashlib.sha256(raw).hexdigest()}",
        )

    def _schema1_refusal(self, raw: bytes) -> Refusal:
        """The error for an unknown media type, which is read as Docker's schema 1."""
        try:
            value = decode_document(raw, SCHEMA_1)
            version = value.get("schemaVersion", 0) if isinstance(value, dict) else 0
            error = f"unsupported schema version {version}"
        except GoJsonError as problem:
            error = str(problem)
        text = f"initializing image from source {self._shown}: {error}"
        return Refusal(text, "the descriptor's media type is not that of an image manifest")

    def _config(self, value: object) -> SourceConfig:
        descriptor = value if isinstance(value, dict) else {}
        digest, media_type = _text(descriptor, "digest"), _text(descriptor, "mediaType")
        size = descriptor.get("size")
        expected = size if isinstance(size, int) else 0
        artifact = None
        if media_type not in CONFIG_TYPES:
            artifact = f'unsupported image-specific operation on artifact with type "{media_type}"'
        error = _reference_error(digest)
        position = None if error else self._file_at(_blob_path(digest))
        if error is None and position is None:
            error = self._not_there(digest)
        if position is None:
            return SourceConfig(digest, expected, b"", 0, error, artifact)
        found = self._digest(position)
        if digest.startswith("sha256:") and found != digest:
            error = f"Download config.json digest {found} does not match expected {digest}"
        entry_size = self._archive.entries.sizes[position]
        return SourceConfig(digest, expected, self._raw(position), entry_size, error, artifact)

    def _layer(self, value: object) -> SourceLayer:
        digest = _text(value if isinstance(value, dict) else {}, "digest")
        error = _reference_error(digest)
        position = None if error else self._file_at(_blob_path(digest))
        if position is None:
            error = error or self._not_there(digest)
            return SourceLayer(digest, None, None, "", 0, False, False, error)
        return SourceLayer(
            digest=digest,
            size=None,
            blob=self._archive.members.blobs.get(position),
            digest_read=self._digest(position, digest.partition(":")[0]),
            size_read=self._archive.entries.sizes[position],
            is_inflated=False,
            ends_at_once=False,
        )

    def _digest(self, position: int, algorithm: str = "sha256") -> str:
        blob = self._archive.members.blobs.get(position)
        if blob is None:
            return f"{algorithm}:{hashlib.new(algorithm).hexdigest()}"
        return f"{algorithm}:{blob.digests.get(algorithm, '')}"

    def _raw(self, position: int) -> bytes:
        return raw_of(self._archive.members.blobs.get(position))

    def _not_there(self, digest: str) -> str:
        return f"open {self._library.temporary(_blob_path(digest))}: no such file or directory"


def guess_media_type(raw: bytes) -> str:
    """The media type that a manifest states or looks like (manifest.GuessMIMEType)."""
    try:
        value = decode_document(raw, ANYTHING)
    except GoJsonError:
        return ""
    fields = value if isinstance(value, dict) else {}
    own = _text(fields, "mediaType")
    if own in (*INDEX_TYPES, MediaType.OCI_MANIFEST, MediaType.DOCKER_MANIFEST):
        return own
    if fields.get("schemaVersion") not in (2, "2"):
        return ""
    config = fields.get("config")
    if isinstance(config, dict) and _text(config, "mediaType"):
        docker = _text(config, "mediaType") == MediaType.DOCKER_CONFIG
        return MediaType.DOCKER_MANIFEST if docker else MediaType.OCI_MANIFEST
    if isinstance(fields.get("manifests"), list):
        return MediaType.OCI_INDEX
    return MediaType.OCI_MANIFEST


def _fits(platform: Mapping[str, object], host: Host) -> bool:
    return (platform.get("os"), platform.get("architecture")) == (host.os, host.architecture)


def _reference_error(digest: str) -> str | None:
    error = digest_error(digest)
    return None if error is None else f"unexpected digest reference {digest}: {error}"


def _blob_path(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/", 1)


def _text(fields: Mapping[str, object], key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""
