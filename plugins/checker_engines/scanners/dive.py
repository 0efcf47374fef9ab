"""dive: ``dive docker-archive://`` (dive 0.13.1, dive/image/docker/image_archive.go).

dive reads the tar once. What a file is follows from its name: layers end with ``.tar``, ``.tar.gz``
or ``tgz``, documents with ``.json``. Below ``blobs/`` the first bytes decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from checker.model.archive import Archive, Kind, Source
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import (
    GLOBAL_HEADER,
    META_PREFIX,
    REGULAR,
    SYMLINK,
    WHITEOUT_PREFIX,
    Entries,
)
from checker.model.image import items, mapping, text
from checker.model.tar import AnomalyKind
from checker.model.work import Work
from checker.records import NamedTuple
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.content import member_at, raw_of
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_MANIFEST_JSON,
    DAMAGED,
    LAYER_DAMAGED,
    NO_IMAGE,
    Refusal,
)
from checker_engines.answers.undecided import Undecided, cut_of
from checker_engines.filesystem.content import content_error
from checker_engines.golang.gzip import GZIP_HEADER_BYTES, INVALID_GZIP_HEADER, inflating_error
from checker_engines.golang.json import (
    BOOL,
    INT64,
    NONE_EMBEDDED,
    STRING,
    STRINGS,
    GoJsonError,
    Slice,
    Struct,
    decode_document,
)
from checker_engines.golang.tar import UNEXPECTED_EOF, not_a_tar_error, tar_error
from checker_engines.scanners import decisions

_NAME, _ACTION = "dive-0", "docker-archive"
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_FETCHING = "cannot fetch image\n"
_LOGGED = "panic: (*logrus.Entry) 0x<address>"
_PATH_ERRORS = "file tree has path errors (use '--ignore-errors' to attempt to continue)"
_FILE_MAX = 16 << 40
"""Size in bytes of the largest file on ext4; a seek beyond it fails."""
_BLOBS = "blobs/"
_CONFIG_NAME = re.compile(r"[0-9a-f]{64}\.json")
"""The name of a config as Docker writes it, which is not read here without ``manifest.json``."""
_MANIFEST_ITEMS = Slice(
    Struct(
        "manifest",
        {"Config": STRING, "RepoTags": STRINGS, "Layers": STRINGS},
        NONE_EMBEDDED,
        "docker.manifest",
    ),
    "[]docker.manifest",
)
_CONFIG = Struct(
    "config",
    {
        "history": Slice(
            Struct(
                "historyEntry",
                {
                    **dict.fromkeys(("ID", "created", "author", "created_by"), STRING),
                    "Size": INT64,
                    "empty_layer": BOOL,
                },
                NONE_EMBEDDED,
                "docker.historyEntry",
            ),
            "[]docker.historyEntry",
        ),
        "rootfs": Struct(
            "rootFs", {"type": STRING, "diff_ids": STRINGS}, NONE_EMBEDDED, "docker.rootFs"
        ),
    },
    NONE_EMBEDDED,
    "docker.config",
)
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="dive",
        releases=(ReleaseRange("0.13", "0.13"),),
        evidence=Evidence.MEASURED,
        library="",
        measured_with="0.13.1: 400 archives with one fault each",
        groups=("scanners",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: looking into an archive of ``docker save``."""
    yield Engine(_NAME, _ACTION, _judge, "dive 0.13.1", decisions.dive, _SUITS, only_files=True)


def _judge(question: Question) -> Verdict:
    typed = f"dive docker-archive://{question.quoted_path}"
    return verdict_of(Command(_NAME, _ACTION, typed), question, _steps)


def _steps(question: Question) -> Answer:
    found = _Found(question.archive)
    listing = found.listing()
    layers = [found.layer(path) for path in listing.layers]
    tables = [one for one in layers if one is not None]
    has_errors = _has_path_errors if listing.images else _hides_nothing
    if has_errors(tables, Work(question.limits.simulated)):
        reason = "a whiteout names a path that no lower layer has: add --ignore-errors"
        raise Refusal(_PATH_ERRORS, reason, ("LYR009", "LYR010"))
    return _answer(found, listing)


