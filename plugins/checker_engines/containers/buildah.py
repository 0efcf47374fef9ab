"""Buildah: ``buildah pull`` (buildah 1.28.2 and 1.42.2, libimage/pull.go).

It takes the name of a transport before the path, so no other format is tried. An image layout is
read as ``podman load`` does, since both use libimage; a docker-archive must have one image, whose
names need no tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from checker.model.archive import Kind
from checker.model.image import text
from checker.model.names import OLD_REFERENCE, InvalidReferenceError, parse_reference
from checker.verdicts import (
    Engine,
    EngineProfile,
    Evidence,
    Host,
    Question,
    ReleaseRange,
    Verdict,
)
from checker_engines.answers.advice import IS_LOADED, without_devices
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import BAD_CONFIG, Refusal, prefixed
from checker_engines.containers import decisions
from checker_engines.containers.command import (
    DOCKER_ARCHIVE_STEP,
    conditions_of,
    last_lines,
    refuse_directory,
    taken_for_a_name,
)
from checker_engines.containers.copy import SourceImage, copy_to_storage, inspected
from checker_engines.containers.docker_archive import DockerArchive
from checker_engines.containers.podman import (
    Loaded,
    driver_of,
    load_layout,
    load_layout_archive,
    stored_name,
)
from checker_engines.containers.versions import BUILDAHS, Podman
from checker_engines.golang.fmt import quote

_DOCKER = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_OCI = frozenset({Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_NO_COMPONENT = "repository name must have at least one component"
Take = Callable[[Podman, Question, list[str]], Loaded]
"""Copies an image to the storage."""
PROFILES = (
    EngineProfile(
        name="buildah-1",
        tool="buildah",
        releases=(
            ReleaseRange(
                "1.23",
                "1.30",
                "the libraries and messages of podman-4, such as a docker-archive compressed with "
                "gzip that is refused; measured with 1.28.2 and its libraries: 400 archives with "
                "one fault each",
            ),
            ReleaseRange("1.31", "1.38", "layers are not compared with the diff_ids of the config"),
            ReleaseRange("1.39", "1.42"),
        ),
        library="containers/image 5.39, containers-storage 1.62",
        evidence=Evidence.READ,
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
    judge = partial(_pull, buildah, "docker-archive", _pull_docker_archive)
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
        _refuse_colon(transport, question)
        loaded = take(buildah, question, printed)
        called = loaded.name if buildah.names_pulled else f"{transport}:<tmp>"
        if loaded.image is not None:
            with prefixed(f"checking platform of image {called}: "):
                _refuse_platform(buildah, question.host, loaded.image)
    except Refusal as refusal:
        printed.append(f"Error: {refusal.message}")
        raise Refusal(last_lines(printed), refusal.reason, refusal.rules) from None
    conditions = tuple(conditions_of(question))
    return Answer(without_devices(question, IS_LOADED), conditions=conditions)


def _refuse_platform(buildah: Podman, host: Host, image: SourceImage) -> None:
    """Refuse an image whose platform cannot be compared with that of the host (matchesPlatform).

    What the config leaves out is that of the host (libimage/platform, ToString).
    """
    library = buildah.library
    with prefixed("inspecting image: "):
        config = inspected(image, library)
    tells_variant = image.is_docker or library.inspects_variant
    parts = (
        text(config.get("os")) or host.os,
        text(config.get("architecture")) or host.architecture,
        text(config.get("variant")) if tells_variant else None,
    )
    error = library.specifier_error("/".join(filter(None, parts)))
    if error is not None:
        raise Refusal(
            f"parsing image platform: {error}",
            "the image is stored, but its config has an os, architecture or variant that no "
            "platform has",
            BAD_CONFIG,
        )


def _refuse_colon(transport: str, question: Question) -> None:
    taken = taken_for_a_name("buildah", transport, question)
    if taken is not None:
        raise Refusal(taken.error or taken.no_file, taken.reason)


def _pull_docker_archive(buildah: Podman, question: Question, printed: list[str]) -> Loaded:
    """Pull the only image of a docker-archive (copyFromDockerArchiveReaderReference)."""
    refuse_directory(question.archive, DOCKER_ARCHIVE_STEP)
    opened = DockerArchive(question.archive, buildah.library)
    if len(opened.items) != 1:
        count = len(opened.items)
        raise Refusal(
            f"Unexpected tar manifest.json: expected 1 item, got {count}",
            f"manifest.json lists {count} images; append the name of one to the path",
            () if count else ("DKR001",),
        )
    (item,) = opened.items
    digests = [_digest_in(name) for name in item.tags]
    source = "docker-archive:<tmp>"
    if not item.tags:
        # Its ID is read first, since it is used as its name.
        opened.image(item)
    with prefixed(buildah.copying.format(source=source)):
        with prefixed(f"determining manifest MIME type for {source}: "):
            image = opened.image(item)
        # Each name is copied to in turn.
        if not any(digests[:1]):
            copy_to_storage(image, driver_of(buildah, question), {}, printed)
        if any(digests):
            raise Refusal(
                "Digest of source image's manifest would not match destination reference",
                "a name in manifest.json has a digest, which cannot be that of the manifest that "
                "buildah writes for the image",
                ("DKR005",),
            )
    return Loaded(1, image, stored_name(item.tags[0] if item.tags else "", image))


def _digest_in(name: str) -> str:
    """The digest in a name, empty without one; a name without a tag gets ``latest``.

    Raises:
        Refusal: It is not valid (NormalizeName).
    """
    try:
        return parse_reference(name, OLD_REFERENCE).digest or ""
    except InvalidReferenceError as error:
        words = str(error).rpartition(": ")[2] if name else _NO_COMPONENT
        raise Refusal(
            f"normalizing name {quote(name)}: {words}",
            f"manifest.json has the image name {name!r}, which is not valid",
            ("DKR005",),
        ) from None
