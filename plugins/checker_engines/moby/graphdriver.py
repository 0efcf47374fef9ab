"""Docker with the classic image store and graph drivers: 20.10, 28 and 29.

Read from moby 20.10.24, 28.5.2 and 29.7.2 (image/tarexport/load.go, daemon/images/image_import.go,
pkg/archive, layer, daemon/graphdriver).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from errno import ENOENT
from functools import partial
from itertools import chain

from checker.model.archive import Kind
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import DIRECTORY, REGULAR, SYMLINK
from checker.model.image import Json, items, mapping, text
from checker.model.names import (
    MANIFEST_JSON,
    REPOSITORIES,
    InvalidReferenceError,
    Reference,
    parse_reference,
)
from checker.model.work import OutOfWork, Work
from checker.patterns import pattern
from checker.verdicts import Engine, Host, Question, Verdict, VerdictOutcome
from checker_engines.answers.advice import (
    IS_LOADED,
    IS_ROOTFS,
    why_not_loaded,
    without_devices,
)
from checker_engines.answers.conditions import (
    DEVICES,
    EMPTY_STORE,
    UNPIGZ,
    XZ,
    absent_layers,
    other_storage,
    reading_conditions,
)
from checker_engines.answers.importing import IS_IMPORTED, why_import_is_useless
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_MANIFEST_JSON,
    NO_IMAGE,
    OTHER_LAYER,
    OTHER_LAYER_COUNT,
    Refusal,
)
from checker_engines.answers.source import check_is_file
from checker_engines.answers.undecided import Undecided, undecided, unread_of
from checker_engines.containerd.stream import cut_in
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.privileges import DEVICES as DEVICE_KINDS
from checker_engines.filesystem.stacking import can_differ
from checker_engines.filesystem.tree import Node, TreeError, is_long_name
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import (
    GoJsonError,
    Struct,
    decode_document,
    decode_first,
)
from checker_engines.moby import graphdriver_decisions as decisions
from checker_engines.moby.chrootarchive import apply_layer, unpack
from checker_engines.moby.drivers import Driver
from checker_engines.moby.layer_store import Chain, LayerStore
from checker_engines.moby.parents import Loaded, link_parents
from checker_engines.moby.platform import platform_error
from checker_engines.moby.stream import Stream, stream_of_archive, stream_of_blob
from checker_engines.moby.tarexport import (
    MANIFEST_TYPE,
    REPOSITORIES_TYPE,
    V1_CONFIG_TYPE,
)
from checker_engines.moby.versions import VERSIONS, Version

_TAG = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_CONNECT = 'error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.41/images/{}": '
_LOADING = _CONNECT.format("load?quiet=1")
_IMPORTING = _CONNECT.format("create?fromSrc=-&message=&repo=name&tag=tag")
_CRASH = f"{_LOADING}EOF"


def engines() -> Iterator[Engine]:
    """The actions of all versions."""
    for version in VERSIONS:
        yield from engines_of(version)


def engines_of(version: Version) -> Iterator[Engine]:
    """The actions of a version: ``docker load`` and ``docker import``."""
    follows = f"Docker {version.follows}, classic store, overlay2 or vfs"
    decides = partial(decisions.load, version)
    yield Engine(version.name, "load", partial(load, version), follows, decides)
    decides = partial(decisions.import_, version)
    yield Engine(version.name, "import", partial(import_, version), follows, decides)


def load(version: Version, question: Question) -> Verdict:
    """Predict what ``docker load`` does."""
    verdict = _load(version, question)
    conditions = list(_load_conditions(question))
    if can_differ(question.archive):
        conditions.extend(other_storage(partial(_load, version), question, verdict))
    return verdict._replace(conditions=(*conditions, *reading_conditions(question.archive)))


def _load(version: Version, question: Question) -> Verdict:
    """The verdict without its conditions."""
    command = f"docker load -i {question.quoted_path}"
    try:
        check_is_file(question, f"{_LOADING}read {question.quoted_path}: is a directory")
        count = _Load(version, question).run()
    except Refusal as refusal:
        verdict = _refused(version, "load", refusal, command)
        verdict = verdict._replace(reason=why_not_loaded(question, refusal))
        cut = cut_in(question.archive, version.decompresses)
        return verdict if cut is None else undecided(verdict, cut)
    except OutOfWork as stop:
        verdict = _refused(version, "load", Refusal("", ""), command)
        return undecided(verdict, stop.reached)
    if count:
        outcome, reason = VerdictOutcome.ACCEPTS, without_devices(question, _loaded(count))
    else:
        outcome = VerdictOutcome.ACCEPTS_BROKEN
        reason = "docker load exits 0 but loads nothing: manifest.json lists no images"
    return Verdict(
        engine=version.name,
        action="load",
        outcome=outcome,
        reason=reason,
        command=command,
    )


def _loaded(count: int) -> str:
    return IS_LOADED if count == 1 else f"{count} images are loaded"


def import_(version: Version, question: Question) -> Verdict:
    """Predict what ``docker import`` does."""
    archive = question.archive
    verdict = _import(version, question)
    conditions = list(_stream_conditions(stream_of_archive(archive), question.host))
    if not is_plain(archive.entries):
        conditions.extend(other_storage(partial(_import, version), question, verdict))
    return verdict._replace(conditions=(*conditions, *reading_conditions(archive)))


def _import(version: Version, question: Question) -> Verdict:
    """The verdict without its conditions."""
    archive = question.archive
    command = f"docker import {question.quoted_path} name:tag"
    try:
        check_is_file(question, f"{_IMPORTING}read {question.quoted_path}: is a directory")
        driver = Driver(version, question.host, Work(question.limits.simulated))
        _apply(driver, stream_of_archive(archive))
    except Refusal as refusal:
        return _refused(version, "import", refusal, command)
    except OutOfWork as stop:
        verdict = _refused(version, "import", Refusal("", ""), command)
        return undecided(verdict, stop.reached)
    broken = why_import_is_useless(archive.kind, "docker import", "docker load")
    return Verdict(
        engine=version.name,
        action="import",
        outcome=VerdictOutcome.ACCEPTS_BROKEN if broken else VerdictOutcome.ACCEPTS,
        reason=broken or without_devices(question, IS_IMPORTED),
        command=command,
    )


def _apply(driver: Driver, content: Stream) -> None:
    try:
        apply_layer(driver, content, driver.new_layers())
    except Refusal as refusal:
        message = f"Error response from daemon: {refusal.message}"
        raise Refusal(message, refusal.reason, refusal.rules) from refusal


def _refused(version: Version, action: str, refusal: Refusal, command: str) -> Verdict:
    return Verdict(
        engine=version.name,
        action=action,
        outcome=VerdictOutcome.REJECTS,
        reason=refusal.reason,
        message=refusal.message,
        rules=refusal.rules,
        command=command,
    )


def _load_conditions(question: Question) -> Iterator[str]:
    archive = question.archive
    layers = [
        stream_of_blob(layer.blob)
        for image in archive.images
        for layer in image.layers
        if layer.blob
    ]
    streams = (stream_of_archive(archive), *layers)
    found = (_stream_conditions(stream, question.host) for stream in streams)
    yield from dict.fromkeys(chain.from_iterable(found))
    yield from absent_layers(image for image in archive.images if image.item is not None)
    if archive.images:
        yield EMPTY_STORE


def _stream_conditions(content: Stream, host: Host) -> Iterator[str]:
    kind = content.compression.kind
    if kind is CompressionKind.XZ:
        yield XZ
    if kind is CompressionKind.GZIP and content.damage is not None:
        yield UNPIGZ
    has_devices = next(content.entries.of_kind(*DEVICE_KINDS), None) is not None
    if has_devices and not host.rootless:
        yield DEVICES


class _Load:
    """One run of ``docker load`` into an empty image store.

    Raises:
        Refusal: Docker cannot unpack the archive.
    """

    def __init__(self, version: Version, question: Question) -> None:
        self.version = version
        self.question = question
        work = Work(question.limits.simulated)
        self.root = unpack(version, stream_of_archive(question.archive), question.host, work)
        driver = Driver(version, question.host, work)
        self.layers = LayerStore(driver.new_layers, partial(apply_layer, driver))
        self._configs: dict[str, Json] = {}
        self._blobs: dict[str, Blob] = {}
        # What Docker has printed so far.
        self._printed: list[str] = []

    def run(self) -> int:
        """Load all images.

        Returns:
            Their number.

        Raises:
            Refusal: Docker stops with an error.
        """
        if MANIFEST_JSON not in self.root.top():
            return self._load_without_manifest()
        manifest = self._decode_manifest()
        try:
            link_parents([self._load_item(mapping(item)) for item in manifest])
        except Refusal as refusal:
            message = " ".join((*self._printed, refusal.message))
            raise Refusal(message, refusal.reason, refusal.rules) from refusal
        return len(manifest)

    def _decode_manifest(self) -> list[object]:
        try:
            value = decode_first(self.read(MANIFEST_JSON, _NO_CONTENT), MANIFEST_TYPE)
        except GoJsonError as error:
            raise Refusal(
                f"{self.version.manifest_prefix}{error}",
                "manifest.json does not decode as a list of images",
                BAD_MANIFEST_JSON,
            ) from error
        if value is None and self.version.refuses_null_manifest:
            raise Refusal(
                "invalid manifest, manifest cannot be null (but can be [])",
                "manifest.json is null, but must be a list of images",
                BAD_MANIFEST_JSON,
            )
        return items(value)

    def _load_item(self, item: Json) -> Loaded:
        config_path = text(item.get("Config")) or ""
        config_blob = self.blob(config_path, _NO_CONFIG)
        config = self._decode_config(config_path, config_blob)
        rootfs = config.get("rootfs")
        if rootfs is None:
            raise Refusal(
                "invalid image JSON, no RootFS key",
                f"the config {config_path} has no rootfs, which lists the diff_ids of the layers",
                BAD_CONFIG,
            )
        os = text(config.get("os")) or ""
        self.check_os(os)
        diff_ids = [text(each) or "" for each in items(mapping(rootfs).get("diff_ids"))]
        paths = [text(each) or "" for each in items(item.get("Layers"))]
        if len(paths) != len(diff_ids):
            raise Refusal(
                f"invalid manifest, layers length mismatch: expected {len(paths)},"
                f" got {len(diff_ids)}",
                f"manifest.json lists {len(paths)} layers, the config {config_path} has"
                f" {len(diff_ids)} diff_ids",
                OTHER_LAYER_COUNT,
            )
        if paths:
            self.check_crash(os)
        chain = Chain()
        for number, (path, diff_id) in enumerate(zip(paths, diff_ids, strict=True)):
            chain = self._load_layer(chain, number, path, diff_id)
        self._check_history(config, len(diff_ids))
        self._name([text(each) or "" for each in items(item.get("RepoTags"))])
        parent = text(item.get("Parent")) or ""
        return Loaded(config_blob.digest, parent, items(config.get("history")))

    def _decode_config(self, path: str, blob: Blob) -> Json:
        """The config of an image; many images may have the same."""
        found = self._configs.get(blob.digest)
        if found is None:
            found = self._configs[blob.digest] = self._decoded_config(path, blob)
        return found

    def _decoded_config(self, path: str, blob: Blob) -> Json:
        try:
            return mapping(decode_document(raw_of(blob), self.version.config))
        except GoJsonError as error:
            raise Refusal(
                str(error), f"the config {path} does not decode as an image config", BAD_CONFIG
            ) from error

    def check_os(self, os: str) -> None:
        """Refuse images for another operating system (``checkCompatibleOS``, ``CheckOS``)."""
        host = self.question.host.os
        crashes = self.version.crashes_on_foreign_os
        same = os == host if crashes else os.lower() == host.lower()
        if same or not os:
            return
        reason = f"the image is for {os}, the host runs {host}"
        if not crashes or os == "windows":
            raise Refusal(f"cannot load {os} image on {host}", reason)
        error = platform_error(os)
        if error is not None:
            raise Refusal(error, f"{reason}: os is not a known operating system", BAD_CONFIG)

    def check_crash(self, os: str) -> None:
        """Refuse where a daemon that has no layer store for the operating system crashes."""
        host = self.question.host.os
        if self.version.crashes_on_foreign_os and os not in ("", host):
            raise Refusal(
                _CRASH, f"the image is for {os}, the host runs {host}: the daemon crashes"
            )

    def _load_layer(self, below: Chain, number: int, path: str, diff_id: str) -> Chain:
        known = self.layers.find(below, diff_id)
        if known is not None:
            return known
        blob = self.blob(path, "the layer {path}, which manifest.json lists, is missing")
        content = _layer_of(blob)
        # The daemon compares the digest of the tar after it has extracted it.
        chain = self.layers.register(below, content, diff_id)
        if content.diff_id is not None and content.diff_id != diff_id:
            raise Refusal(
                f"invalid diffID for layer {number}: expected {quote(diff_id)}, "
                f"got {quote(content.diff_id)}",
                f"layer {number} ({path}) is not the layer that the config lists: it was modified"
                " or replaced by another",
                OTHER_LAYER,
            )
        return chain

    @staticmethod
    def _check_history(config: Json, layers: int) -> None:
        history = items(config.get("history"))
        filled = sum(mapping(entry).get("empty_layer") is not True for entry in history)
        if filled > layers:
            raise Refusal(
                "too many non-empty layers in History section",
                f"the history of the config has {filled} layer entries, the image {layers} layers",
                ("CFG004",),
            )

    def _name(self, tags: Sequence[str]) -> None:
        for tag in tags:
            reference = self.parse_reference(tag, f"the name {tag!r} in manifest.json is not valid")
            if not reference.tag:
                raise Refusal(
                    f"invalid tag {quote(tag)}",
                    f"the name {tag!r} in manifest.json has no tag; Docker stores the image without"
                    " a name and exits with an error",
                    ("DKR005",),
                )
            self._printed.append(f"Loaded image: {reference.familiar}")

    def parse_reference(self, name: str, reason: str) -> Reference:
        """Parse a name."""
        try:
            return parse_reference(name, self.version.references)
        except InvalidReferenceError as error:
            raise Refusal(str(error), reason, ("DKR005", "DKR006")) from error

    def _load_without_manifest(self) -> int:
        if not self.version.loads_legacy:
            raise Refusal(
                "invalid archive: does not contain a manifest.json", self.advice(), _MISSING_RULES
            )
        legacy = _Legacy(self)
        for name, node in sorted(self.root.top().items()):
            if node.kind == DIRECTORY:
                legacy.load(name)
        legacy.load_repositories()
        return len(legacy.chains)

    def advice(self) -> str:
        """Why there is no manifest.json."""
        match self.question.archive.kind:
            case Kind.ROOTFS | Kind.LAYER:
                return IS_ROOTFS
            case Kind.OCI_ARCHIVE:
                return (
                    "it is an OCI archive without manifest.json, which the classic store does not"
                    " load"
                )
            case Kind.DOCKER_ARCHIVE_LEGACY:
                return (
                    "it has the legacy format without manifest.json, which Docker 29 no longer"
                    " loads; load it with Docker 28 or earlier and save it again"
                )
            case Kind.WRAPPED:
                return "the image is one directory too deep; repack the contents of that directory"
            case Kind.NESTED:
                return "the image is in an archive inside this one; extract that archive first"
        return "it is not an image: its top level has no manifest.json"

    def read(self, path: str, missing: str) -> bytes:
        """The bytes of a document, or the first bytes of anything else."""
        return raw_of(self.blob(path, missing))

    def blob(self, path: str, missing: str) -> Blob:
        """The content at a path, links resolved in the temporary directory (``safePath``)."""
        found = self._blobs.get(path)
        if found is None:
            found = self._blobs[path] = self._blob_at(path, missing)
        return found

    def _blob_at(self, path: str, missing: str) -> Blob:
        clean = posixpath.normpath(path.lstrip("/") or ".")
        reason = missing.format(path=path)
        if clean == ".." or clean.startswith("../"):
            outside = posixpath.normpath(f"{_TEMPORARY}/{clean}")
            raise Refusal(
                f"evalSymlinksInScope: {outside} is not in <tmp>",
                f"the path {path} points outside the archive",
                ("DKR008",),
            )
        real = self._followed("" if clean == "." else clean, reason)
        shown = f"<tmp>/{real}" if real else "<tmp>"
        try:
            node = self.root.lstat(real)
        except TreeError as error:
            raise Refusal(f"open {shown}: {error}", reason, _MISSING_RULES) from error
        if node.children is not None:
            raise Refusal(f"read {shown}: is a directory", reason, _MISSING_RULES)
        blob = self.question.archive.members.blobs.get(node.position)
        unread = unread_of(self.question.archive)
        if blob is None and node.kind == REGULAR and unread is not None:
            raise Undecided(unread)
        if blob is None and node.kind == REGULAR:
            raise _UnreadError(f"open {shown}", f"{path} is not read here", _MISSING_RULES)
        if blob is None:
            raise Refusal(
                f"open {shown}: no such device or address",
                f"{path} is not a regular file",
                _MISSING_RULES,
            )
        return blob

    def _followed(self, clean: str, reason: str) -> str:
        """The path with links resolved below the directory (``FollowSymlinkInScope``)."""
        rest, done = clean, ""
        steps = 0
        while rest:
            if steps > _MOST_STEPS:
                text = f"evalSymlinksInScope: too many links in <tmp>/{clean}"
                raise Refusal(text, reason, _MISSING_RULES)
            steps += 1
            part, _, rest = rest.partition("/")
            inside = posixpath.normpath(f"/{done}{part}").lstrip("/")
            if not part or not inside:
                done = done if inside else ""
                continue
            node = self._lstat(inside, reason)
            if node is None or node.kind != SYMLINK:
                done += f"{part}/"
                continue
            done = "" if node.target.startswith("/") else done
            rest = f"{node.target}/{rest}"
        return posixpath.normpath(f"/{done}").lstrip("/")

    def _lstat(self, path: str, reason: str) -> Node | None:
        """What is at a path; None if nothing is."""
        try:
            node, words = self.root.lstat(path), ""
        except TreeError as error:
            node, words = None, "" if error.number == ENOENT else str(error)
        parent, _, base = path.rpartition("/")
        if "\0" in path:
            words = "invalid argument"
        elif node is None and is_long_name(base) and self._lstat(parent, reason) is not None:
            words = "file name too long"
        if words:
            raise Refusal(f"lstat <tmp>/{path}: {words}", reason, _MISSING_RULES)
        return node


class _UnreadError(Refusal):
    """The content of a file is not known: of what is not an image archive, files are not read."""


class _Legacy:
    """Images in the legacy format without ``manifest.json``: one directory per layer."""

    def __init__(self, load_run: _Load) -> None:
        self.load_run = load_run
        self.chains: dict[str, Chain] = {}

    def load(self, name: str) -> None:
        """Load one image, after the images that it is based on."""
        pending = [name]
        while pending:
            name = pending[-1]
            if name in self.chains:
                pending.pop()
                continue
            parent = self._parent_of(name)
            if parent in pending:
                raise Refusal(
                    _CRASH, f"the parents of {name} form a loop: the daemon crashes", ("DKR007",)
                )
            if parent and parent not in self.chains:
                pending.append(parent)
                continue
            self.chains[name] = self._load_layer(name, self.chains.get(parent, Chain()))
            # Docker decodes the rest of the config after it has the layer.
            self._decode(name, self.load_run.version.legacy_config)
            pending.pop()

    def _parent_of(self, name: str) -> str:
        config = self._decode(name, V1_CONFIG_TYPE)
        self.load_run.check_os(self._os_of(config))
        return text(config.get("Parent")) or ""

    @staticmethod
    def _os_of(config: Json) -> str:
        return text(config.get("OS")) or ""

    def _decode(self, name: str, shape: Struct) -> Json:
        run = self.load_run
        try:
            return mapping(decode_document(run.read(f"{name}/json", run.advice()), shape))
        except _UnreadError:
            return {}
        except GoJsonError as error:
            raise Refusal(
                str(error), f"{name}/json does not decode as an image config", ("DKR007",)
            ) from error

    def _load_layer(self, name: str, below: Chain) -> Chain:
        run = self.load_run
        try:
            blob = run.blob(f"{name}/layer.tar", "the layer {path} is missing")
        except _UnreadError:
            return below
        run.check_crash(self._os_of(self._decode(name, V1_CONFIG_TYPE)))
        content = _layer_of(blob)
        diff_id = content.diff_id or blob.digest
        return run.layers.find(below, diff_id) or run.layers.register(below, content, diff_id)

    def load_repositories(self) -> None:
        """Name the images."""
        run = self.load_run
        raw = run.read(REPOSITORIES, run.advice())
        try:
            names = mapping(decode_first(raw, REPOSITORIES_TYPE))
        except GoJsonError as error:
            raise Refusal(str(error), "repositories does not decode", ("DKR006",)) from error
        for name, tags in names.items():
            for tag, target in mapping(tags).items():
                self._name(name, tag, text(target) or "")

    def _name(self, name: str, tag: str, target: str) -> None:
        if target not in self.chains:
            raise Refusal(
                f"invalid target ID: {target}",
                f"repositories maps {name}:{tag} to {target}, which is not in the archive",
                ("DKR006",),
            )
        reason = f"repositories has the name {name!r}, which is not valid"
        self.load_run.parse_reference(name, reason)
        if not _TAG.fullmatch(tag):
            raise Refusal(
                "invalid tag format",
                f"repositories has the tag {tag!r}, which is not valid",
                ("DKR006",),
            )


_MOST_STEPS = 255
"""Parts of a path, and links, that Docker resolves."""
_TEMPORARY = "/var/lib/docker/tmp/docker-import"
_MISSING_RULES = ("DKR001", "DKR002", "DKR003", "DKR006", "DKR007", "DKR008", *NO_IMAGE)
_NO_CONTENT = "{path} cannot be read"
_NO_CONFIG = "the config {path}, which manifest.json lists, is missing"


def _layer_of(blob: Blob) -> Stream:
    if blob.tar is None and blob.limits:
        raise Undecided(blob.limits[0])
    return stream_of_blob(blob)


def raw_of(blob: Blob) -> bytes:
    """The bytes of a document; for anything else the first bytes, which have the first error.

    Raises:
        Undecided: They were not read.
    """
    if blob.document is not None:
        return blob.document.raw
    if blob.limits and not blob.unparsed:
        raise Undecided(blob.limits[0])
    if blob.unparsed:
        return blob.unparsed
    return b"" if blob.tar is None else blob.tar.head
