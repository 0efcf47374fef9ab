"""syft and grype: images in archives and directories (syft 1.57.1, grype 0.121; stereoscope 0.4.1).

Both read images with stereoscope. ``docker-archive:``, ``oci-archive:`` and ``oci-dir:`` before a
path select how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from checker.model.archive import Kind
from checker.records import NamedTuple
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.content import NO_FILE
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal
from checker_engines.scanners import decisions
from checker_engines.scanners.crash import StackOverflow
from checker_engines.scanners.stereoscope import (
    read_docker_archive,
    read_oci_archive,
    read_oci_directory,
)

_SYFT, _GRYPE = "syft-1", "grype-0"
_LIBRARY = "stereoscope 0.4, go-containerregistry 0.22"
PROFILES = (
    EngineProfile(
        name=_SYFT,
        tool="syft",
        releases=(ReleaseRange("1.57", "1.57"),),
        library=_LIBRARY,
        evidence=Evidence.MEASURED,
        measured_with="1.57.1: 400 archives with one fault each; `oci-dir`: a few layouts",
        groups=("scanners",),
    ),
    EngineProfile(
        name=_GRYPE,
        tool="grype",
        releases=(ReleaseRange("0.121", "0.121"),),
        library=_LIBRARY,
        evidence=Evidence.READ,
        groups=("scanners",),
    ),
)


class _Form(NamedTuple):
    """A form in which an image is read.

    Attributes:
        scheme: What it is called before the path.
        read: Reads it.
        suits: The kinds of valid archives that it takes.
        only: Which of them is only asked about files, or about directories.
    """

    scheme: str
    read: Callable[[Question], Answer]
    suits: frozenset[Kind]
    only: str


_FORMS = (
    _Form(
        "docker-archive",
        read_docker_archive,
        frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE}),
        "files",
    ),
    _Form(
        "oci-archive",
        read_oci_archive,
        frozenset({Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE}),
        "files",
    ),
    _Form("oci-dir", read_oci_directory, frozenset({Kind.OCI_LAYOUT}), "directories"),
)


def engines() -> Iterator[Engine]:
    """The actions: an archive of ``docker save``, and an image layout in a tar or a directory."""
    for name, follows, judge in (
        (_SYFT, "syft 1.57.1", _scan_with_syft),
        (_GRYPE, "grype 0.121.2", _scan_with_grype),
    ):
        for form in _FORMS:
            yield Engine(
                name,
                form.scheme,
                partial(judge, form),
                follows,
                partial(decisions.stereoscope, form.scheme),
                form.suits,
                only_directories=form.only == "directories",
                only_files=form.only == "files",
            )


def _scan_with_syft(form: _Form, question: Question) -> Verdict:
    typed = f"syft scan {form.scheme}:{question.quoted_path}"
    steps = partial(_resolved, form, "ERROR could not determine source: ")
    return verdict_of(Command(_SYFT, form.scheme, typed), question, steps)


def _scan_with_grype(form: _Form, question: Question) -> Verdict:
    typed = f"grype {form.scheme}:{question.quoted_path}"
    steps = partial(_resolved, form, "ERROR failed to catalog: ")
    return verdict_of(Command(_GRYPE, form.scheme, typed), question, steps)


def _resolved(form: _Form, failed: str, question: Question) -> Answer:
    """What reading ends with; that a file is missing is not told (syft/get_source.go).

    Args:
        form: The form that is read.
        failed: What is printed before an error.
        question: What is asked.
    """
    try:
        return form.read(question)
    except StackOverflow as crash:
        raise crash.refusal from None
    except Refusal as refusal:
        message = (
            'no source providers were able to resolve the input "<tmp>"'
            if NO_FILE in refusal.message
            else "an error occurred attempting to resolve '<tmp>': "
            f"{form.scheme}: {refusal.message}"
        )
        raise Refusal(f"{failed}{message}", refusal.reason, refusal.rules) from None
