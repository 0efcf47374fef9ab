"""The transport docker-archive (containers/image v5.23 and v5.39, docker/internal/tarfile).

It scans the tar for each file that it needs: of duplicate names the first is used, and one symlink
is followed. Nothing is extracted.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Sequence

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    SYMLINK,
    clean_path,
)
from checker.model.names import OLD_REFERENCE, InvalidReferenceError, parse_reference
from checker.model.tar import Anomaly, AnomalyKind
from checker.records import NamedTuple
from checker_engines.answers.content import member_at, raw_of
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_MANIFEST_JSON,
    DAMAGED,
    LAYER_DAMAGED,
    NO_IMAGE,
    NOT_EXTRACTED,
    OTHER_LAYER_COUNT,
    Refusal,
)
from checker_engines.answers.undecided import Undecided, cut_of
from checker_engines.containers.compression import (
    inflating_error,
    is_found_by_detection,
    is_recognised,
    opening_error,
    readable_tar,
)
from checker_engines.containers.copy import (
    SourceConfig,
    SourceImage,
    SourceLayer,
    digest_error,
)
from checker_engines.containers.limits import CONFIG_LIMIT, TAR_MANIFEST_LIMIT, size_error
from checker_engines.containers.manifest_types import MANIFEST_ITEMS
from checker_engines.containers.versions import Library
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import GoJsonError, decode_document
from checker_engines.golang.tar import tar_error

# Go treats all others as regular (archive/tar, headerFileInfo.Mode), also hard links.
_SPECIAL = frozenset({SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO})
_NOT_THERE = "file does not exist"
_MIB = 1 << 20
_FILE_MAX = 16 << 40
"""Size in bytes of the largest file on ext4; a seek beyond it fails."""
_NO_BYTES = hashlib.sha256().hexdigest()


class _ScanError(ValueError):
    """A scan of the tar does not find a file; the text is the engine's."""


class Item(NamedTuple):
    """One image of ``manifest.json``."""

    config: str
    tags: tuple[str, ...]
    layers: tuple[str, ...]


