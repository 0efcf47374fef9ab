"""Apptainer: ``apptainer build`` from ``docker-archive:`` and ``oci-archive:`` (1.5.3), as root."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from checker.model.archive import Kind
from checker.model.work import Work
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal
from checker_engines.answers.source import check_is_file
from checker_engines.apptainer.decisions import building
from checker_engines.apptainer.sources import (
    INSERTING,
    PACKING,
    PANIC,
    build_from_layout,
    build_from_tarball,
    is_layout,
)

_NAME = "apptainer-1"
_DOCKER, _OCI = "build docker-archive", "build oci-archive"
_DOCKER_KINDS = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_OCI_KINDS = frozenset({Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_FATAL = "FATAL:   While performing build: "
_GETTING = "conveyor failed to get: "
_IS_DIRECTORY = "error reading the docker archive file: read <tmp>: is a directory"
_BUILT = (
    "the image file is built: one root filesystem without layers, with the environment, "
    "entrypoint and labels of the config, without its user, ports and volumes"
)
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="apptainer",
        releases=(ReleaseRange("1.5", "1.5"),),
        library="go-containerregistry 0.21, umoci 0.6",
        evidence=Evidence.MEASURED,
        measured_with="1.5.3: 247 archives with faults, to a directory",
        groups=("unpackers",),
    ),
)


def engines() -> Iterator[Engine]:
    """The actions: a build from each kind of archive."""
    follows = "apptainer 1.5.3, as root"
    for action, kinds, steps in (
        (_DOCKER, _DOCKER_KINDS, _from_docker_archive),
        (_OCI, _OCI_KINDS, _from_oci_archive),
    ):
        judge = partial(_build, action, steps)
        yield Engine(_NAME, action, judge, follows, building, kinds, only_files=True)


def _build(action: str, steps: Callable[[Question], Answer], question: Question) -> Verdict:
    source = action.partition(" ")[2]
    typed = f"apptainer build image.sif {source}:{question.quoted_path}"
    return verdict_of(Command(_NAME, action, typed), question, partial(_printed, steps))


def _printed(steps: Callable[[Question], Answer], question: Question) -> Answer:
    """The answer, or the error as it is printed."""
    try:
        return steps(question)
    except Refusal as refusal:
        message = refusal.message
        if message.startswith(INSERTING):
            first = f"ERROR:   {message.removeprefix(INSERTING)}\n"
            message = f"{first}{_FATAL}{message}"
        elif not message.startswith(PANIC):
            step = "" if message.startswith(PACKING) else _GETTING
            message = f"{_FATAL}{step}{message}"
        raise Refusal(message, refusal.reason, refusal.rules) from None


def _from_docker_archive(question: Question) -> Answer:
    check_is_file(question, _IS_DIRECTORY)
    if is_layout(question.archive):
        return _from_layout(question)
    build_from_tarball(question.archive, Work(question.limits.simulated))
    return Answer(_BUILT)


def _from_oci_archive(question: Question) -> Answer:
    check_is_file(question, _IS_DIRECTORY.replace("reading the docker", "extracting the OCI"))
    return _from_layout(question)


def _from_layout(question: Question) -> Answer:
    work = Work(question.limits.simulated)
    others = build_from_layout(question.archive, question.host, work)
    left = f"; {others} images for other platforms are left out" if others else ""
    return Answer(f"{_BUILT}{left}")
