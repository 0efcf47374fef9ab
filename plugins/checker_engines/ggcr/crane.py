"""crane: ``crane push`` and ``crane validate`` (go-containerregistry v0.22, cmd/crane).

``crane push`` takes an archive of ``docker save`` or the directory of an image layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from checker.model.archive import Archive, Kind, Source
from checker.verdicts import (
    Engine,
    EngineProfile,
    Evidence,
    Question,
    ReleaseRange,
    Verdict,
)
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal
from checker_engines.ggcr import decisions
from checker_engines.ggcr.layout import push_layout
from checker_engines.ggcr.tarball import Layer, Tarball
from checker_engines.ggcr.validation import validate

_NAME = "crane-0"
_PUSH, _VALIDATE = "push", "validate"
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="crane",
        releases=(ReleaseRange("0.22", "0.22"),),
        library="go-containerregistry, pkg/v1/tarball",
        evidence=Evidence.MEASURED,
        measured_with="0.22.1: 1,235 archives with faults, and 461 image layouts in directories",
        groups=("registry-tools",),
    ),
)


def engines() -> Iterator[Engine]:
    """The actions: ``crane push`` of an archive, and ``crane validate --tarball``."""
    follows = "crane 0.22.1"
    yield Engine(_NAME, _PUSH, _push, follows, decisions.push, _SUITS | {Kind.OCI_LAYOUT})
    yield Engine(_NAME, _VALIDATE, _validate, follows, decisions.validate, _SUITS, only_files=True)


def _push(question: Question) -> Verdict:
    typed = f"crane push {question.quoted_path} REGISTRY/NAME:TAG"
    return verdict_of(Command(_NAME, _PUSH, typed, "Error: "), question, _push_archive)


def _push_archive(question: Question) -> Answer:
    if question.archive.source is Source.DIRECTORY:
        return push_layout(question.archive)
    opened = _opened("loading <tmp> as tarball: ", question.archive)
    layers = opened.layers()
    for layer in layers:
        if layer.cut is not None:
            reason = f"{layer.path} is cut off: get an intact copy of the archive"
            raise Refusal(layer.cut, reason, ("ARC004",))
    return _pushed(opened, layers)


def _pushed(opened: Tarball, layers: Sequence[Layer]) -> Answer:
    """What the registry has then: the content of layers is not compared with the config."""
    diff_ids = opened.config().diff_ids
    if len(layers) != len(diff_ids) or len(opened.paths) != len(diff_ids):
        return Answer(
            f"the image is pushed, but manifest.json lists {len(opened.paths)} layers and the "
            f"config {len(diff_ids)}",
            is_broken=True,
            rules=("CFG003", "DKR004"),
        )
    for number, (layer, diff_id) in enumerate(zip(layers, diff_ids, strict=True)):
        found = layer.diff_id if opened.is_compressed else layer.digest
        if found and found != diff_id:
            return Answer(
                f"the image is pushed, but cannot be pulled: layer {number} hashes to {found}, the "
                f"config says {diff_id}",
                is_broken=True,
                rules=("LYR001",),
            )
    return Answer("the image is pushed under the name of the command; those of the archive are not")


def _validate(question: Question) -> Verdict:
    typed = f"crane validate --tarball {question.quoted_path}"
    command = Command(_NAME, _VALIDATE, typed, "Error: ")
    return verdict_of(command, question, partial(_validate_archive))


def _validate_archive(question: Question) -> Answer:
    opened = _opened("failed to read image <tmp>: ", question.archive)
    validate(opened)
    return Answer("the image is well-formed")


def _opened(prefix: str, archive: Archive) -> Tarball:
    try:
        return Tarball(archive)
    except Refusal as refusal:
        raise Refusal(f"{prefix}{refusal.message}", refusal.reason, refusal.rules) from None
