"""Docker Scout: ``docker scout cves`` with ``archive://`` and ``oci-dir://``.

Scout is closed source. Its documentation says that ``archive://`` is a tar of ``docker save`` and
``oci-dir://`` the directory of an image layout. The open source tool that it was made from reads
both with stereoscope (docker/index-cli-plugin, April 2023, registry/read.go and save.go), and so
does this profile. Messages are those of stereoscope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from checker.model.archive import Kind
from checker.records import NamedTuple
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.scanners import decisions
from checker_engines.scanners.crash import StackOverflow
from checker_engines.scanners.stereoscope import read_docker_archive, read_oci_directory

_NAME = "scout-1"
_DOCUMENTED = "Docker Scout is closed source: the verdict follows its documentation"
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="scout",
        releases=(ReleaseRange("1.0"),),
        library="closed source; documentation, and stereoscope as in docker/index-cli-plugin",
        evidence=Evidence.READ,
        groups=("scanners",),
    ),
)


class _Form(NamedTuple):
    """A form in which an image is read.

    Attributes:
        name: Its name in stereoscope.
        read: Reads it.
        suits: The kinds of valid archives that it takes.
    """

    name: str
    read: Callable[[Question], Answer]
    suits: frozenset[Kind]


_DIRECTORY = "cves oci-dir://"
_FORMS = {
    "cves archive://": _Form(
        "docker-archive",
        read_docker_archive,
        frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE}),
    ),
    _DIRECTORY: _Form("oci-dir", read_oci_directory, frozenset({Kind.OCI_LAYOUT})),
}


def engines() -> Iterator[Engine]:
    """The actions: an archive of ``docker save``, and the directory of an image layout."""
    for action, form in _FORMS.items():
        yield Engine(
            _NAME,
            action,
            partial(_judge, action),
            "the documentation of Docker Scout 1",
            partial(decisions.stereoscope, form.name),
            form.suits,
            only_directories=action == _DIRECTORY,
            only_files=action != _DIRECTORY,
        )


def _judge(action: str, question: Question) -> Verdict:
    typed = f"docker scout {action}{question.quoted_path}"
    return verdict_of(Command(_NAME, action, typed), question, partial(_read, _FORMS[action]))


def _read(form: _Form, question: Question) -> Answer:
    try:
        answer = form.read(question)
    except StackOverflow as crash:
        raise crash.refusal from None
    return answer._replace(conditions=(*answer.conditions, _DOCUMENTED))