class _Listing(NamedTuple):
    """What is shown.

    Attributes:
        layers: The paths of the layers; in any order without ``manifest.json``.
        images: How many images ``manifest.json`` lists; 0 without it.
    """

    layers: tuple[str, ...]
    images: int


class _Found:
    """The layers and documents of an archive (NewImageArchive)."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._layers: dict[str, Entries | None] = {}
        self._documents: dict[str, bytes] = {}
        self._links: set[str] = set()
        self._unread: list[str] = []
        self._read()

    @property
    def links(self) -> frozenset[str]:
        """Layers that are symbolic links, which have no content in a tar."""
        return frozenset(self._links)

    @property
    def configs(self) -> Sequence[str]:
        """The documents that look like a config (isConfig)."""
        return [path for path, raw in self._documents.items() if _is_config(raw)]

    def listing(self) -> _Listing:
        """What ``manifest.json`` lists first, or all layers.

        Raises:
            Refusal: There is neither a manifest nor a config, or it does not decode.
        """
        raw = self._documents.get("manifest.json")
        if raw is None:
            return self._unlisted()
        listed = _decoded_items(raw)
        first = mapping(listed[0])
        config = self._documents.get(text(first.get("Config")) or "")
        if config is None:
            reason = "the config that manifest.json names is missing, or its name ends otherwise"
            rules = ("DKR001", "DKR002", "DKR003", "DKR008")
            raise Refusal(f"{_FETCHING}could not find image config", reason, rules)
        _check_config(config)
        return _Listing(tuple(text(one) or "" for one in items(first.get("Layers"))), len(listed))

    def layer(self, path: str) -> Entries | None:
        """The entries of a layer; None if it is empty.

        Raises:
            Refusal: No file of that name was taken for a layer.
        """
        if path not in self._layers:
            raise Refusal(
                f"{_FETCHING}could not find '{path}' in parsed layers",
                f"{path} is missing, not a tar, or not compressed with gzip or zstd",
                ("DKR001", "DKR002", "DKR003", "DKR008", *LAYER_DAMAGED),
            )
        return self._layers[path]

    def _unlisted(self) -> _Listing:
        configs = self.configs
        if not configs and not any(map(_CONFIG_NAME.fullmatch, self._unread)):
            reason = "it has neither a manifest.json nor a config with rootfs.type layers"
            raise Refusal(f"{_FETCHING}could not find image manifest", reason, NO_IMAGE)
        for path in configs[:1]:
            _check_config(self._documents[path])
        return _Listing(tuple(self._layers), 0)

    def _read(self) -> None:
        archive, entries = self._archive, self._archive.tar.entries
        if archive.source is Source.DIRECTORY:
            raise Refusal("read <tmp>: is a directory", "it is a directory, not a tar")
        if archive.compression.kind is not CompressionKind.NONE:
            reason = f"the archive is compressed with {archive.compression.kind}: decompress it"
            raise Refusal(not_a_tar_error(archive.size) or "", reason)
        for position in range(len(entries)):
            if chr(entries.kinds[position]) in (REGULAR, SYMLINK):
                self._take(entries.name(position), position)
        self._check_end()

    def _check_end(self) -> None:
        tar = self._archive.tar
        error, sizes, fatal = tar_error(tar), tar.entries.sizes, tar.fatal
        is_cut = fatal is not None and fatal.kind is AnomalyKind.TRUNCATED_CONTENT
        if is_cut and sizes and sizes[-1] > _FILE_MAX:
            error = "seek <tmp>: invalid argument"
        if error is not None:
            raise Refusal(error, "the tar cannot be read to its end: get an intact copy", DAMAGED)
        reached = cut_of(self._archive)
        if reached is not None:
            raise Undecided(reached)

    def _take(self, name: str, position: int) -> None:
        if self._archive.tar.entries.sizes[position] and not self._content(position):
            self._unread.append(name)
            return
        if chr(self._archive.tar.entries.kinds[position]) == SYMLINK:
            self._links.add(name)
        if name.endswith(".tar"):
            self._take_layer(name, position, is_gzip=False)
        elif name.endswith((".tar.gz", "tgz")):
            self._take_layer(name, position, is_gzip=True)
        elif name.endswith(".json") or name.startswith("sha256:"):
            self._documents[name] = self._read_document(name, position)
        elif name.startswith(_BLOBS):
            self._take_blob(name, position)

    def _read_document(self, name: str, position: int) -> bytes:
        if self._is_cut(position):
            reason = f"{name} is cut off: get an intact copy of the archive"
            raise Refusal(f"{_FETCHING}{UNEXPECTED_EOF}", reason, DAMAGED)
        return raw_of(self._content(position))

    def _content(self, position: int) -> Blob | None:
        blob = member_at(self._archive, position)
        return blob if blob is not None and blob.size else None

    def _is_cut(self, position: int) -> bool:
        """Whether the archive does not have all bytes of a file."""
        fatal = self._archive.tar.fatal
        is_last = position == len(self._archive.tar.entries) - 1
        return is_last and fatal is not None and fatal.kind is AnomalyKind.TRUNCATED_CONTENT

    def _take_layer(self, name: str, position: int, *, is_gzip: bool) -> None:
        blob = self._content(position)
        error = _gzip_error(blob) if is_gzip else _plain_error(blob)
        if error is None and blob is not None:
            error = _layer_error(blob)
        if error is not None:
            raise Refusal(f"{_FETCHING}{error}", f"{name} is not a layer", LAYER_DAMAGED)
        self._layers[name] = None if blob is None or blob.tar is None else blob.tar.entries

    def _take_blob(self, name: str, position: int) -> None:
        blob = self._content(position)
        if blob is None:
            raise Refusal(f"{_FETCHING}EOF", f"{name} is an empty file or a link", ("OCI008",))
        is_taken = blob.compression.kind in (
            CompressionKind.NONE,
            CompressionKind.GZIP,
            CompressionKind.ZSTD,
        )
        if blob.tar is not None and is_taken and _layer_error(blob) is None:
            self._layers[name] = blob.tar.entries
        elif raw_of(blob).lstrip(b" \t\r\n")[:1] in (b"{", b"["):
            self._documents[name] = self._read_document(name, position)


def _gzip_error(blob: Blob | None) -> str | None:
    """The error of Go's compress/gzip for the header."""
    if blob is None:
        return "EOF"
    if blob.compression.kind is CompressionKind.GZIP:
        return None
    return UNEXPECTED_EOF if blob.size < GZIP_HEADER_BYTES else INVALID_GZIP_HEADER


