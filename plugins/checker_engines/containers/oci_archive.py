"""The transport oci-archive (containers/image v5.23 and v5.39, oci/archive and oci/layout).

It extracts the whole archive to a temporary directory and reads the image layout there.
``oci-layout`` is never read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from checker.model.archive import Archive
from checker.model.compression import Compression
from checker.model.entries import DIRECTORY, REGULAR
from checker.model.image import mapping, strings
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES, MediaType
from checker.model.work import Work
from checker.typing_names import Any
from checker.verdicts import Host
from checker_engines.answers.content import member_at, raw_of
from checker_engines.answers.refusal import (
    BAD_INDEX,
    BAD_MANIFEST,
    DAMAGED,
    NO_IMAGE,
    NOT_EXTRACTED,
    Refusal,
    prefixed,
)
from checker_engines.answers.undecided import Undecided, cut_of
from checker_engines.containers.compression import (
    inflating_error,
    is_recognised,
    opening_error,
    program_error,
    readable_tar,
    uses_program,
    window_error,
    writes_nothing,
)
from checker_engines.containers.copy import (
    SourceConfig,
    SourceImage,
    SourceLayer,
    digest_error,
)
from checker_engines.containers.limits import CONFIG_LIMIT, size_error
from checker_engines.containers.manifest_formats import ambiguity_error, guess_media_type
from checker_engines.containers.platforms import choose_instance
from checker_engines.containers.schema1 import schema1_error
from checker_engines.containers.storage_archive import UnpackError, untar
from checker_engines.containers.versions import Library
from checker_engines.filesystem.privileges import ROOT, Privileges
from checker_engines.filesystem.tree import Tree, TreeError
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import (
    GoJsonError,
    Struct,
    decode_document,
    decode_first,
)
from checker_engines.golang.tar import UNEXPECTED_EOF, tar_error

BELOW_INDEX = "copying system image from manifest list: "
"""The prefix of errors of a copy of an image that was found through an index."""
NESTED_INDEX = "Unexpectedly received a manifest list instead of a manifest for a single image"
"""The error of a copy for an index in an index."""
NOT_THE_INSTANCE = "Manifest does not match provided manifest digest "
"""What the error of a copy for a manifest with another digest than in the index begins with."""
_INITIALIZING = "initializing image from source"
_NOT_AN_IMAGE = 'unsupported image-specific operation on artifact with type "{}"'
_WEB = ("http", "https")
_NO_BYTES = hashlib.sha256().hexdigest()


_A_LIST = "Treating manifest lists as individual manifests is not implemented"
_MIXED = "a document has the media type {}, but also fields of another format"
_NOT_BY_ITSELF = (
    "the manifest has neither the mediaType of an image manifest nor the schemaVersion 2, and "
    "containers-storage goes by these"
)


class OciArchive:
    """An extracted archive.

    Args:
        archive: The facts.
        library: The build.
        shown: The archive in messages, such as ``oci-archive:<tmp>:``.
        work: What may be spent on extracting it.

    Raises:
        Refusal: It cannot be extracted.
    """

    def __init__(
        self,
        archive: Archive,
        library: Library,
        shown: str,
        work: Work,
        privileges: Privileges = ROOT,
    ) -> None:
        self._privileges = privileges
        self._archive = archive
        self._work = work
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

    def blob_path(self, digest: str) -> str:
        """The path of a config or layer, given its digest."""
        return "blobs/" + digest.replace(":", "/", 1)

    def manifest_path(self, digest: str) -> str:
        """The path of a manifest, given its digest."""
        return self.blob_path(digest)

    def _path(self, below: str) -> str:
        """How messages show a path in the directory."""
        return self._library.temporary(below) if below else self._library.directory

    def _extract(self) -> Tree:
        """Extract the archive (containers-storage, pkg/archive, Untar)."""
        compression, tar = self._archive.compression, readable_tar(self._archive)
        if is_recognised(compression):
            error = self._early_error(compression)
            if error is not None:
                raise UnpackError(error)
        error = self._stream_error(compression)
        try:
            tree = untar(tar, self._work, self._path, self._privileges)
        except UnpackError as refused:
            is_cut = compression.truncated and tar.fatal is not None
            if error is not None and (is_cut or str(refused) == tar_error(tar) == UNEXPECTED_EOF):
                raise UnpackError(error) from None
            raise
        if error is not None and tar.end is None:
            raise UnpackError(error)
        reached = cut_of(self._archive)
        if reached is not None:
            raise Undecided(reached)
        return tree

    def _early_error(self, compression: Compression) -> str | None:
        """The error of decompressing it that comes before the end of the tar."""
        if not uses_program(compression, self._library):
            return opening_error(compression, self._library) or window_error(compression)
        size = self._archive.size
        return program_error(compression, size) if writes_nothing(compression) else None

    def _stream_error(self, compression: Compression) -> str | None:
        """The error of decompressing it for a reader that the tar does not stop before."""
        if not is_recognised(compression):
            return None
        size, cut = self._archive.size, UNEXPECTED_EOF if compression.truncated else None
        if uses_program(compression, self._library):
            return program_error(compression, size) or cut
        return cut or inflating_error(compression, size)

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
            text = self._not_there("index.json")
            rules = ("OCI004", *NO_IMAGE)
            raise Refusal(text, "it has no index.json, so it is not an OCI archive", rules)
        try:
            index = decode_first(self._raw(position), self._library.shapes.image_index)
        except GoJsonError as error:
            reason = "index.json does not decode as an image index"
            raise Refusal(str(error), reason, BAD_INDEX) from None
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
        return self.image_of(raw, media_type, descriptor, host)

    def image_of(
        self, raw: bytes, media_type: str, descriptor: Mapping[str, object], host: Host
    ) -> SourceImage:
        """The image of a manifest, through an index by platform.

        Args:
            raw: The manifest, or an index.
            media_type: Its media type.
            descriptor: What refers to it.
            host: The host that an index is read for.

        Raises:
            Refusal: It cannot be read.
        """
        if media_type not in INDEX_TYPES:
            return self._image(raw, media_type)
        digest = self._choose(raw, media_type, host)
        try:
            return self._instance(descriptor, digest)._replace(is_below_index=True)
        except Refusal as refusal:
            text = f"{BELOW_INDEX}{refusal.message}"
            raise Refusal(text, refusal.reason, refusal.rules) from None

    def _instance(self, descriptor: Mapping[str, object], digest: str) -> SourceImage:
        """The image with a digest that an index lists (copy/single.go, copySingleImage)."""
        raw = self._manifest(digest)
        self._check_instance(digest, raw)
        # Only the media types in index.json are used, not those in the index below it.
        is_listed = _text(descriptor, "digest") == digest
        stated = _text(descriptor, "mediaType") if is_listed else ""
        media_type = stated or guess_media_type(raw)
        if media_type in INDEX_TYPES:
            raise Refusal(
                NESTED_INDEX,
                "an index refers to another index, which the tool does not follow",
            )
        return self._image(raw, media_type)

    def _check_instance(self, digest: str, raw: bytes) -> None:
        if digest.startswith("sha256:") and digest[7:] != hashlib.sha256(raw).hexdigest():
            raise Refusal(
                f"determining manifest MIME type for {self._shown}: {NOT_THE_INSTANCE}{digest}",
                f"the manifest does not hash to {digest}",
                BAD_MANIFEST,
            )

    def _manifest(self, digest: str) -> bytes:
        where = f"determining manifest MIME type for {self._shown}: "
        error = _reference_error(digest)
        if error is not None:
            reason = f"index.json has the digest {digest!r}, which is not valid"
            raise Refusal(where + error, reason, ("OCI007",))
        path = self.manifest_path(digest)
        position = self._file_at(path)
        if position is None:
            message = where + self._not_there(path)
            raise Refusal(
                message, f"the manifest {digest} is missing", ("OCI007", "OCI008", "OCI009")
            )
        return self._raw(position)

    def _choose(self, raw: bytes, media_type: str, host: Host) -> str:
        """The digest of the instance for a host."""
        try:
            index = decode_document(raw, self._library.shapes.image_index)
        except GoJsonError as error:
            text = f"parsing primary manifest as list for {self._shown}: {error}"
            raise Refusal(text, "an index does not decode as an image index", BAD_INDEX) from None
        ambiguity = ambiguity_error(raw, media_type, ("manifests",))
        if ambiguity is not None:
            text = f"parsing primary manifest as list for {self._shown}: {ambiguity}"
            raise Refusal(text, _MIXED.format(media_type), BAD_MANIFEST)
        found = index.get("manifests") if isinstance(index, dict) else None
        is_oci = media_type == MediaType.OCI_INDEX
        # In Docker's list every manifest is for a platform.
        manifests = [each for each in found or () if is_oci or mapping(each).get("platform")]
        chosen = choose_instance(manifests, host, self._library)
        if chosen is None:
            quoted = self._library.quoted
            kind = "image index" if is_oci else "manifest list"
            raise Refusal(
                f"choosing an image from manifest list {self._shown}: no image found in {kind} "
                f'for architecture {quoted(host.architecture)}, variant "", OS {quoted(host.os)}',
                f"it has no image for {host.os}/{host.architecture}",
            )
        return chosen

    def _image(self, raw: bytes, media_type: str) -> SourceImage:
        if media_type not in MANIFEST_TYPES:
            raise self._schema1_refusal(raw)
        with prefixed(f"{_INITIALIZING} {self._shown}: "):
            fields = self._parsed(raw, media_type)
        own = guess_media_type(raw)
        not_an_image = None
        if media_type == MediaType.OCI_MANIFEST:
            not_an_image = self._artifact_error(fields)
        return SourceImage(
            config=self._config(fields.get("config"), not_an_image),
            layers=tuple(self._layer(each) for each in fields.get("layers") or ()),
            refused_at_commit=None if own == media_type else self._commit_error(raw, own),
            digest=f"sha256:{hashlib.sha256(raw).hexdigest()}",
            is_docker=own == MediaType.DOCKER_MANIFEST,
        )

    def _commit_error(self, raw: bytes, own: str) -> Refusal | None:
        """The error of containers-storage, which reads a manifest as what it calls itself."""
        if own in INDEX_TYPES:
            return Refusal(_A_LIST, "the manifest has the media type of an index", BAD_MANIFEST)
        if own not in MANIFEST_TYPES:
            error = schema1_error(raw)
            return None if error is None else Refusal(error, _NOT_BY_ITSELF, BAD_MANIFEST)
        try:
            self._parsed(raw, own)
        except Refusal as refusal:
            return refusal
        return None

    def _parsed(self, raw: bytes, media_type: str) -> dict[str, Any]:
        """A manifest as one of OCI or of Docker's schema 2 (manifest.FromBlob).

        Raises:
            Refusal: It is not valid.
        """
        if media_type == MediaType.DOCKER_MANIFEST:
            return self._docker_manifest(raw)
        return self._oci_manifest(raw)

    def _oci_manifest(self, raw: bytes) -> dict[str, Any]:
        """An OCI manifest (manifest/oci.go, OCI1FromManifest)."""
        fields = _decoded(raw, self._library.shapes.manifest)
        _refuse_mixed(raw, self._library.manifest_called)
        return fields

    def _docker_manifest(self, raw: bytes) -> dict[str, Any]:
        """A manifest of Docker's schema 2 (manifest/docker_schema2.go, Schema2FromManifest)."""
        fields = _decoded(raw, self._library.shapes.docker_manifest)
        _refuse_mixed(raw, MediaType.DOCKER_MANIFEST)
        layers = (_text(mapping(each), "mediaType") for each in fields.get("layers") or ())
        for media_type in (_text(fields, "mediaType"), *layers):
            if media_type not in self._library.docker_types:
                raise Refusal(
                    f"unsupported docker v2s2 media type: {quote(media_type)}",
                    f"a Docker manifest has the media type {media_type!r}, which is not a Docker "
                    "type",
                    BAD_MANIFEST,
                )
        return fields

    def _artifact_error(self, manifest: Mapping[str, object]) -> str | None:
        """The error for an OCI manifest without an OCI config (internal/manifest/errors.go)."""
        config = _text(mapping(manifest.get("config")), "mediaType")
        if config == MediaType.OCI_CONFIG:
            return None
        if not self._library.knows_artifacts:
            return _NOT_AN_IMAGE.format(config)
        shown = _text(manifest, "artifactType") or config
        if shown == MediaType.DOCKER_CONFIG:
            return f'invalid mixed OCI image with Docker v2s2 config ("{shown}")'
        return _NOT_AN_IMAGE.format(shown)

    def _schema1_refusal(self, raw: bytes) -> Refusal:
        """The error for an unknown media type, which is read as Docker's schema 1."""
        error = schema1_error(raw) or "schema 1 is not supported in an image layout"
        text = f"{_INITIALIZING} {self._shown}: {error}"
        return Refusal(
            text, "the descriptor's media type is not that of an image manifest", BAD_MANIFEST
        )

    def _config(self, value: object, not_an_image: str | None) -> SourceConfig:
        descriptor = mapping(value)
        digest, size = _text(descriptor, "digest"), descriptor.get("size")
        expected = size if isinstance(size, int) else 0
        error = self._download_error(descriptor) or _reference_error(digest)
        position = None if error else self._file_at(self.blob_path(digest))
        if error is None and position is None:
            error = self._not_there(self.blob_path(digest))
        if position is None:
            return SourceConfig(digest, expected, b"", 0, error, not_an_image)
        entry_size = self._archive.entries.sizes[position]
        found = self._digest(position)
        too_large = size_error(entry_size, CONFIG_LIMIT)
        wrong = None
        if found != digest:
            wrong = f"Download config.json digest {found} does not match expected {digest}"
        raw = self._raw(position)
        error = too_large or wrong
        return SourceConfig(digest, expected, raw, entry_size, error, not_an_image)

    def _layer(self, value: object) -> SourceLayer:
        descriptor = mapping(value)
        digest = _text(descriptor, "digest")
        error = self._download_error(descriptor) or _reference_error(digest)
        position = None if error else self._file_at(self.blob_path(digest))
        if position is None:
            error = error or self._not_there(self.blob_path(digest))
            return SourceLayer(digest, None, None, "", 0, False, False, error)
        return SourceLayer(
            digest=digest,
            size=None,
            blob=member_at(self._archive, position),
            digest_read=self._digest(position, digest.partition(":")[0]),
            size_read=self._archive.entries.sizes[position],
            is_inflated=False,
            ends_at_once=False,
        )

    def _download_error(self, descriptor: Mapping[str, object]) -> str | None:
        """The error for content that is requested from its URLs, assuming that none answers.

        Source: oci/layout/oci_src.go, getExternalBlob.
        """
        urls = strings(descriptor.get("urls"))
        if not urls:
            return None
        from urllib.parse import urlsplit  # here, as hardly any content has URLs

        wanted = [url for url in urls if urlsplit(url).scheme in _WEB]
        error = "failed fetching external blob from all urls"
        for url in wanted:
            reached = (
                f"Get {quote(url)}: dial tcp {urlsplit(url).netloc}: connect: connection refused"
            )
            error = f"fetching {self._library.quoted(url)} failed {reached}: {error}"
        return error if wanted else None

    def _digest(self, position: int, algorithm: str = "sha256") -> str:
        blob = member_at(self._archive, position)
        if blob is None:
            return f"{algorithm}:{hashlib.new(algorithm).hexdigest()}"
        return f"{algorithm}:{blob.digests.get(algorithm, '')}"

    def _raw(self, position: int) -> bytes:
        return raw_of(member_at(self._archive, position))

    def _not_there(self, path: str) -> str:
        """The error of opening what is not a file, or of reading it."""
        shown = self._library.temporary(path)
        try:
            node = self._tree.walk(path)
        except TreeError as error:
            return f"open {shown}: {error}"
        if node.kind == DIRECTORY:
            return f"read {shown}: is a directory"
        return f"open {shown}: no such file or directory"


def _decoded(raw: bytes, shape: Struct) -> dict[str, Any]:
    try:
        manifest = decode_document(raw, shape)
    except GoJsonError as error:
        reason = "the manifest does not decode as an image manifest"
        raise Refusal(str(error), reason, BAD_MANIFEST) from None
    return manifest if isinstance(manifest, dict) else {}


def _refuse_mixed(raw: bytes, called: str) -> None:
    error = ambiguity_error(raw, called, ("config", "layers"))
    if error is not None:
        raise Refusal(error, _MIXED.format(called), BAD_MANIFEST)


def _reference_error(digest: str) -> str | None:
    error = digest_error(digest)
    return None if error is None else f"unexpected digest reference {digest}: {error}"


def _text(fields: Mapping[str, object], key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""
