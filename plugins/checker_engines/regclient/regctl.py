"""regctl: ``regctl image import`` (regctl 0.11.7, cmd/regctl/image.go)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker.model.archive import Kind
from checker.model.work import Work
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.source import check_is_file
from checker_engines.regclient.decisions import importing
from checker_engines.regclient.importer import Importer

_NAME, _ACTION = "regctl-0", "image import"
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="regctl",
        releases=(ReleaseRange("0.11", "0.11"),),
        library="regclient 0.11, image.go",
        evidence=Evidence.MEASURED,
        measured_with="0.11.7: 1,235 archives with faults, to a layout",
        groups=("registry-tools",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: an import into a registry or a layout."""
    yield Engine(_NAME, _ACTION, _import, "regctl 0.11.7", importing, _SUITS, only_files=True)


def _import(question: Question) -> Verdict:
    typed = f"regctl image import REGISTRY/NAME:{_tag(question)} {question.quoted_path}"
    return verdict_of(Command(_NAME, _ACTION, typed), question, _steps)


def _tag(question: Question) -> str:
    """The name of the first image of the index that can be a tag; it chooses this image."""
    layout = question.archive.oci
    root = None if layout is None else layout.root_index
    found = () if root is None else root.manifests
    names = (each.annotations.get("org.opencontainers.image.ref.name", "") for each in found)
    return next((name for name in names if _TAG.fullmatch(name)), "latest")


def _steps(question: Question) -> Answer:
    check_is_file(question, "read <tmp>: is a directory")
    tag = _tag(question)
    done = Importer(question.archive, tag, Work(question.limits.simulated)).run()
    if done.repeated:
        return Answer(
            f"the image is imported without a layer: manifest.json lists {done.repeated} twice",
            is_broken=True,
            rules=("DKR001", "DKR004"),
        )
    form = (
        "as an archive of docker save, its layers compressed again"
        if done.is_docker
        else "as it is"
    )
    left = f"; {done.others} more in the archive need another command" if done.others else ""
    return Answer(
        f"the image is imported {form}, and its layers are not compared with its config{left}"
    )