def _plain_error(blob: Blob | None) -> str | None:
    if blob is None:
        return None
    if blob.compression.kind is not CompressionKind.NONE or blob.tar is None:
        return not_a_tar_error(blob.size)
    return None


def _layer_error(blob: Blob) -> str | None:
    """The error of listing the files of a layer (processLayerTar).

    Raises:
        Refusal: The content of a file cannot be read, which ends dive.
    """
    tar = blob.tar
    if tar is None:
        return not_a_tar_error(blob.inflated_size or blob.size)
    position = tar.entries.kinds.find(GLOBAL_HEADER.encode())
    if position >= 0:
        name = tar.entries.name(position)
        return f"unexptected tar file: (XGlobalHeader): type=103 name={name}"
    fatal = tar.fatal
    is_cut = fatal is not None and fatal.kind is AnomalyKind.TRUNCATED_CONTENT
    if is_cut or any(content_error(tar.entries, position) for position in tar.entries.sparse):
        reason = f"the content of a file in {blob.path} cannot be read, and dive crashes"
        raise Refusal(_LOGGED, reason, LAYER_DAMAGED)
    error = tar_error(tar)
    if error is not None:
        return inflating_error(blob.compression, blob.size) or error
    return None


def _is_config(raw: bytes) -> bool:
    try:
        value = mapping(decode_document(raw, _CONFIG))
    except GoJsonError:
        return False
    return text(mapping(value.get("rootfs")).get("type")) == "layers"


def _decoded_items(raw: bytes) -> Sequence[object]:
    try:
        value = decode_document(raw, _MANIFEST_ITEMS)
    except GoJsonError as error:
        reason = f"manifest.json does not decode, and dive crashes: {error}"
        raise Refusal(_LOGGED, reason, BAD_MANIFEST_JSON) from None
    listed = items(value)
    if not listed:
        raise Refusal(_out_of_range(0), "manifest.json lists no image, and dive crashes", NO_IMAGE)
    return listed


