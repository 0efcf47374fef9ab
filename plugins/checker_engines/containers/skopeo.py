"""Skopeo: ``skopeo copy`` from an archive to a directory (skopeo 1.9.3 and 1.22.2, copy.go)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from checker.model.archive import Source
from checker.model.limits import LimitReached
from checker.model.work import OutOfWork, Work
from checker.verdicts import Engine, Question, Verdict, VerdictOutcome
from checker_engines.answers.advice import encrypted_layer, why_not_loaded
from checker_engines.answers.refusal import Refusal, prefixed
from checker_engines.answers.undecided import undecided
from checker_engines.containers import decisions
from checker_engines.containers.command import (
    DOCKER_ARCHIVE_STEP,
    OCI_ARCHIVE_STEP,
    conditions_of,
    last_lines,
    refuse_directory,
    taken_for_a_name,
)
from checker_engines.containers.copy import copy_to_directory
from checker_engines.containers.dir_layout import DirLayout
from checker_engines.containers.docker_archive import DockerArchive
from checker_engines.containers.oci_archive import BELOW_INDEX, OciArchive
from checker_engines.containers.storage_archive import ARCHIVE_OF_USER
from checker_engines.containers.versions import SKOPEOS, Skopeo
from checker_engines.filesystem.privileges import ROOT
from checker_engines.golang.logrus import fatal

_DOCKER_ARCHIVE = "docker-archive"
_OCI_ARCHIVE = "oci-archive"
_OCI = "oci"
_DIR = "dir"


def engines() -> Iterator[Engine]:
    """The actions of all versions."""
    for skopeo in SKOPEOS:
        yield from engines_of(skopeo)
        yield from directory_engines_of(skopeo)


def engines_of(skopeo: Skopeo) -> Iterator[Engine]:
    """The actions of a version: copies from ``docker-archive:`` and ``oci-archive:``."""
    follows = f"skopeo {skopeo.follows}, copy to a directory"
    judge = partial(copy_docker_archive, skopeo)
    decides = partial(decisions.docker_archive, skopeo.library)
    yield Engine(skopeo.name, _DOCKER_ARCHIVE, judge, follows, decides)
    judge = partial(copy_oci_archive, skopeo)
    yield Engine(skopeo.name, _OCI_ARCHIVE, judge, follows, decisions.oci_archive)


def directory_engines_of(skopeo: Skopeo) -> Iterator[Engine]:
    """The actions of a version that read directories: copies from ``oci:`` and ``dir:``."""
    follows = f"skopeo {skopeo.follows}, copy to a directory"
    for action, copy, decides in (
        (_OCI, _copy_oci, decisions.oci_layout),
        (_DIR, _copy_dir, decisions.dir_layout),
    ):
        judge = partial(_copy, skopeo, action, copy)
        yield Engine(skopeo.name, action, judge, follows, decides, only_directories=True)


def copy_docker_archive(skopeo: Skopeo, question: Question) -> Verdict:
    """Predict what ``skopeo copy docker-archive:`` does."""
    return _copy(skopeo, _DOCKER_ARCHIVE, _copy_docker_archive, question)


def copy_oci_archive(skopeo: Skopeo, question: Question) -> Verdict:
    """Predict what ``skopeo copy oci-archive:`` does."""
    return _copy(skopeo, _OCI_ARCHIVE, _copy_oci_archive, question)


def _refuse_colon(transport: str, question: Question) -> None:
    """Refuse a path with a colon, after which the name of an image is expected."""
    taken = taken_for_a_name("skopeo", transport, question)
    if taken is None:
        return
    if taken.error is not None:
        source = f"{transport}:<tmp>"
        raise Refusal(f"Invalid source name {source}: {taken.error}", taken.reason)
    source = f"{transport}:<tmp>:{taken.name}"
    raise Refusal(f"initializing source {source}: {taken.no_file}", taken.reason)


def _copy_docker_archive(skopeo: Skopeo, question: Question, printed: list[str]) -> None:
    source = "docker-archive:<tmp>"
    _refuse_colon(_DOCKER_ARCHIVE, question)
    with prefixed(f"initializing source {source}: "):
        refuse_directory(question.archive, DOCKER_ARCHIVE_STEP)
        opened = DockerArchive(question.archive, skopeo.library)
    with prefixed(f"determining manifest MIME type for {source}: "):
        if len(opened.items) != 1:
            found = len(opened.items)
            raise Refusal(
                f"Unexpected tar manifest.json: expected 1 item, got {found}",
                f"manifest.json lists {found} images; append the name of one to the path",
                () if found else ("DKR001",),
            )
        image = opened.image(opened.items[0])
    copy_to_directory(image, printed)


def _copy_oci_archive(skopeo: Skopeo, question: Question, printed: list[str]) -> None:
    source = "oci-archive:<tmp>:"
    _refuse_colon(_OCI_ARCHIVE, question)
    with prefixed(f"initializing source {source}: "):
        refuse_directory(question.archive, OCI_ARCHIVE_STEP)
        work = Work(question.limits.simulated)
        opened = _opened(skopeo, question, source, work)
        descriptor = opened.only_descriptor()
    image = opened.image(descriptor, question.host)
    with prefixed(BELOW_INDEX if image.is_below_index else ""):
        copy_to_directory(image, printed)


def _opened(skopeo: Skopeo, question: Question, source: str, work: Work) -> OciArchive:
    # Without a storage, skopeo enters no user namespace.
    privileges = ARCHIVE_OF_USER if question.host.rootless else ROOT
    return OciArchive(question.archive, skopeo.library, source, work, privileges)


def _copied(question: Question) -> str:
    label = encrypted_layer(question.archive)
    if label is None:
        return "the image can be copied"
    return f"the image can be copied, but {label} stays encrypted without --decryption-key"


def _copy_oci(skopeo: Skopeo, question: Question, printed: list[str]) -> None:
    source = "oci:<tmp>:"
    _refuse_colon(_OCI, question)
    with prefixed(f"initializing source {source}: "):
        _refuse_file(question, "index.json")
        work = Work(question.limits.simulated)
        opened = _opened(skopeo, question, source, work)
        descriptor = opened.only_descriptor()
    image = opened.image(descriptor, question.host)
    with prefixed(BELOW_INDEX if image.is_below_index else ""):
        copy_to_directory(image, printed)


def _copy_dir(skopeo: Skopeo, question: Question, printed: list[str]) -> None:
    source = "dir:<tmp>"
    with prefixed(f"determining manifest MIME type for {source}: "):
        _refuse_file(question, "manifest.json")
    work = Work(question.limits.simulated)
    image = DirLayout(question.archive, skopeo.library, source, work).whole_image(question.host)
    with prefixed(BELOW_INDEX if image.is_below_index else ""):
        copy_to_directory(image, printed)


def _refuse_file(question: Question, name: str) -> None:
    if question.archive.source is not Source.DIRECTORY:
        raise Refusal(f"open <tmp>/{name}: not a directory", "it is not a directory")


def _copy(
    skopeo: Skopeo,
    action: str,
    copy: Callable[[Skopeo, Question, list[str]], None],
    question: Question,
) -> Verdict:
    printed: list[str] = []
    outcome, reason, message = VerdictOutcome.ACCEPTS, _copied(question), None
    rules: tuple[str, ...] = ()
    reached: LimitReached | None = None
    try:
        copy(skopeo, question, printed)
    except OutOfWork as stop:
        reached = stop.reached
    except Refusal as refusal:
        outcome = VerdictOutcome.REJECTS
        reason = why_not_loaded(question, refusal)
        printed.append(fatal(refusal.message))
        message, rules = last_lines(printed), refusal.rules
    verdict = Verdict(
        engine=skopeo.name,
        action=action,
        outcome=outcome,
        reason=reason,
        message=message,
        conditions=tuple(conditions_of(question)),
        rules=rules,
        command=f"skopeo copy {action}:{question.quoted_path} dir:image",
    )
    return verdict if reached is None else undecided(verdict, reached)
