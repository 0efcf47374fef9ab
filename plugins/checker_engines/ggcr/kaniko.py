"""kaniko: a build whose base image is in the cache directory (kaniko 1.25.5).

The bases of a build are pulled from registries; the only archives that kaniko reads are those of
its cache, which its ``warmer`` writes under the digests of the images (pkg/cache, cache.go,
LocalSource; pkg/image, image_util.go, RetrieveSourceImage). ``--tar-path`` and
``--oci-layout-path`` are written to, and layouts of ``--cache-repo=oci:`` are caches of its own
layers. The layers are then extracted (pkg/util, fs_util.go, GetFSFromLayers).
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import Kind
from checker.model.compression import CompressionKind
from checker.model.tar import AnomalyKind
from checker.records import NamedTuple
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import LAYER_DAMAGED, Refusal, prefixed
from checker_engines.ggcr.decisions import cached_base
from checker_engines.ggcr.tarball import CRASH, GGCR_0_20, Layer, Tarball
from checker_engines.golang.gzip import inflating_error
from checker_engines.golang.tar import not_a_tar_error, tar_error

_NAME, _ACTION = "kaniko-1", "build from cache"
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_READ = frozenset({CompressionKind.NONE, CompressionKind.GZIP, CompressionKind.ZSTD})
"""The compressions of layers that are recognised."""
_NOT_TAKEN = "Error while retrieving image from cache: NAME@sha256:DIGEST getting image from path: "
_PULLED = "kaniko logs this, and pulls the base image from its registry instead: {reason}"
_NOT_BUILT = "error building image: "
_NOT_EXTRACTED = f"{_NOT_BUILT}error building stage: failed to get filesystem from image: "
_EXTRACTED = "the files of the layers can be extracted in the container of kaniko"
_FRESH = "the file is younger than --cache-ttl, which is two weeks by default"
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="kaniko",
        releases=(ReleaseRange("1.25", "1.25"),),
        library="go-containerregistry 0.20, pkg/v1/tarball",
        evidence=Evidence.READ,
        groups=("builders",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: a build from an image of the cache."""
    follows = "kaniko 1.25.5 with --cache-dir"
    yield Engine(_NAME, _ACTION, _build, follows, cached_base, _SUITS, only_files=True)


def _build(question: Question) -> Verdict:
    typed = (
        f"cp {question.quoted_path} CACHE/sha256:DIGEST && executor --cache --cache-dir CACHE, of "
        "a Dockerfile that begins FROM NAME@sha256:DIGEST"
    )
    return verdict_of(Command(_NAME, _ACTION, typed), question, _steps)


def _steps(question: Question) -> Answer:
    opened = _opened(question)
    with prefixed(_NOT_BUILT):
        # Decoded before the layers are extracted.
        opened.config()
    for number, layer in enumerate(_layers(opened)):
        fault = _fault_of(opened, layer)
        if fault is not None:
            step = f"error reading tar {number}: " if fault.is_header else ""
            raise Refusal(
                f"{_NOT_EXTRACTED}{step}{fault.error}",
                f"layer {number}, {layer.path}, cannot be read to its end",
                LAYER_DAMAGED,
            )
    return Answer(
        "the image is the base of the build; its names are not used, and its layers are not "
        "compared with its config",
        conditions=(_FRESH, _EXTRACTED),
    )


def _opened(question: Question) -> Tarball:
    try:
        return Tarball(question.archive, GGCR_0_20)
    except Refusal as refusal:
        reason = _PULLED.format(reason=refusal.reason)
        raise Refusal(f"{_NOT_TAKEN}{refusal.message}", reason, refusal.rules) from None


def _layers(opened: Tarball) -> tuple[Layer, ...]:
    """The layers; a crash is not an error of the build."""
    try:
        return opened.layers()
    except Refusal as refusal:
        start = "" if refusal.message.startswith(CRASH) else _NOT_EXTRACTED
        raise Refusal(f"{start}{refusal.message}", refusal.reason, refusal.rules) from None


class _Fault(NamedTuple):
    """The error of reading a layer, and whether it is found at a header, not within a file."""

    error: str
    is_header: bool = True


def _fault_of(opened: Tarball, layer: Layer) -> _Fault | None:
    blob = layer.blob
    if blob is None:
        return None
    compression = blob.compression
    readable = _READ if opened.is_compressed else frozenset({CompressionKind.NONE})
    if blob.tar is None or compression.kind not in readable:
        return _Fault(not_a_tar_error(blob.size) or "unexpected EOF")
    fatal = blob.tar.fatal
    is_header = fatal is None or fatal.kind is not AnomalyKind.TRUNCATED_CONTENT
    error = tar_error(blob.tar)
    if compression.error is not None and (error is not None or blob.tar.end is None):
        error = inflating_error(compression, blob.size) or error
    error = error or layer.cut
    return None if error is None else _Fault(error, is_header)
