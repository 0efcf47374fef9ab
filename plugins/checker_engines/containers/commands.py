"""Podman and skopeo: what is built on containers/image and containers-storage.

Sources: podman 4.3.1 and 5.8.2 (libimage/load.go and import.go), skopeo 1.22.2 (copy).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import NamedTuple

from checker.model.archive import Archive, Source
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE
from checker.model.image import CONTAINERD_NAME, REF_NAME, mapping, text
from checker.model.names import InvalidReferenceError, parse_reference
from checker.model.tar import Tar
from checker.verdicts import Engine, Question, Verdict, VerdictOutcome
from checker_engines.answers.advice import IS_LOADED, why_not_loaded
from checker_engines.answers.conditions import DEVICES, LAYER_COMPRESSED_TWICE, NO_COLON, URLS
from checker_engines.answers.importing import MAKES_SENSE, why_import_is_senseless
from checker_engines.answers.refusal import DAMAGED, ROOT_NOT_EXTRACTED, Refusal
from checker_engines.answers.source import digest_of
from checker_engines.containers import decisions as containers_image
from checker_engines.containers.copy import (
    SourceImage,
    apply_tar,
    copy_to_folder,
    copy_to_storage,
    digest_error,
    new_root,
)
from checker_engines.containers.docker_archive import (
    DockerArchive,
    Item,
    full_name,
    reference_error,
    tag_error,
)
from checker_engines.containers.manifest_types import NEW_SHAPES, OLD_SHAPES
from checker_engines.containers.oci_archive import BELOW_INDEX, OciArchive
from checker_engines.containers.versions import (
    Library,
    inflating_error,
    is_compressed_twice,
    is_recognised,
    refuse_folder,
    tar_seen,
)

_LINES_QUOTED = 6
"""Lines of a refusal that are quoted: the error and its bullets, or what was copied before."""
# Rules about the compression of the archive.
_CORRUPT = ("ARC004", "ARC006", "ARC007")
_DEVICES = (CHARACTER_DEVICE, BLOCK_DEVICE)


def _quote(name: str) -> str:
    return f'"{name}"'


def _as_it_is(name: str) -> str:
    return name


def _masked(below: str) -> str:  # noqa: ARG001 - the place of the folder is all that is shown
    return "<tmp>"


def _last_part(below: str) -> str:
    return f"<tmp>/{posixpath.basename(below)}" if below else "<tmp>"


def _whole(below: str) -> str:
    return f"<tmp>/{below}" if below else "<tmp>"


def _twice(digest: str) -> str:
    return f'"{digest}"/""/"{digest}"'


PODMAN_4 = Library(
    shapes=OLD_SHAPES,
    folder="<tmp>",
    temporary=_masked,
    quoted=_as_it_is,
    blob_name=_quote,
    refuses_wrong_diff_ids=False,
    uses_pigz=False,
    loses_gzip_start=True,
    announces_signatures=True,
)
PODMAN_5 = Library(
    shapes=NEW_SHAPES,
    folder="<tmp>/container_images_oci0",
    temporary=_last_part,
    quoted=_quote,
    blob_name=_twice,
    refuses_wrong_diff_ids=True,
    uses_pigz=True,
    loses_gzip_start=False,
    announces_signatures=False,
)
# The same generation of the library as podman 5; only its temporary names are told in another way.
SKOPEO = PODMAN_5._replace(folder="<tmp>", temporary=_whole)


class Podman(NamedTuple):
    """A podman.

    Attributes:
        name: The profile.
        follows: The release that it was read from.
        library: The build that it carries.
        not_a_folder: What it says of a file where a folder with an image layout could be.
        copying: What stands before errors of a copy, given the source.
        copying_layout: The same, where the source is an image layout.
    """

    name: str
    follows: str
    library: Library
    not_a_folder: str
    copying: Callable[[str], str]
    copying_layout: Callable[[str], str]

    def load(self, question: Question) -> Verdict:
        """Say what ``podman load`` does: it tries the formats one after the other."""
        printed: list[str] = []
        failures: dict[str, Refusal] = {}
        for transport, take in (
            ("oci", self._layout),
            ("oci-archive", self._layout_archive),
            ("docker-archive", self._docker),
        ):
            try:
                return self._taken(question, take(question, printed))
            except Refusal as refusal:
                failures[transport] = refusal
        printed.append("Error: payload does not match any of the supported image formats:")
        printed.extend(f" * {each}: {refusal.message}" for each, refusal in failures.items())
        printed.append(" * dir: open <tmp>: not a directory")
        failure = failures[_likely_format(question.archive)]
        reason = why_not_loaded(question, "podman import", failure.reason)
        verdict = self._verdict(question, "load", VerdictOutcome.REJECTS, reason, _tail(printed))
        return verdict._replace(rules=failure.rules)

    def _taken(self, question: Question, count: int) -> Verdict:
        if count:
            reason = IS_LOADED
            return self._verdict(question, "load", VerdictOutcome.ACCEPTS, reason, None)
        reason = "manifest.json lists no image: podman exits 0 and loads nothing"
        return self._verdict(question, "load", VerdictOutcome.ACCEPTS_BROKEN, reason, None)

    def _layout(self, question: Question, printed: list[str]) -> int:
        """Load a folder with an image layout; how many images were loaded."""
        if question.archive.source is not Source.DIRECTORY:
            raise Refusal(self.not_a_folder, "it is no folder")
        return self._copy_layout(question, "oci:<tmp>:", printed)

    def _layout_archive(self, question: Question, printed: list[str]) -> int:
        """Load an archive of an image layout; how many images were loaded."""
        refuse_folder(question.archive)
        return self._copy_layout(question, "oci-archive:<tmp>:", printed)

    def _copy_layout(self, question: Question, source: str, printed: list[str]) -> int:
        opened = OciArchive(question.archive, self.library, source)
        with _before("loading index: "):
            descriptor = opened.only_descriptor()
        name = _name_in_layout(descriptor)
        if name:
            digest = _digest_to_be_stored_under(name)
        else:
            # Its ID is asked for, to name it by.
            digest = ""
            with _not_copying_yet(source):
                _refuse_config_digest(opened.image(descriptor, question.host))
        with _before(self.copying_layout(source)):
            image = opened.image(descriptor, question.host)
            if digest not in ("", image.digest):
                raise Refusal(
                    "Digest of source image's manifest would not match destination reference",
                    f"the image has the name {name!r}, and its manifest another digest",
                )
            with _before(BELOW_INDEX if image.is_below_index else ""):
                copy_to_storage(image, self.library, {}, printed)
        return 1

    def _docker(self, question: Question, printed: list[str]) -> int:
        """Load every image of what docker save wrote; how many were loaded."""
        refuse_folder(question.archive)
        opened = DockerArchive(question.archive, self.library)
        for number, item in enumerate(opened.items):
            _refuse_tags(item, number, self.library)
        stored: dict[str, Tar] = {}
        for number, item in enumerate(opened.items):
            name = full_name(item.tags[0]) if item.tags else f"@{number}"
            source = f"docker-archive:<tmp>:{name}"
            if not item.tags:
                # Its ID is asked for first, to name it by.
                opened.image(item)
            with _before(self.copying(source)):
                with _before(f"determining manifest MIME type for {source}: "):
                    image = opened.image(item)
                copy_to_storage(image, self.library, stored, printed)
        return len(opened.items)

    def import_tar(self, question: Question) -> Verdict:
        """Say what ``podman import`` does: any tar becomes the only layer of an image."""
        try:
            self._import(question.archive)
        except Refusal as refusal:
            return self._verdict(
                question, "import", VerdictOutcome.REJECTS, refusal.reason, refusal.message
            )._replace(rules=refusal.rules)
        broken = why_import_is_senseless(question.archive.kind, "podman import", "podman load")
        outcome = VerdictOutcome.ACCEPTS_BROKEN if broken else VerdictOutcome.ACCEPTS
        return self._verdict(question, "import", outcome, broken or MAKES_SENSE, None)

    def _import(self, archive: Archive) -> None:
        refuse_folder(archive)
        compression = archive.compression
        error = inflating_error(compression, archive.size) if is_recognised(compression) else None
        if error is not None:
            text = f'Error: error reading "<tmp>": {error}'
            raise Refusal(text, "the compressed archive is corrupt: get it again", _CORRUPT)
        digest = digest_of(archive)
        printed = ["Getting image source signatures", f"Copying blob {digest}"]
        try:
            apply_tar(digest, tar_seen(archive), new_root(), self.library, printed)
        except Refusal as refusal:
            printed.append(f"Error: {refusal.message}")
            rules = (*DAMAGED, *ROOT_NOT_EXTRACTED)
            raise Refusal(_tail(printed), _why_not_imported(refusal), rules) from None

    def _verdict(
        self,
        question: Question,
        action: str,
        outcome: VerdictOutcome,
        reason: str,
        message: str | None,
    ) -> Verdict:
        typed = f"podman load -i {question.quoted_path}"
        if action == "import":
            typed = f"podman import {question.quoted_path} NAME:TAG"
        return Verdict(
            engine=self.name,
            action=action,
            outcome=outcome,
            reason=reason,
            message=message,
            conditions=tuple(_conditions(question)),
            command=typed,
        )


def _podman_4_copying(source: str) -> str:  # noqa: ARG001 - podman 4 does not name the source
    return ""


def _podman_5_copying(source: str) -> str:
    return f"unable to copy from source {source}: "


def _podman_5_copying_layout(source: str) -> str:
    return f"unable to perform copy: unable to copy from source {source}: "


_PODMANS = (
    Podman(
        "podman-4",
        "4.3.1",
        PODMAN_4,
        "initializing source oci:<tmp>:: open <tmp>: not a directory",
        _podman_4_copying,
        _podman_4_copying,
    ),
    Podman(
        "podman-5",
        "5.8.2",
        PODMAN_5,
        "open <tmp>: not a directory",
        _podman_5_copying,
        _podman_5_copying_layout,
    ),
)


class Skopeo(NamedTuple):
    """A skopeo, which copies from a transport to a folder.

    Attributes:
        name: The profile.
        follows: The release that it was read from.
        library: The build that it carries.
    """

    name: str
    follows: str
    library: Library

    def copy_docker(self, question: Question) -> Verdict:
        """Say what ``skopeo copy docker-archive:`` does."""
        return self._copied("docker-archive", self._docker, question)

    def copy_layout(self, question: Question) -> Verdict:
        """Say what ``skopeo copy oci-archive:`` does."""
        return self._copied("oci-archive", self._layout, question)

    def _docker(self, question: Question, printed: list[str]) -> None:
        source = "docker-archive:<tmp>"
        with _before(f"initializing source {source}: "):
            refuse_folder(question.archive)
            opened = DockerArchive(question.archive, self.library)
        with _before(f"determining manifest MIME type for {source}: "):
            if len(opened.items) != 1:
                found = len(opened.items)
                raise Refusal(
                    f"Unexpected tar manifest.json: expected 1 item, got {found}",
                    f"manifest.json lists {found} images; name the one to copy behind the path",
                )
            image = opened.image(opened.items[0])
        copy_to_folder(image, printed)

    def _layout(self, question: Question, printed: list[str]) -> None:
        source = "oci-archive:<tmp>:"
        with _before(f"initializing source {source}: "):
            refuse_folder(question.archive)
            opened = OciArchive(question.archive, self.library, source)
            descriptor = opened.only_descriptor()
        image = opened.image(descriptor, question.host)
        with _before(BELOW_INDEX if image.is_below_index else ""):
            copy_to_folder(image, printed)

    def _copied(
        self,
        action: str,
        copy: Callable[[Question, list[str]], None],
        question: Question,
    ) -> Verdict:
        printed: list[str] = []
        outcome, reason, message = VerdictOutcome.ACCEPTS, "the image can be copied", None
        rules: tuple[str, ...] = ()
        try:
            copy(question, printed)
        except Refusal as refusal:
            outcome = VerdictOutcome.REJECTS
            reason = why_not_loaded(question, "podman import", refusal.reason)
            printed.append(f'level=fatal msg="{_logged(refusal.message)}"')
            message, rules = _tail(printed), refusal.rules
        return Verdict(
            engine=self.name,
            action=action,
            outcome=outcome,
            reason=reason,
            message=message,
            conditions=tuple(_conditions(question)),
            rules=rules,
            command=f"skopeo copy {action}:{question.quoted_path} dir:FOLDER",
        )


_SKOPEO_1 = Skopeo("skopeo-1", "1.22.2", SKOPEO)
_SKOPEO_1_9 = Skopeo("skopeo-1.9", "1.9.3", PODMAN_4)


def _engines_of(skopeo: Skopeo) -> Iterator[Engine]:
    follows = f"skopeo {skopeo.follows}, copy to a folder"
    table = partial(containers_image.docker_archive, skopeo.library)
    yield Engine(skopeo.name, "docker-archive", skopeo.copy_docker, follows, table)
    yield Engine(
        skopeo.name, "oci-archive", skopeo.copy_layout, follows, containers_image.oci_archive
    )


def engines_of_debian_12() -> Iterator[Engine]:
    """Give the engines that no profile stands for, to compare them with those that are installed.

    Skopeo 1.9 carries the library of podman 4.
    """
    yield from _engines_of(_SKOPEO_1_9)


def engines() -> Iterator[Engine]:
    """Give the engines of this family."""
    for podman in _PODMANS:
        follows = f"podman {podman.follows}, vfs, as root"
        table = partial(containers_image.load, podman.library)
        yield Engine(podman.name, "load", podman.load, follows, table)
        yield Engine(podman.name, "import", podman.import_tar, follows, containers_image.import_)
    yield from _engines_of(_SKOPEO_1)


@contextmanager
def _before(words: str) -> Iterator[None]:
    """Put words before the message of a refusal."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(words + refusal.message, refusal.reason, refusal.rules) from None


