"""umoci: ``umoci unpack`` (umoci 0.6.0, cmd/umoci/unpack.go), as root."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import Kind
from checker.model.work import Work
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal
from checker_engines.umoci.decisions import unpacking
from checker_engines.umoci.unpack import tag_of, unpack_image

_NAME, _ACTION = "umoci-0", "unpack"
_MARK = "\u2a2f "
_NOTICE = "\u2022 umoci encountered a permission error: maybe --rootless will help?\n"
_PERMISSION = "\0"
_PANIC = "panic: "
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="umoci",
        releases=(
            ReleaseRange(
                "0.4",
                "0.4",
                "layers compressed with zstd are refused, and so is an entry below a file of a "
                "lower layer; the mediaType of a document is not compared with its descriptor",
            ),
            ReleaseRange("0.5", "0.6"),
        ),
        library="umoci 0.6, oci/layer",
        evidence=Evidence.MEASURED,
        measured_with="0.6.0 and 0.4.7: 461 layouts with faults",
        groups=("unpackers",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: a bundle with a root filesystem and a ``config.json``."""
    layouts = frozenset({Kind.OCI_LAYOUT})
    yield Engine(
        *(_NAME, _ACTION, _unpack, "umoci 0.6.0, as root", unpacking, layouts),
        only_directories=True,
    )


def _unpack(question: Question) -> Verdict:
    typed = f"umoci unpack --image {question.quoted_path}:{tag_of(question.archive)} BUNDLE"
    return verdict_of(Command(_NAME, _ACTION, typed), question, _steps)


def _steps(question: Question) -> Answer:
    tag = tag_of(question.archive)
    try:
        unpack_image(question.archive, tag, Work(question.limits.simulated))
    except Refusal as refusal:
        raise Refusal(_shown(refusal.message), refusal.reason, refusal.rules) from None
    return Answer(
        f"the image {tag} is unpacked to a bundle: its root filesystem, and a config.json without "
        "its healthcheck"
    )


def _shown(message: str) -> str:
    """An error as it is printed."""
    if message.startswith(_PANIC):
        return message
    notice = _NOTICE if _PERMISSION in message else ""
    return f"{notice}{_MARK}{message.replace(_PERMISSION, '')}"