def _check_config(raw: bytes) -> None:
    """Give each step of the history its layer (newConfig)."""
    try:
        value = mapping(decode_document(raw, _CONFIG))
    except GoJsonError as error:
        reason = f"the config does not decode, and dive crashes: {error}"
        raise Refusal(_LOGGED, reason, BAD_CONFIG) from None
    steps = [mapping(one) for one in items(value.get("history"))]
    filled = sum(one.get("empty_layer") is not True for one in steps)
    diff_ids = len(items(mapping(value.get("rootfs")).get("diff_ids")))
    if filled > diff_ids:
        reason = (
            f"the history of the config has {filled} layers, rootfs.diff_ids {diff_ids}, and dive "
            "crashes"
        )
        raise Refusal(_out_of_range(diff_ids), reason, ("CFG001", "CFG003", "CFG004"))


def _out_of_range(length: int) -> str:
    return f"panic: runtime error: index out of range [{length}] with length {length}"


def _has_path_errors(tables: Sequence[Entries], work: Work) -> bool:
    """Whether a whiteout names what is not there (filetree, BuildCache).

    The first layer is compared with itself, each other one with the ones below it. Opaque markers
    are ignored.
    """
    for number, table in enumerate(tables):
        below = tables[:number] or tables[:1]
        for hidden in _hidden_by(table):
            work.spend(number + 1)
            # The root itself can be marked as removed, but not be removed for the layers above.
            is_root_removed = not hidden and (number == 0 or number < len(tables) - 1)
            if is_root_removed or not _exists(hidden, below):
                return True
    return False


def _hides_nothing(tables: Sequence[Entries], work: Work) -> bool:
    """Whether a whiteout names what is in no layer, so that it fails in any order of them."""
    for table in tables:
        for hidden in _hidden_by(table):
            work.spend(len(tables))
            if not any(_has(one, hidden) for one in tables):
                return True
    return False


def _hidden_by(table: Entries) -> Iterator[str]:
    for path in table.whiteouts:
        directory, slash, base = path.rpartition("/")
        if not base.startswith(META_PREFIX):
            yield f"{directory}{slash}{base.removeprefix(WHITEOUT_PREFIX)}".rstrip("/")


def _has(table: Entries, path: str) -> bool:
    return not path or path in table.by_path or path in table.directories


def _exists(path: str, below: Sequence[Entries]) -> bool:
    """Whether a path is in the layers below; whiteouts of the lowest one are not applied to it."""
    for number in range(len(below) - 1, -1, -1):
        table = below[number]
        if _has(table, path):
            return True
        if number > 0 and _removes(table, path):
            return False
    return False


def _removes(table: Entries, path: str) -> bool:
    removed: Mapping[str, object] = table.hides.removed
    parts = path.split("/")
    return any("/".join(parts[: end + 1]) in removed for end in range(len(parts)))


def _answer(found: _Found, listing: _Listing) -> Answer:
    if not listing.images:
        return _unlisted_answer(found, listing)
    links = [path for path in listing.layers if path in found.links]
    if links:
        return Answer(
            f"{links[0]} is a symbolic link, which is not followed: the layer is shown as empty",
            is_broken=True,
            rules=("DKR018", "DKR003"),
        )
    if listing.images > 1:
        return Answer(
            f"only the first of {listing.images} images of manifest.json is shown; it is shown "
            "with all its layers, without names"
        )
    return Answer("all layers are shown; the names of the image are not")


def _unlisted_answer(found: _Found, listing: _Listing) -> Answer:
    configs, count = len(found.configs), len(listing.layers)
    if configs > 1:
        reason = (
            f"without manifest.json, the layers of all {configs} images are shown as those of one"
        )
        return Answer(reason, is_broken=True, rules=("OCI026",))
    if count > 1:
        reason = (
            f"without manifest.json, the {count} layers are shown in any order, so that files that "
            "are replaced or removed cannot be told"
        )
        return Answer(reason, is_broken=True, rules=("OCI026", "DKR001"))
    return Answer("the only layer is shown; index.json is not read")