@contextmanager
def _not_copying_yet(source: str) -> Iterator[None]:
    """Take away the words for steps of a copy, where the same is done without one."""
    try:
        yield
    except Refusal as refusal:
        message = refusal.message
        for step in ("determining manifest MIME type for", "initializing image from source"):
            message = message.removeprefix(f"{step} {source}: ")
        raise Refusal(message, refusal.reason, refusal.rules) from None


def _name_in_layout(descriptor: Mapping[str, object]) -> str:
    """The name that podman stores the image of a layout under (libimage, nameFromAnnotations)."""
    annotations = mapping(descriptor.get("annotations"))
    return text(annotations.get(CONTAINERD_NAME)) or text(annotations.get(REF_NAME)) or ""


def _digest_to_be_stored_under(name: str) -> str:
    """The digest in a name, empty if there is none (libimage, NormalizeName)."""
    try:
        return parse_reference(name).digest or ""
    except InvalidReferenceError as error:
        words = reference_error(str(error)).rpartition(": ")[2]
        raise Refusal(
            f'normalizing name "{name}": {words}',
            f"index.json gives the image the name {name!r}, which is no valid one",
        ) from None


def _refuse_config_digest(image: SourceImage) -> None:
    error = digest_error(image.config.digest)
    if error is not None:
        raise Refusal(
            f"getting config info: {error}",
            f"the manifest calls its config {image.config.digest!r}, which is no digest",
        )