class DockerArchive:
    """An opened archive.

    Args:
        archive: The facts.
        library: The build.

    Raises:
        Refusal: It cannot be opened.
    """

    def __init__(self, archive: Archive, library: Library) -> None:
        self._archive = archive
        self._library = library
        self._refuse_corrupt()
        inside = archive.inside
        if inside is not None and is_recognised(archive.compression):
            # The copy in the temporary file is opened like the archive.
            self._archive = inside
            self._refuse_corrupt()
        self._tar = readable_tar(self._archive)
        self._entries = self._tar.entries
        if inside is None:
            self._refuse_lost_start()
        self.items = self._read_manifest()

    def image(self, item: Item) -> SourceImage:
        """The image of an item.

        Raises:
            Refusal: Its config or layers cannot be found or read.
        """
        raw, config_size = self._component(item.config, CONFIG_LIMIT)
        shown = self._library.quoted(item.config)
        try:
            config = decode_document(raw, self._library.shapes.docker_config)
        except GoJsonError as error:
            text = f"decoding tar config {shown}: {error}"
            reason = f"the config {item.config} does not decode as an image config"
            raise Refusal(text, reason, BAD_CONFIG) from None
        rootfs = config.get("rootfs") if isinstance(config, dict) else None
        if not isinstance(rootfs, dict):
            text = f"Invalid image config (rootFS is not set): {shown}"
            reason = (
                f"the config {item.config} has no rootfs, which lists the diff_ids of the layers"
            )
            raise Refusal(text, reason, BAD_CONFIG)
        diff_ids = [each if isinstance(each, str) else "" for each in rootfs.get("diff_ids") or ()]
        layers = self._layers(item, diff_ids)
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        return SourceImage(SourceConfig(digest, None, raw, config_size), layers, is_docker=True)

    def _refuse_corrupt(self) -> None:
        """Decompress the archive to a temporary file, which is done first."""
        compression = self._archive.compression
        if not is_recognised(compression):
            return
        error = self._copy_error(compression)
        if error is not None:
            raise Refusal(
                error,
                "the compressed archive is corrupt: get an intact copy or create it again",
                ("ARC004", "ARC006", "ARC007"),
            )

    def _copy_error(self, compression: Compression) -> str | None:
        """The error of the copy (reader.go, NewReaderFromFile and NewReaderFromStream)."""
        error = opening_error(compression, self._library)
        if error is not None:
            return f'detecting compression for file "<tmp>": initializing decompression: {error}'
        error = inflating_error(compression, self._archive.size)
        if error is None:
            return None
        if is_found_by_detection(compression, error, self._archive.tar.size):
            return f"auto-decompressing input: detecting compression: {error}"
        return f'copying contents to temporary file "<tmp>": {error}'

    def _read_manifest(self) -> tuple[Item, ...]:
        raw, _ = self._component("manifest.json", TAR_MANIFEST_LIMIT)
        try:
            items = decode_document(raw, MANIFEST_ITEMS)
        except GoJsonError as error:
            text = f"decoding tar manifest.json: {error}"
            raise Refusal(
                text, "manifest.json does not decode as a list of images", BAD_MANIFEST_JSON
            ) from None
        return tuple(map(_item, items)) if isinstance(items, list) else ()

    def _refuse_lost_start(self) -> None:
        is_gzip = self._archive.compression.kind is CompressionKind.GZIP
        if not is_gzip or not self._library.loses_gzip_start:
            return
        cut = self._tar.size <= _MIB
        error = "unexpected EOF" if cut else "archive/tar: invalid tar header"
        raise Refusal(
            f"loading tar component {self._library.quoted('manifest.json')}: {error}",
            "this version cannot read a docker-archive compressed with gzip: decompress it first",
        )

    def _component(self, path: str, limit: int) -> tuple[bytes, int]:
        """The bytes of a file, as far as they are kept, and its size (readTarComponent)."""
        try:
            position = self._find(path)
        except _ScanError as error:
            text = f"loading tar component {self._library.quoted(path)}: {error}"
            raise Refusal(text, self._why_not_found(path, error), _rules(path)) from None
        size = self._entries.sizes[position]
        too_large = size_error(size, limit)
        if too_large is not None:
            raise Refusal(
                too_large, f"{path} has {size} bytes, the tool reads {limit}", _rules(path)
            )
        blob = member_at(self._archive, position)
        return raw_of(blob), 0 if blob is None else blob.size

    def _why_not_found(self, path: str, error: _ScanError) -> str:
        if path == "manifest.json" and str(error) == _NOT_THERE:
            return "its top level has no manifest.json, so it is not a docker-archive"
        return f"{path or 'a file without a name'} cannot be read"

    def _find(self, path: str) -> int:
        """The position of a file, one symlink followed.

        Raises:
            _ScanError: There is none.
        """
        position = self._first(_go_clean(path))
        entries = self._entries
        if chr(entries.kinds[position]) == SYMLINK:
            directory = posixpath.dirname(_go_clean(path))
            link = entries.linknames.get(position, "")
            position = self._first(_go_clean(posixpath.join(directory, link.lstrip("/"))))
        if chr(entries.kinds[position]) in _SPECIAL:
            name = self._library.quoted(entries.name(position))
            raise _ScanError(f"Error reading tar archive component {name}: not a regular file")
        if self._is_cut(position):
            raise _ScanError("unexpected EOF")
        return position

    def _first(self, path: str) -> int:
        entries = self._entries
        places = entries.positions({clean_path(path)})
        for position in places[clean_path(path)]:
            if _go_clean(entries.name(position)) == path:
                return position
        raise _ScanError(self._scan_error() or _NOT_THERE)

    def _is_cut(self, position: int) -> bool:
        fatal = self._tar.fatal
        return (
            fatal is not None
            and fatal.kind is AnomalyKind.TRUNCATED_CONTENT
            and position == len(self._entries) - 1
        )

    def _scan_error(self) -> str | None:
        """The error of a scan to the end of the tar, if any.

        Raises:
            Undecided: The archive was not read to its end.
        """
        reached = cut_of(self._archive)
        if reached is not None:
            raise Undecided(reached)
        tar = self._tar
        fatal = tar.fatal
        if fatal is not None and _is_sought_too_far(fatal, tar.entries.sizes):
            return f"seek {self._library.temporary('')}: invalid argument"
        return tar_error(tar)

    def _layers(self, item: Item, diff_ids: Sequence[str]) -> tuple[SourceLayer, ...]:
        if len(item.layers) != len(diff_ids):
            raise Refusal(
                f"Inconsistent layer count: {len(item.layers)} in manifest, "
                f"{len(diff_ids)} in config",
                f"manifest.json lists {len(item.layers)} layers, the config {len(diff_ids)}",
                OTHER_LAYER_COUNT,
            )
        positions = self._layer_positions(item, diff_ids)
        return tuple(self._layer(diff_id, *positions[diff_id]) for diff_id in diff_ids)

    def _layer_positions(
        self,
        item: Item,
        diff_ids: Sequence[str],
    ) -> dict[str, tuple[str, int]]:
        """Path and position of each layer, found in one scan of the whole tar."""
        paths: dict[str, str] = {}
        for diff_id, name in zip(diff_ids, item.layers, strict=True):
            path = _go_clean(name)
            if diff_id not in paths and path in paths.values():
                shown = self._library.quoted(path)
                raise Refusal(
                    f"Layer tarfile {shown} used for two different DiffID values",
                    f"manifest.json lists {path} for two different layers",
                    ("DKR010",),
                )
            paths.setdefault(diff_id, path)
        found = self._scan(set(paths.values()))
        return {diff_id: (path, found[path]) for diff_id, path in paths.items()}

    def _scan(self, paths: set[str]) -> dict[str, int]:
        entries = self._entries
        places = entries.positions({clean_path(path) for path in paths})
        found: dict[str, int] = {}
        for position in sorted(each for group in places.values() for each in group):
            path = _go_clean(entries.name(position))
            if path in paths and path not in found:
                found[path] = position
                self._refuse_layer(position, path)
        error = self._scan_error()
        if error is not None:
            raise Refusal(
                error, "the archive is not a valid tar, and the tool reads it to its end", DAMAGED
            )
        if len(found) < len(paths):
            raise Refusal(
                "Some layer tarfiles are missing in the tarball",
                f"not in the archive: {', '.join(sorted(paths - found.keys()))}",
                ("DKR001", "DKR003", "DKR008", *NOT_EXTRACTED),
            )
        return found

    def _refuse_layer(self, position: int, path: str) -> None:
        """Decompress a layer to determine its size."""
        blob = self._archive.members.blobs.get(position)
        if blob is None or not is_recognised(blob.compression):
            return
        shown = self._library.quoted(path)
        error = opening_error(blob.compression, self._library)
        text = f"auto-decompressing {shown} to determine its size: initializing decompression: "
        if error is None:
            error = inflating_error(blob.compression, blob.size)
            text = f"reading {shown} to find its size: "
        if error is not None:
            reason = f"the layer {path} cannot be decompressed"
            raise Refusal(text + error, reason, LAYER_DAMAGED)

    def _layer(self, diff_id: str, path: str, listed: int) -> SourceLayer:
        size = self._size(listed)
        try:
            blob = member_at(self._archive, self._find(path))
        except _ScanError as error:
            return SourceLayer(diff_id, size, None, "", 0, True, True, str(error))
        inflated = blob is not None and is_recognised(blob.compression)
        return SourceLayer(
            digest=diff_id,
            size=size,
            blob=blob,
            digest_read=_digest_read(blob, diff_id),
            size_read=_size_read(blob),
            is_inflated=True,
            ends_at_once=not inflated,
        )

    def _size(self, listed: int) -> int:
        """The size of a layer: from the header of the listed path, even if that is a symlink."""
        entries = self._entries
        if chr(entries.kinds[listed]) in _SPECIAL:
            return 0
        blob = self._archive.members.blobs.get(listed)
        return entries.sizes[listed] if blob is None else _size_read(blob)


