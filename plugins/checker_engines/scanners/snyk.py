"""snyk: ``snyk container test`` of archives (snyk-docker-plugin 9.20.2, lib/extractor).

Its plugin for containers is open source; the rest of the command line needs an account. An archive
that is not of the form that is named before the path is tried as the others. Missing layers are
left out silently.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from checker.model.archive import Archive, Kind, Source
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import REGULAR
from checker.model.image import items, mapping, text
from checker.model.names import CONFIG_TYPES, INDEX_TYPES, MANIFEST_TYPES
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
from checker_engines.golang.json import ANYTHING, GoJsonError, decode_document
from checker_engines.scanners import decisions
from checker_engines.scanners.tar_stream import (
    CUT,
    INVALID,
    inflating_error,
    not_a_tar_error,
    stream_error,
)

_NAME = "snyk-1"
_DOCUMENT_MAX = 2 << 20
"""Bytes of a document."""
_UNSUPPORTED = (
    "Unsupported archive type. Please use a Docker archive, OCI image layout, or Kaniko-compatible "
    "tarball."
)
_DOCKER, _OCI = "docker-archive", "oci-archive"
_SUITS = {
    _DOCKER: frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE}),
    _OCI: frozenset({Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE}),
}
_UNPACKED = frozenset({CompressionKind.NONE, CompressionKind.GZIP, CompressionKind.ZSTD})
_LOST = ("DKR003", "OCI008", *LAYER_DAMAGED)
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="snyk",
        releases=(ReleaseRange("1.1307", "1.1307"),),
        library="snyk-docker-plugin 9.20, tar-stream 2.2",
        evidence=Evidence.MEASURED,
        measured_with="the plugin 9.20.2 without the command line: 400 archives with one fault "
        "each, but for what is not known of a file (see Scanners and viewers)",
        groups=("scanners",),
    ),
)


def engines() -> Iterator[Engine]:
    """The actions: an archive of ``docker save``, and an image layout in a tar."""
    for form in (_DOCKER, _OCI):
        yield Engine(
            _NAME,
            f"container test {form}",
            partial(_judge, form),
            "snyk-docker-plugin 9.20.2",
            partial(decisions.snyk, form),
            _SUITS[form],
            only_files=True,
        )


def _judge(form: str, question: Question) -> Verdict:
    typed = f"snyk container test {form}:{question.quoted_path}"
    command = Command(_NAME, f"container test {form}", typed)
    return verdict_of(command, question, partial(_scan, form))


class _Unfit(Exception):  # noqa: N818 - an answer, not an error of this program
    """The archive is not of the form that is tried (InvalidArchiveError)."""


class _Silence(Exception):  # noqa: N818 - an answer, not an error of this program
    """The compression is damaged: the process ends, with status 0 and without a result."""


class _Crash(Refusal):
    """An error that nothing catches, whichever form is tried."""


class _Content(NamedTuple):
    """What was read of an archive.

    Attributes:
        has_id: Whether the manifest names a config.
        config: The config; None if there is none.
        found: How many layers were read.
        listed: How many layers the manifest lists.
        mixed: Of how many images the layers of the first one are scanned with the config of
            another; 0 if they belong together.
        left: What else is left out, for the reason.
    """

    has_id: bool
    config: object
    found: int
    listed: int
    mixed: int = 0
    left: str = ""


class _Form(NamedTuple):
    """A form of archives.

    Attributes:
        opened: The archive without its compression.
        read: Reads it.
    """

    opened: Callable[[Archive], Archive]
    read: Callable[[Archive, Work], _Content]


def _scan(form: str, question: Question) -> Answer:
    """Read an archive (extractor/index.ts, extractImageContent)."""
    archive, work = question.archive, Work(question.limits.simulated)
    if archive.source is Source.DIRECTORY:
        raise Refusal(
            "The provided archive path is not a file", "it is a directory: pack it as a tar"
        )
    try:
        return _answer(_tried(_FORMS[form], archive, work))
    except _Silence as silence:
        return Answer(
            f"nothing is scanned: {silence}, and snyk ends without a result",
            is_broken=True,
            rules=(*DAMAGED, *LAYER_DAMAGED),
        )


def _tried(form: _Form, archive: Archive, work: Work) -> _Content:
    try:
        return _read_as(form, archive, work)
    except _Unfit:
        pass
    for other in _FORMS.values():
        try:
            return _read_as(other, archive, work)
        except _Crash:
            raise
        except (_Unfit, Refusal):
            continue
    raise Refusal(_UNSUPPORTED, "it has no image with a layer in a form that is known", NO_IMAGE)


def _read_as(form: _Form, archive: Archive, work: Work) -> _Content:
    opened = form.opened(archive)
    error = stream_error(opened.tar, opened.tar.size)
    if error is not None:
        reason = "the tar cannot be read to its end, or is followed by something else"
        raise Refusal(error, reason, (*DAMAGED, *NO_IMAGE))
    reached = cut_of(opened)
    if reached is not None:
        raise Undecided(reached)
    return form.read(opened, work)


def _gunzipped(archive: Archive) -> Archive:
    """The archive as gunzip-maybe gives it: gzip is taken away, also twice.

    Raises:
        _Silence: gzip is damaged.
    """
    if archive.compression.kind is CompressionKind.NONE:
        return archive
    if archive.compression.kind is not CompressionKind.GZIP:
        raise _compressed(archive)
    if inflating_error(archive.compression) is not None:
        raise _Silence("the compression of the archive is damaged")
    return archive if archive.inside is None else _gunzipped(archive.inside)


def _decompressed(archive: Archive) -> Archive:
    """The archive as decompress-maybe.ts gives it: gzip or zstd is taken away.

    Raises:
        _Crash: gzip is damaged.
    """
    compression = archive.compression
    if compression.kind not in _UNPACKED or compression.skippable_first:
        raise _compressed(archive)
    error = inflating_error(compression)
    if error is not None:
        reason = "the compression of the archive is damaged, and snyk crashes"
        raise _Crash(error, reason, DAMAGED)
    return archive


def _compressed(archive: Archive) -> Refusal:
    reason = f"the archive is compressed with {archive.compression.kind}: decompress it"
    return Refusal(not_a_tar_error(archive.size) or INVALID, reason)


def _files(archive: Archive) -> Iterator[tuple[str, int]]:
    """The files that can be layers or documents, with their normalized names, in order."""
    entries = archive.tar.entries
    for position, path in enumerate(entries.paths):
        is_named = path.endswith((".tar", ".tar.gz", ".json")) or "sha256" in path
        if is_named and chr(entries.kinds[position]) == REGULAR:
            yield posixpath.normpath(entries.name(position)), position


class _Names(NamedTuple):
    """How the files of a form with ``manifest.json`` are named.

    Attributes:
        layer: How the names of layers end.
        config: What is in the name of the config.
        error: The error of a layer that cannot be read.
    """

    layer: str
    config: re.Pattern[str]
    error: str


def _read_saved(names: _Names, archive: Archive, _work: Work) -> _Content:
    """Read an archive with ``manifest.json`` (generic-archive-extractor.ts)."""
    listed: object = None
    configs: list[object] = []
    layers: set[str] = set()
    for name, position in _files(archive):
        blob = member_at(archive, position)
        if blob is None and archive.tar.entries.sizes[position]:
            # Not read here: without manifest.json it is not an archive of this form.
            continue
        if posixpath.basename(name).endswith(names.layer):
            _check_layer(blob, names.error)
            layers.add(name)
        elif name == "manifest.json":
            listed = _document(blob, BAD_MANIFEST_JSON)
            _check_list(listed)
        elif names.config.search(name):
            configs.append(_document(blob, BAD_CONFIG))
    images = items(listed)
    manifest = mapping(images[0]) if images else {}
    paths = [posixpath.normpath(text(one) or ".") for one in items(manifest.get("Layers"))]
    found = sum(path in layers for path in paths)
    if not found:
        raise _Unfit
    config = configs[-1] if configs else None
    is_mixed = len(images) > 1 and len(configs) > 1
    has_id = isinstance(manifest.get("Config"), str)
    return _Content(has_id, config, found, len(paths), mixed=len(images) if is_mixed else 0)


def _check_list(value: object) -> None:
    """Take the first item of ``manifest.json``."""
    if value is None:
        error = "Cannot read properties of null (reading '0')"
        raise _Crash(error, "manifest.json is null, and snyk crashes", BAD_MANIFEST_JSON)


def _document(blob: Blob | None, rules: tuple[str, ...]) -> object:
    raw = raw_of(blob)
    if len(raw) > _DOCUMENT_MAX:
        reason = "a document has more than 2 MiB"
        raise _Crash("The stream is too large to parse as JSON", reason, ("OCI019",))
    try:
        return decode_document(raw, ANYTHING)
    except GoJsonError as error:
        reason = f"a document is not JSON, and snyk crashes: {error}"
        raise _Crash(_syntax_error(str(error)), reason, rules) from None


def _syntax_error(error: str) -> str:
    """The beginning of the error of JSON.parse for one of Go."""
    found = (said for part, said in _SYNTAX_ERRORS.items() if part in error)
    return f"SyntaxError: {next(found, 'Unexpected token')}"


def _check_layer(blob: Blob | None, message: str) -> None:
    error = _layer_error(blob)
    if error is not None:
        raise Refusal(message, f"a layer cannot be read: {error}", LAYER_DAMAGED)


def _layer_error(blob: Blob | None) -> str | None:
    """The error of reading a layer (extractImageLayer).

    Raises:
        _Silence: Its compression is damaged.
    """
    if blob is None:
        return None
    if inflating_error(blob.compression) is not None:
        raise _Silence(f"the compression of {blob.path} is damaged")
    if blob.compression.kind not in _UNPACKED or blob.compression.skippable_first:
        return INVALID
    if blob.compression.kind is CompressionKind.ZSTD and blob.compression.error is not None:
        return CUT
    return stream_error(blob.tar, blob.size)


class _Metadata(NamedTuple):
    """The documents of a layout (extractMetadata).

    Attributes:
        root: ``index.json``; None if it is missing or not JSON.
        manifests: Documents with layers, by digest.
        indexes: Other indexes, by digest.
        configs: Documents with ``architecture`` and ``rootfs``.
        blobs: The positions of blobs, by digest.
    """

    root: object
    manifests: Mapping[str, Mapping[str, object]]
    indexes: Mapping[str, Mapping[str, object]]
    configs: Sequence[Mapping[str, object]]
    blobs: Mapping[str, int]


def _read_oci(archive: Archive, work: Work) -> _Content:
    """Read an image layout in a tar (oci-archive/layer.ts)."""
    metadata = _metadata_of(archive)
    platform = _platform_of(metadata.configs)
    manifest = _manifest_for(metadata, platform, work)
    config = _best([(one, one) for one in metadata.configs], platform)
    if manifest is None or config is None:
        raise _Unfit
    layers = [text(mapping(one).get("digest")) or "" for one in items(manifest.get("layers"))]
    found = sum(_is_readable(archive, metadata.blobs.get(digest)) for digest in layers)
    if not found:
        raise _Unfit
    others = len(metadata.manifests) - 1
    left = f"; {others} other manifests are left out" if others else ""
    has_id = manifest.get("config") is not None
    return _Content(has_id, config, found, len(layers), left=left)


def _metadata_of(archive: Archive) -> _Metadata:
    index: object = None
    manifests: dict[str, Mapping[str, object]] = {}
    indexes: dict[str, Mapping[str, object]] = {}
    configs: list[Mapping[str, object]] = []
    blobs: dict[str, int] = {}
    for name, position in _files(archive):
        if name == "index.json":
            index = _lenient(member_at(archive, position))
            continue
        parts = [part for part in name.split("/") if part]
        if parts[:1] != ["blobs"] or len(parts) < len(("blobs", "sha256", "digest")):
            continue
        digest = f"{parts[1]}:{parts[-1]}"
        blobs[digest] = position
        if archive.tar.entries.sizes[position] > _DOCUMENT_MAX:
            continue
        value = mapping(_lenient(member_at(archive, position)))
        is_index = text(value.get("mediaType")) in INDEX_TYPES
        if isinstance(value.get("layers"), list):
            manifests[digest] = value
        elif is_index and isinstance(value.get("manifests"), list):
            indexes[digest] = value
        elif _is_truthy(value.get("architecture")) and _is_truthy(value.get("rootfs")):
            configs.append(value)
    return _Metadata(index, manifests, indexes, configs, blobs)


def _lenient(blob: Blob | None) -> object:
    try:
        return decode_document(raw_of(blob), ANYTHING)
    except GoJsonError:
        return None


class _Platform(NamedTuple):
    """What is looked for."""

    os: str
    architecture: str
    variant: str | None


def _platform_of(configs: Sequence[Mapping[str, object]]) -> _Platform:
    """The platform of the only config, else the usual one (resolveManifestAndConfig)."""
    known = [
        one for one in configs if (one.get("os"), one.get("architecture")) != ("unknown", "unknown")
    ]
    if len(known) != 1:
        return _Platform("linux", "amd64", None)
    os, architecture = known[0].get("os"), known[0].get("architecture")
    if not os:
        raise Refusal(
            "Cannot read properties of undefined (reading 'split')",
            "the config has no os",
            ("CFG001", "CFG005"),
        )
    parts = f"{os}/{architecture}".split("/")
    return _Platform(parts[0], parts[1], parts[2] if parts[2:] else None)


def _manifest_for(
    metadata: _Metadata, platform: _Platform, work: Work
) -> Mapping[str, object] | None:
    if not _is_truthy(metadata.root):
        with_config = (
            one
            for one in metadata.manifests.values()
            if mapping(one.get("config")).get("mediaType") in CONFIG_TYPES
        )
        return next(with_config, None)
    listed = _listed_in(metadata, work)
    if len(listed) == 1 and not _is_truthy(listed[0].get("platform")):
        chosen: Mapping[str, object] | None = listed[0]
    else:
        chosen = _best([(mapping(one.get("platform")), one) for one in listed], platform)
    if chosen is None:
        raise _Unfit
    return metadata.manifests.get(text(chosen.get("digest")) or "")


def _listed_in(metadata: _Metadata, work: Work) -> Sequence[Mapping[str, object]]:
    """The manifests of the index and of those in it, in order (getAllManifestsIndexItems)."""
    index = mapping(metadata.root)
    if not isinstance(index.get("manifests"), list):
        message = "imageIndex.manifests is not iterable"
        raise Refusal(message, "index.json has no list of manifests", ("OCI005",))
    found: list[Mapping[str, object]] = []
    left = [_Pending(one, ()) for one in reversed(items(index.get("manifests")))]
    while left:
        work.spend()
        value, above = left.pop()
        one = mapping(value)
        if text(one.get("mediaType")) in MANIFEST_TYPES:
            found.append(one)
        elif text(one.get("mediaType")) in INDEX_TYPES:
            digest = text(one.get("digest")) or ""
            if digest in above:
                message = "Maximum call stack size exceeded"
                raise Refusal(message, f"the index {digest} lists itself", ("OCI009", "OCI020"))
            nested = items(mapping(metadata.indexes.get(digest)).get("manifests"))
            left.extend(_Pending(each, (*above, digest)) for each in reversed(nested))
    return found


class _Pending(NamedTuple):
    """A descriptor that is yet to be followed, and the indexes that lead to it."""

    value: object
    above: tuple[str, ...]


def _best(
    candidates: Sequence[tuple[Mapping[str, object], Mapping[str, object]]], platform: _Platform
) -> Mapping[str, object] | None:
    """The candidate that fits a platform best (getBestMatchForPlatform)."""
    fitting = [
        (where, one)
        for where, one in candidates
        if (where.get("os"), where.get("architecture")) == (platform.os, platform.architecture)
    ]
    if len(fitting) > 1:
        same = (one for where, one in fitting if where.get("variant") == platform.variant)
        return next(same, None)
    return fitting[0][1] if fitting else None


def _is_readable(archive: Archive, position: int | None) -> bool:
    return position is not None and _layer_error(member_at(archive, position)) is None


def _is_truthy(value: object) -> bool:
    """Whether JavaScript takes a value for true: empty lists and objects are."""
    return isinstance(value, (list, dict)) or bool(value)


def _check_history(history: object) -> None:
    """Look for the steps of the last hours (getUserInstructionLayersFromConfig)."""
    message = ""
    if isinstance(history, list):
        if history and history[-1] is None:
            message = "Cannot read properties of null (reading 'created')"
    elif _is_truthy(history):
        call = "filter" if isinstance(history, str) else "slice"
        message = f"history.{call} is not a function"
    if message:
        raise Refusal(message, "the history of the config is not a list of steps", ("CFG001",))


def _answer(content: _Content) -> Answer:
    if not content.has_id:
        message = "Failed to extract image ID from archive manifest"
        raise Refusal(message, "the manifest names no config", ("DKR001", "OCI006"))
    if not isinstance(content.config, dict):
        raise Refusal(
            "Cannot read properties of undefined (reading 'created')",
            "no file has the name of a config",
            ("DKR002", "DKR009"),
        )
    if not isinstance(content.config.get("rootfs"), dict):
        message = "Failed to extract rootfs array from image config"
        raise Refusal(message, "the config has no rootfs", ("CFG001",))
    _check_history(content.config.get("history"))
    if content.mixed:
        return Answer(
            f"the layers of the first of {content.mixed} images are scanned with the config that "
            "is last in the archive; the other images are left out",
            is_broken=True,
            rules=("DKR001",),
        )
    if content.found < content.listed:
        return Answer(
            f"only {content.found} of {content.listed} layers are scanned: the others are missing "
            "or cannot be read, which is not told",
            is_broken=True,
            rules=_LOST,
        )
    return Answer(
        f"all layers of one image are scanned, without its names{content.left}; digests are not "
        "compared with content"
    )


_SYNTAX_ERRORS = {
    "unexpected end": "Unexpected end of JSON input",
    "after top-level value": "Unexpected non-whitespace character after JSON",
    "object key string": "Expected property name or '}' in JSON",
}
"""How the errors of JSON.parse in V8 begin, by those of Go."""
_FORMS = {
    _DOCKER: _Form(
        _gunzipped,
        partial(
            _read_saved,
            _Names(".tar", re.compile(r"[A-Fa-f0-9]{64}\.json"), "Error reading tar archive"),
        ),
    ),
    _OCI: _Form(_decompressed, _read_oci),
    "kaniko-archive": _Form(
        _gunzipped,
        partial(
            _read_saved,
            _Names(
                ".tar.gz", re.compile(r"sha256:[A-Fa-f0-9]{64}"), "Error reading tar.gz archive"
            ),
        ),
    ),
}
"""The forms in the order in which they are tried. crane names files as Kaniko does."""