def _refuse_tags(item: Item, number: int, library: Library) -> None:
    for tag in item.tags:
        error = tag_error(tag, library, number)
        if error is not None:
            raise Refusal(
                error,
                f"manifest.json names an image {tag!r}, which is no name with a tag",
                ("DKR005",),
            )


def _likely_format(archive: Archive) -> str:
    """The format that a refusal should be explained for."""
    return "docker-archive" if archive.docker is not None or archive.oci is None else "oci-archive"


def _why_not_imported(refusal: Refusal) -> str:
    return f"it cannot be unpacked as a layer: {refusal.message.rpartition('stderr: ')[2]}"


def _tail(printed: list[str]) -> str:
    """The last lines, as one."""
    lines = "\n".join(printed).split("\n")
    return " ".join(line.strip() for line in lines[-_LINES_QUOTED:])


def _logged(message: str) -> str:
    """A message as the log prints it, a temporary path with the quote that it ends with."""
    return message.replace("\\", "\\\\").replace('"', '\\"').replace('<tmp>\\"', '<tmp>"')


def _conditions(question: Question) -> Iterator[str]:
    if ":" in question.quoted_path:
        yield NO_COLON
    layers = (layer for image in question.archive.images for layer in image.layers)
    tables = chain((question.archive.entries,), (layer.entries for layer in layers))
    if any(next(table.of_kind(*_DEVICES), None) is not None for table in tables):
        yield DEVICES
    layers = (layer for image in question.archive.images for layer in image.layers)
    if any(layer.descriptor is not None and layer.descriptor.urls for layer in layers):
        yield URLS
    if any(map(is_compressed_twice, question.archive.members.blobs.values())):
        yield LAYER_COMPRESSED_TWICE