def tag_error(tag: str, library: Library, item: int) -> str | None:
    """The error of ``podman load`` for a tag of ``manifest.json`` (docker/archive, reader.go)."""
    try:
        reference = parse_reference(tag, OLD_REFERENCE)
    except InvalidReferenceError as error:
        return f"Invalid tag {quote(tag)} in manifest item @{item}: {error}"
    if reference.tag is None:
        digest = f"@{reference.digest}" if reference.digest else ""
        name = f"{reference.domain}/{reference.path}{digest}"
        return f"Invalid tag {library.quoted(tag)} ({name}): does not contain a tag"
    return None


def full_name(tag: str) -> str:
    """A tag as messages show it."""
    reference = parse_reference(tag, OLD_REFERENCE)
    return f"{reference.domain}/{reference.path}:{reference.tag}"


def _digest_read(blob: Blob | None, wanted: str) -> str:
    """The digest of what is read, with the algorithm of the one that is wanted."""
    algorithm = wanted.partition(":")[0]
    if blob is None:
        return f"sha256:{_NO_BYTES}"
    is_inflated = is_recognised(blob.compression) and blob.diff_id is not None
    if algorithm == "sha256" or digest_error(wanted) is not None:
        return (blob.diff_id if is_inflated else None) or blob.digest
    if is_inflated:
        # Only sha256 is computed of decompressed data.
        return wanted
    return f"{algorithm}:{blob.digests.get(algorithm, wanted.partition(':')[2])}"


def _size_read(blob: Blob | None) -> int:
    if blob is None:
        return 0
    return blob.inflated_size if is_recognised(blob.compression) else blob.size


def _is_sought_too_far(fatal: Anomaly, sizes: Sequence[int]) -> bool:
    return fatal.kind is AnomalyKind.TRUNCATED_CONTENT and bool(sizes) and sizes[-1] > _FILE_MAX


def _item(value: object) -> Item:
    """One item; missing fields are empty."""
    fields = value if isinstance(value, dict) else {}
    config = fields.get("Config")
    return Item(
        config if isinstance(config, str) else "",
        tuple(tag or "" for tag in fields.get("RepoTags") or ()),
        tuple(path or "" for path in fields.get("Layers") or ()),
    )


def _go_clean(name: str) -> str:
    """A name as Go's ``path.Clean`` returns it."""
    clean = posixpath.normpath(name or ".")
    return clean[1:] if clean.startswith("//") else clean


def _rules(path: str) -> tuple[str, ...]:
    """The rules that can explain why a component is not found or read."""
    if path == "manifest.json":
        return (*NO_IMAGE, *DAMAGED, "DKR008")
    return (*DAMAGED, "DKR001", "DKR002", "DKR008")
