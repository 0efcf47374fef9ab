"""trivy: ``trivy image --input`` (trivy 0.74, pkg/fanal/image and pkg/fanal/artifact/image).

A file is read as an archive of ``docker save``, also compressed with gzip; a directory as an image
layout, of which the first image is scanned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checker.model.archive import Kind, Source
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.image import items, mapping, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.content import raw_of
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_INDEX,
    BAD_MANIFEST,
    LAYER_DAMAGED,
    NO_IMAGE,
    OTHER_LAYER_COUNT,
    Refusal,
)
from checker_engines.ggcr.layout import Directory
from checker_engines.ggcr.tarball import LayerRefusal, Tarball
from checker_engines.ggcr.types import CONFIG, INDEX, MANIFEST
from checker_engines.golang.gzip import inflating_error
from checker_engines.golang.json import GoJsonError, Struct, decode_document, decode_first
from checker_engines.golang.tar import not_a_tar_error, tar_error
from checker_engines.scanners import decisions
from checker_engines.scanners.stereoscope import prefixed

_NAME, _ACTION = "trivy-0", "image --input"
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE, Kind.OCI_LAYOUT})
_GZIP = frozenset({CompressionKind.GZIP})
_CACHE = "the cache of trivy is empty: a layer with a diffID that is in it is not read again"
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="trivy",
        releases=(ReleaseRange("0.74", "0.74"),),
        library="go-containerregistry, pkg/v1/tarball and layout",
        evidence=Evidence.READ,
        groups=("scanners",),
    ),
)
