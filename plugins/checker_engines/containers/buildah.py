"""Buildah: ``buildah pull`` (buildah 1.28.2 and 1.42.2, libimage/pull.go).

It takes the name of a transport before the path, so no other format is tried. What follows is what
``podman load`` does with this format, as both use libimage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from checker.model.archive import Kind
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.advice import IS_LOADED, without_devices
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal
from checker_engines.containers import decisions
from checker_engines.containers.command import conditions_of, has_colon, last_lines
from checker_engines.containers.podman import (
    load_docker_archive,
    load_layout,
    load_layout_archive,
)
from checker_engines.containers.versions import BUILDAHS, Podman

_DOCKER = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_OCI = frozenset({Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_NOTHING = "buildah exits 0 but stores nothing: manifest.json lists no images"
Take = Callable[[Podman, Question, list[str]], int]
"""Copies images to the storage; the number of images."""
PROFILES = (
    EngineProfile(
        name="buildah-1",
        tool="buildah",
        releases=(
            ReleaseRange(
                "1.23",
                "1.30",
                "the libraries and messages of podman-4, such as a docker-archive compressed with "
                "gzip that is refused",
            ),
            ReleaseRange("1.31", "1.38", "layers are not compared with the diff_ids of the config"),
            ReleaseRange("1.39"),
        ),
        library="containers/image 5.39, containers-storage 1.62",
        evidence=Evidence.MEASURED,
        measured_with="1.28.2, with its libraries: {figures}; 1.42 is read",
        groups=("builders",),
    ),
)


def engines() -> Iterator[Engine]:
    """The actions of all versions."""
    for buildah in BUILDAHS:
        yield from engines_of(buildah)


def engines_of(buildah: Podman) -> Iterator[Engine]:
    """The actions of a version: one for each transport."""
    follows = f"buildah {buildah.follows}, as root"
    decides = partial(decisions.stored_docker_archive, buildah.library)
    judge = partial(_pull, buildah, "docker-archive", load_docker_archive)
    action = "pull docker-archive"
    yield Engine(buildah.name, action, judge, follows, decides, _DOCKER, only_files=True)
    decides = partial(decisions.stored_oci_archive, buildah.library)
    judge = partial(_pull, buildah, "oci-archive", load_layout_archive)
    action = "pull oci-archive"
    yield Engine(buildah.name, action, judge, follows, decides, _OCI, only_files=True)
    judge = partial(_pull, buildah, "oci", load_layout)
    layouts = frozenset({Kind.OCI_LAYOUT})
    yield Engine(buildah.name, "pull oci", judge, follows, decides, layouts, only_directories=True)


def _pull(buildah: Podman, transport: str, take: Take, question: Question) -> Verdict:
    typed = f"buildah pull {transport}:{question.quoted_path}"
    command = Command(buildah.name, f"pull {transport}", typed)
    return verdict_of(command, question, partial(_steps, buildah, transport, take))


def _steps(buildah: Podman, transport: str, take: Take, question: Question) -> Answer:
    printed: list[str] = []
    try:
        if has_colon(question):
            raise _colon(transport)
        count = take(buildah, question, printed)
    except Refusal as refusal:
        printed.append(f"Error: {refusal.message}")
        raise Refusal(last_lines(printed), refusal.reason, refusal.rules) from None
    conditions = tuple(conditions_of(question))
    if not count:
        return Answer(_NOTHING, is_broken=True, rules=("DKR001",), conditions=conditions)
    return Answer(without_devices(question, IS_LOADED), conditions=conditions)


def _colon(transport: str) -> Refusal:
    """Of a path with a colon, the rest is taken for the name of an image."""
    return Refusal(
        f'invalid image name "{transport}:<tmp>"',
        "buildah takes what follows the colon in the path for the name of an image: rename the "
        "file, or make a link to it, without a colon",
    )
