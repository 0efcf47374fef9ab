"""Reading an archive of ``docker save`` (go-containerregistry, pkg/v1/tarball, image.go).

The tar is scanned from its start for each file that is needed: of duplicate names the first is
used, and links are followed. The archive must not be compressed. Whether the layers are compressed
is decided by the first one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from checker.model.archive import Archive, Source
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import HARD_LINK, SYMLINK, clean_path
from checker.model.image import mapping, text
from checker.model.names import MediaType
from checker.model.tar import Anomaly, AnomalyKind
from checker.records import NamedTuple
from checker_engines.answers.content import member_at, raw_of
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_MANIFEST_JSON,
    DAMAGED,
    NO_IMAGE,
    NOT_EXTRACTED,
    OTHER_LAYER_COUNT,
    Refusal,
)
from checker_engines.answers.undecided import Undecided, cut_of
from checker_engines.ggcr.types import CONFIG, MANIFEST_ITEMS
from checker_engines.golang.gzip import inflating_error
from checker_engines.golang.json import GoJsonError, decode_first
from checker_engines.golang.tar import UNEXPECTED_EOF, not_a_tar_error, tar_error

CRASH = "panic: "
"""What a Go program prints first if it crashes."""
_FILE_MAX = 16 << 40
"""Size in bytes of the largest file on ext4; a seek beyond it fails."""
_PEEKED = frozenset({CompressionKind.GZIP, CompressionKind.ZSTD})
"""The compressions of layers that are recognised."""
_UNCOMPRESSED = frozenset({MediaType.OCI_LAYER, "application/vnd.docker.image.rootfs.diff.tar"})
ONLY_ONE = "tarball must contain only a single image to be used with tarball.Image"
"""The error for any other number of images."""


class Library(NamedTuple):
    """A version of go-containerregistry.

    Attributes:
        cleans_names: Whether names of members are cleaned before they are compared, so that
            ``./manifest.json`` is found.
        finds_cycles: Whether links that lead back to themselves are an error; otherwise they are
            followed until no more files can be opened.
        counts_layers: Whether other numbers of layers and diff_ids are an error; otherwise the
            program crashes.
    """

    cleans_names: bool
    finds_cycles: bool
    counts_layers: bool


GGCR_0_20 = Library(cleans_names=False, finds_cycles=False, counts_layers=False)
"""go-containerregistry v0.20.6."""
GGCR_0_22 = Library(cleans_names=True, finds_cycles=True, counts_layers=True)
"""go-containerregistry v0.22.1."""


class Config(NamedTuple):
    """What is needed of an image config.

    Attributes:
        diff_ids: The digests of the layers.
        rootfs_type: ``rootfs.type``, empty if it is missing.
    """

    diff_ids: tuple[str, ...]
    rootfs_type: str


class Layer(NamedTuple):
    """A layer that is read.

    Attributes:
        path: Its path, as ``manifest.json`` has it.
        blob: Its content; None if it is empty.
        cut: The error with which its content ends in the archive.
        source: What ``LayerSources`` says of it, for a layer that is not in a registry; None if
            it is not listed there.
    """

    path: str
    blob: Blob | None
    cut: str | None
    source: Mapping[str, object] | None

    @property
    def digest(self) -> str:
        """The digest of the content as stored."""
        return "" if self.blob is None else self.blob.digest

    @property
    def diff_id(self) -> str:
        """The digest of the content after decompression."""
        return "" if self.blob is None else self.blob.diff_id or self.blob.digest


class LayerRefusal(Refusal):
    """A layer cannot be found.

    Attributes:
        number: Its number in the config, from 0.
    """

    def __init__(self, number: int, refusal: Refusal) -> None:
        super().__init__(refusal.message, refusal.reason, refusal.rules)
        self.number = number


class HashRefusal(Refusal):
    """The manifest that is made of the layers has a descriptor without a digest."""


class Tarball:
    """An opened archive.

    Args:
        archive: The facts.
        library: The version.
        decompressed: The compressions of the archive that the tool takes away before.

    Raises:
        Refusal: It cannot be opened.
        Undecided: What it needs was not read.
    """

    def __init__(
        self,
        archive: Archive,
        library: Library = GGCR_0_22,
        decompressed: AbstractSet[CompressionKind] = frozenset(),
    ) -> None:
        self._archive = archive
        self._library = library
        self._readable = {CompressionKind.NONE, *decompressed}
        # What is decompressed is a stream, in which nothing is sought.
        self._is_stream = bool(decompressed)
        self._tar = archive.tar
        item = self._only_item()
        self._sources = mapping(item.get("LayerSources"))
        self.paths = tuple(text(path) or "" for path in _list(item.get("Layers")))
        self.tags = tuple(text(tag) or "" for tag in _list(item.get("RepoTags")))
        self.raw_config = self._read(text(item.get("Config")) or "")
        self.is_compressed = bool(self.paths) and self._is_first_compressed()

    def config(self) -> Config:
        """The image config, which is decoded where it is needed.

        Raises:
            Refusal: It cannot be decoded.
        """
        try:
            value = mapping(decode_first(self.raw_config, CONFIG))
        except GoJsonError as error:
            reason = "the config does not decode as an image config"
            raise Refusal(str(error), reason, BAD_CONFIG) from None
        rootfs = mapping(value.get("rootfs"))
        diff_ids = tuple(str(each) for each in _list(rootfs.get("diff_ids")))
        return Config(diff_ids, text(rootfs.get("type")) or "")

    def layers(self) -> tuple[Layer, ...]:
        """The layers of the image, in the order of the config.

        Raises:
            Refusal: The config or a layer cannot be read, or their numbers differ.
        """
        if self.is_compressed:
            return tuple(self._compressed_layers())
        return tuple(self._plain_layers())

    def _only_item(self) -> Mapping[str, object]:
        raw = self._read("manifest.json")
        try:
            items = decode_first(raw, MANIFEST_ITEMS)
        except GoJsonError as error:
            reason = "manifest.json does not decode as a list of images"
            raise Refusal(str(error), reason, BAD_MANIFEST_JSON) from None
        if not isinstance(items, list):
            text = "no valid manifest.json in tarball"
            raise Refusal(text, "manifest.json is null", BAD_MANIFEST_JSON)
        if len(items) != 1:
            reason = f"manifest.json lists {len(items)} images; only an archive of one is read"
            raise Refusal(ONLY_ONE, reason, () if items else BAD_MANIFEST_JSON)
        return mapping(items[0])

    def _is_first_compressed(self) -> bool:
        blob = self._blob(self.paths[0])
        return blob is not None and blob.compression.kind in _PEEKED

    def _compressed_layers(self) -> list[Layer]:
        diff_ids = self.config().diff_ids
        if len(self.paths) > len(diff_ids):
            message = (
                f"tarball manifest references {len(self.paths)} layer(s) but config has "
                f"{len(diff_ids)} rootfs.diff_ids; the config may not describe a runnable image "
                "(for example, a buildkit cacheconfig)"
            )
            raise Refusal(
                self._count_error(message, len(diff_ids), len(diff_ids)),
                f"manifest.json lists {len(self.paths)} layers, the config {len(diff_ids)}",
                OTHER_LAYER_COUNT,
            )
        layers = [
            self._layer(number, path, self._source(diff_id))
            for number, (path, diff_id) in enumerate(zip(self.paths, diff_ids, strict=False))
        ]
        parse_digests(layers)
        return layers

    def _plain_layers(self) -> list[Layer]:
        diff_ids = self.config().diff_ids
        places = {diff_id: number for number, diff_id in reversed(list(enumerate(diff_ids)))}
        beyond = [places[diff_id] for diff_id in diff_ids if places[diff_id] >= len(self.paths)]
        if beyond:
            message = (
                f"config has {len(diff_ids)} rootfs.diff_id(s) but tarball manifest only "
                f"references {len(self.paths)} layer(s); the config may not describe a runnable "
                "image"
            )
            raise Refusal(
                self._count_error(message, beyond[0], len(self.paths)),
                f"the config lists {len(diff_ids)} layers, manifest.json {len(self.paths)}",
                OTHER_LAYER_COUNT,
            )
        return [
            self._layer(number, self.paths[places[diff_id]], self._foreign(diff_id))
            for number, diff_id in enumerate(diff_ids)
        ]

    def _count_error(self, message: str, index: int, length: int) -> str:
        """The error for other numbers of layers and diff_ids.

        Args:
            message: That of a version that counts them.
            index: The index that is out of range.
            length: The length of the list.
        """
        if self._library.counts_layers:
            return message
        return f"{CRASH}runtime error: index out of range [{index}] with length {length}"

    def _source(self, diff_id: str) -> Mapping[str, object] | None:
        """What ``LayerSources`` says of a layer; ``null`` is a descriptor without anything."""
        return mapping(self._sources[diff_id]) if diff_id in self._sources else None

    def _foreign(self, diff_id: str) -> Mapping[str, object] | None:
        """The same, unless the layer is one as Docker 25 writes it."""
        source = self._source(diff_id)
        is_docker_25 = source is not None and source.get("mediaType") in _UNCOMPRESSED
        return None if is_docker_25 else source

    def _layer(self, number: int, path: str, source: Mapping[str, object] | None) -> Layer:
        try:
            position = self._find(path)
        except Refusal as refusal:
            raise LayerRefusal(number, refusal) from None
        return Layer(path, member_at(self._archive, position), self._cut(position), source)

    def _read(self, path: str) -> bytes:
        position = self._find(path)
        cut = self._cut(position)
        if cut is not None:
            raise Refusal(cut, f"{path} is cut off: get an intact copy of the archive", DAMAGED)
        return raw_of(member_at(self._archive, position))

    def _blob(self, path: str) -> Blob | None:
        return member_at(self._archive, self._find(path))

    def _find(self, path: str) -> int:
        """The position of a file, links followed (followLinks).

        Raises:
            Refusal: There is none.
        """
        entries = self._tar.entries
        visited: set[str] = set()
        while path not in visited:
            visited.add(path)
            position = self._first(path)
            if chr(entries.kinds[position]) not in (SYMLINK, HARD_LINK):
                return position
            target = go_clean(entries.linknames.get(position, ""))
            path = go_clean(f"{posixpath.dirname(path) or '.'}/{target}")
        error = f"link cycle detected for {path}"
        if not self._library.finds_cycles:
            error = "open <tmp>: too many open files"
        raise Refusal(error, f"{path} is a link that leads back to itself", ("ARC009", "DKR018"))

    def _first(self, path: str) -> int:
        """The position of the first entry with a name, up to the first fault of the tar."""
        archive, entries = self._archive, self._tar.entries
        if archive.source is Source.DIRECTORY:
            raise Refusal("read <tmp>: is a directory", "it is a directory, not a tar file")
        if archive.compression.kind not in self._readable:
            error = not_a_tar_error(archive.size) or f"file {path} not found in tar"
            reason = f"the archive is compressed with {archive.compression.kind}: decompress it"
            raise Refusal(error, reason)
        wanted = clean_path(path)
        for position in entries.positions({wanted})[wanted]:
            if self._is_named(entries.name(position), path):
                return position
        reached = cut_of(archive)
        if reached is not None:
            raise Undecided(reached)
        raise self._not_found(path)

    def _is_named(self, name: str, path: str) -> bool:
        return go_clean(name) == go_clean(path) if self._library.cleans_names else name == path

    def _not_found(self, path: str) -> Refusal:
        fatal = self._tar.fatal
        is_too_far = fatal is not None and _is_sought_too_far(fatal, self._tar.entries.sizes)
        if is_too_far and not self._is_stream:
            reason = "an entry is larger than a file can be"
            return Refusal("seek <tmp>: invalid argument", reason, DAMAGED)
        error = self._ending_error()
        if error is not None:
            reason = f"the tar cannot be read up to {path}: get an intact copy"
            return Refusal(error, reason, DAMAGED)
        if path == "manifest.json":
            reason = "its top level has no manifest.json, so it is not a docker-archive"
            return Refusal(f"file {path} not found in tar", reason, NO_IMAGE)
        rules = ("DKR001", "DKR002", "DKR003", "DKR008", *NOT_EXTRACTED)
        reason = f"manifest.json lists {path or 'a file without a name'}, which is not there"
        return Refusal(f"file {path} not found in tar", reason, rules)

    def _ending_error(self) -> str | None:
        """The error that a search for a file that is not there ends with."""
        error, archive = tar_error(self._tar), self._archive
        if error is None and self._tar.end is not None:
            return None
        return inflating_error(archive.compression, archive.size) or error

    def _cut(self, position: int) -> str | None:
        """The error of reading a file of which the archive does not have all bytes."""
        fatal = self._tar.fatal
        is_last = position == len(self._tar.entries) - 1
        is_cut = fatal is not None and fatal.kind is AnomalyKind.TRUNCATED_CONTENT
        return UNEXPECTED_EOF if is_cut and is_last else None


def _is_sought_too_far(fatal: Anomaly, sizes: Sequence[int]) -> bool:
    return fatal.kind is AnomalyKind.TRUNCATED_CONTENT and bool(sizes) and sizes[-1] > _FILE_MAX


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def go_clean(name: str) -> str:
    """A name as Go's ``path.Clean`` returns it."""
    clean = posixpath.normpath(name or ".")
    return clean[1:] if clean.startswith("//") else clean


def parse_digests(layers: Iterable[Layer]) -> None:
    """Parse the digests of the manifest that is made of layers (ParseManifest).

    Raises:
        HashRefusal: ``LayerSources`` has a descriptor without a digest.
    """
    for number, layer in enumerate(layers):
        if layer.source is not None and not layer.source.get("digest"):
            raise HashRefusal(
                'cannot parse hash: ":"',
                f"LayerSources has no digest for layer {number}, {layer.path}",
                BAD_MANIFEST_JSON,
            )
