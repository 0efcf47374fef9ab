"""Podman: ``podman load`` and ``podman import``.

Sources: podman 4.3.1 and 5.8.2, libimage/load.go and import.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from checker.model.archive import Archive, Source
from checker.model.image import CONTAINERD_NAME, REF_NAME, mapping, text
from checker.model.names import OLD_REFERENCE, InvalidReferenceError, parse_reference
from checker.model.tar import Tar
from checker.model.work import OutOfWork, Work
from checker.records import NamedTuple
from checker.verdicts import Engine, Question, Verdict, VerdictOutcome
from checker_engines.answers.advice import IS_LOADED, why_not_loaded, without_devices
from checker_engines.answers.conditions import absent_layers, other_storage
from checker_engines.answers.importing import IS_IMPORTED, why_import_is_useless
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_MANIFEST,
    DAMAGED,
    ROOT_NOT_EXTRACTED,
    Refusal,
    prefixed,
)
from checker_engines.answers.source import digest_of
from checker_engines.answers.undecided import cut_of, undecided
from checker_engines.containers import decisions
from checker_engines.containers.command import (
    DOCKER_ARCHIVE_STEP,
    OCI_ARCHIVE_STEP,
    conditions_of,
    given_path,
    has_colon,
    last_lines,
    refuse_directory,
)
from checker_engines.containers.compression import (
    inflating_error,
    is_recognised,
    opening_error,
    readable_tar,
    storage_error,
)
from checker_engines.containers.copy import (
    NOT_EXTRACTED,
    SourceImage,
    apply_tar,
    copy_to_storage,
    digest_error,
    inspected,
)
from checker_engines.containers.dir_layout import DirLayout
from checker_engines.containers.docker_archive import (
    DockerArchive,
    Item,
    full_name,
    tag_error,
)
from checker_engines.containers.drivers import Driver
from checker_engines.containers.oci_archive import (
    BELOW_INDEX,
    NESTED_INDEX,
    NOT_THE_INSTANCE,
    OciArchive,
)
from checker_engines.containers.storage_archive import ARCHIVE_IN_NAMESPACE
from checker_engines.containers.versions import PODMANS, Library, Podman
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.privileges import ROOT
from checker_engines.filesystem.stacking import can_differ
from checker_engines.golang.fmt import quote

# Rules that report a damaged compression of the archive.
_CORRUPT = ("ARC004", "ARC006", "ARC007")
_NOT_A_DIRECTORY = "open <tmp>: not a directory"
_CHOOSING = "choosing image instance: "
_NOT_SELECTED = "Image manifest does not match selected manifest digest "
_FETCHING = "fetching target platform image selected from image index: "
_NOT_INSPECTED = (
    "podman load exits 0, but no container can be created from the image, and podman images fails, "
    "since podman cannot inspect it: {error}"
)
_IS_CORRUPT = "the compressed archive is corrupt: get an intact copy"


def engines() -> Iterator[Engine]:
    """The actions of all versions."""
    for podman in PODMANS:
        yield from engines_of(podman)


def engines_of(podman: Podman) -> Iterator[Engine]:
    """The actions of a version: ``podman load`` and ``podman import``."""
    follows = f"podman {podman.follows}, overlay or vfs"
    decides = partial(decisions.load, podman.library)
    yield Engine(podman.name, "load", partial(load, podman), follows, decides)
    yield Engine(podman.name, "import", partial(import_, podman), follows, decisions.import_)


class Loaded(NamedTuple):
    """What was loaded.

    Attributes:
        images: The number of images.
        image: The image; None of a docker-archive, of which there may be several: a config that
            cannot be inspected is refused when it is read.
        name: The name of that image, or its ID.
    """

    images: int
    image: SourceImage | None = None
    name: str = ""


class Loading(NamedTuple):
    """What ``podman load`` does.

    Attributes:
        verdict: The verdict on the storage of images, whoever uses them.
        transport: The format that the archive was loaded as; empty if it was refused.
        inspect_error: Why podman cannot inspect an image that it has stored; None if it can.
    """

    verdict: Verdict
    transport: str = ""
    inspect_error: str | None = None


def load(podman: Podman, question: Question) -> Verdict:
    """Predict what ``podman load`` does: it tries the formats one after the other."""
    found = loading(podman, question)
    if found.inspect_error is None:
        return found.verdict
    return found.verdict._replace(
        outcome=VerdictOutcome.ACCEPTS_BROKEN,
        reason=_NOT_INSPECTED.format(error=found.inspect_error),
        rules=BAD_CONFIG,
    )


def loading(podman: Podman, question: Question) -> Loading:
    """Predict what ``podman load`` does, and as what it loads the archive."""
    found = _loading(podman, question)
    conditions = list(conditions_of(question))
    if can_differ(question.archive):
        conditions.extend(other_storage(partial(_load, podman), question, found.verdict))
    # Of a docker-archive all layers must be there.
    images = (each for each in question.archive.images if each.item is None)
    conditions.extend(absent_layers(images))
    return found._replace(verdict=found.verdict._replace(conditions=tuple(conditions)))


def _load(podman: Podman, question: Question) -> Verdict:
    """The verdict without its conditions."""
    return _loading(podman, question).verdict


def _loading(podman: Podman, question: Question) -> Loading:
    """What it does, without the conditions of the verdict."""
    printed: list[str] = []
    failures: dict[str, Refusal] = {}
    for transport, take in (
        ("oci", load_layout),
        ("oci-archive", load_layout_archive),
        ("docker-archive", load_docker_archive),
        ("dir", _load_dir_layout),
    ):
        try:
            loaded = take(podman, question, printed)
        except Refusal as refusal:
            failures[transport] = refusal
        except OutOfWork as stop:
            return Loading(undecided(_loaded(podman, question, 1), stop.reached), transport)
        else:
            verdict = _loaded(podman, question, loaded.images)
            return Loading(verdict, transport, _inspect_error(loaded, podman.library))
    printed.append("Error: payload does not match any of the supported image formats:")
    printed.extend(f" * {each}: {refusal.message}" for each, refusal in failures.items())
    failure = failures[_explained_format(question.archive)]
    reason = why_not_loaded(question, failure)
    verdict = _verdict(
        podman, question, "load", VerdictOutcome.REJECTS, reason, last_lines(printed)
    )
    return Loading(verdict._replace(rules=failure.rules))


def _inspect_error(loaded: Loaded, library: Library) -> str | None:
    if loaded.image is None:
        return None
    try:
        inspected(loaded.image, library)
    except Refusal as refusal:
        return refusal.message
    return None


def _loaded(podman: Podman, question: Question, count: int) -> Verdict:
    if count:
        reason = without_devices(question, IS_LOADED)
        return _verdict(podman, question, "load", VerdictOutcome.ACCEPTS, reason, None)
    reason = "podman load exits 0 but loads nothing: manifest.json lists no images"
    return _verdict(podman, question, "load", VerdictOutcome.ACCEPTS_BROKEN, reason, None)


def load_layout(podman: Podman, question: Question, printed: list[str]) -> Loaded:
    """Load a directory with an image layout."""
    _refuse_path(podman, question)
    if question.archive.source is not Source.DIRECTORY:
        raise Refusal(f"{podman.opening_layout}{_NOT_A_DIRECTORY}", "it is not a directory")
    if has_colon(question):
        raise Refusal(
            "Invalid OCI reference: path <tmp> contains a colon",
            "podman does not read a directory whose path contains a colon: rename it, or make a "
            "link to it",
        )
    source = "oci:<tmp>:"
    if not podman.names_by_path:
        return _copy_layout(podman, question, source, podman.opening_layout, printed)
    driver = driver_of(podman, question)
    opened = _opened_layout(driver, question, source)
    with prefixed(podman.opening_layout):
        descriptor = opened.only_descriptor()
    image = opened.image(descriptor, question.host)
    with prefixed(BELOW_INDEX if image.is_below_index else ""):
        copy_to_storage(image, driver, {}, printed)
    return Loaded(1, image, "localhost<tmp>")


def _refuse_path(podman: Podman, question: Question) -> None:
    """Refuse a path that is not valid in a name (libimage v0.50, pull.go, copyFromDefault)."""
    if not podman.names_by_path:
        return
    try:
        parse_reference(f"localhost/{given_path(question).lstrip('/')}", OLD_REFERENCE)
    except InvalidReferenceError as error:
        raise Refusal(
            f'parsing "localhost<tmp>": parsing named reference "localhost<tmp>": {error}',
            "podman 4 names the image by the path, which is not valid in a name: use a path of "
            "lower-case letters, digits, dots and dashes",
        ) from None


def load_layout_archive(podman: Podman, question: Question, printed: list[str]) -> Loaded:
    """Load an archive of an image layout."""
    refuse_directory(question.archive, OCI_ARCHIVE_STEP)
    return _copy_layout(podman, question, "oci-archive:<tmp>:", "loading index: ", printed)


def _copy_layout(
    podman: Podman, question: Question, source: str, step: str, printed: list[str]
) -> Loaded:
    driver = driver_of(podman, question)
    opened = _opened_layout(driver, question, source)
    with prefixed(step):
        descriptor = opened.only_descriptor()
    name = name_in_layout(descriptor)
    if name:
        digest = _digest_in_name(name)
    else:
        # Its ID is read, since it is used as its name.
        digest = ""
        with _read_for_its_id(source):
            _refuse_config_digest(opened.image(descriptor, question.host))
    with prefixed(podman.copying_layout.format(source=source)):
        image = opened.image(descriptor, question.host)
        if digest not in ("", image.digest):
            raise Refusal(
                "Digest of source image's manifest would not match destination reference",
                f"the image has the name {name!r}, but its manifest has another digest",
            )
        with prefixed(BELOW_INDEX if image.is_below_index else ""):
            copy_to_storage(image, driver, {}, printed)
    return Loaded(1, image, stored_name(name, image))


def load_docker_archive(podman: Podman, question: Question, printed: list[str]) -> Loaded:
    """Load every image of a docker-archive."""
    refuse_directory(question.archive, DOCKER_ARCHIVE_STEP)
    opened = DockerArchive(question.archive, podman.library)
    for number, item in enumerate(opened.items):
        _refuse_tags(item, number, podman.library)
    stored: dict[str, Tar] = {}
    driver = driver_of(podman, question)
    for number, item in enumerate(opened.items):
        name = full_name(item.tags[0]) if item.tags else f"@{number}"
        source = f"docker-archive:<tmp>:{name}"
        if not item.tags:
            # Its ID is read first, since it is used as its name.
            opened.image(item)
        with prefixed(podman.copying.format(source=source)):
            with prefixed(f"determining manifest MIME type for {source}: "):
                image = opened.image(item)
            copy_to_storage(image, driver, stored, printed)
    return Loaded(len(opened.items))


def driver_of(podman: Podman, question: Question) -> Driver:
    """The storage of the host."""
    return Driver(podman.library, question.host, Work(question.limits.simulated))


def _opened_layout(driver: Driver, question: Question, source: str) -> OciArchive:
    privileges = ARCHIVE_IN_NAMESPACE if question.host.rootless else ROOT
    return OciArchive(question.archive, driver.library, source, driver.work, privileges)


def _load_dir_layout(podman: Podman, question: Question, printed: list[str]) -> Loaded:
    """Load a directory in the layout of ``dir:``."""
    if question.archive.source is not Source.DIRECTORY:
        raise Refusal(_NOT_A_DIRECTORY, "it is not a directory")
    source = "dir:<tmp>"
    driver = driver_of(podman, question)
    opened = DirLayout(question.archive, podman.library, source, driver.work)
    # Its ID is read first, since it is used as its name.
    with _read_for_its_id(source):
        _refuse_config_digest(opened.whole_image(question.host))
    with prefixed(podman.copying_layout.format(source=source)):
        image = opened.whole_image(question.host)
        with prefixed(BELOW_INDEX if image.is_below_index else ""):
            copy_to_storage(image, driver, {}, printed)
    return Loaded(1, image)


def import_(podman: Podman, question: Question) -> Verdict:
    """Predict what ``podman import`` does: any tar becomes the only layer of an image."""
    verdict = _import(podman, question)
    conditions = list(conditions_of(question))
    if not is_plain(readable_tar(question.archive).entries):
        conditions.extend(other_storage(partial(_import, podman), question, verdict))
    return verdict._replace(conditions=tuple(conditions))


def _import(podman: Podman, question: Question) -> Verdict:
    """The verdict without its conditions."""
    try:
        _store(podman, question.archive, driver_of(podman, question))
    except Refusal as refusal:
        return _verdict(
            podman, question, "import", VerdictOutcome.REJECTS, refusal.reason, refusal.message
        )._replace(rules=refusal.rules)
    except OutOfWork as stop:
        verdict = _verdict(podman, question, "import", VerdictOutcome.ACCEPTS, "", None)
        return undecided(verdict, stop.reached)
    broken = why_import_is_useless(question.archive.kind, "podman import", "podman load")
    outcome = VerdictOutcome.ACCEPTS_BROKEN if broken else VerdictOutcome.ACCEPTS
    reason = broken or without_devices(question, IS_IMPORTED)
    verdict = _verdict(podman, question, "import", outcome, reason, None)
    reached = cut_of(question.archive)
    return verdict if reached is None or broken else undecided(verdict, reached)


def _store(podman: Podman, archive: Archive, driver: Driver) -> None:
    refuse_directory(archive, 'Error: error reading "<tmp>": ')
    _refuse_unreadable(podman, archive)
    digest = digest_of(archive)
    printed = ["Getting image source signatures", f"Copying blob {digest}"]
    try:
        _refuse_unstorable(podman.library, archive)
        apply_tar(digest, readable_tar(archive), driver.new_layers(), driver, printed)
    except Refusal as refusal:
        printed.append(f"Error: {refusal.message}")
        rules = (*refusal.rules, *DAMAGED, *ROOT_NOT_EXTRACTED)
        raise Refusal(last_lines(printed), _why_not_imported(refusal), rules) from None


def _refuse_unreadable(podman: Podman, archive: Archive) -> None:
    """Read the archive, which is decompressed to determine its diffID (tarball/tarball_src.go)."""
    compression = archive.compression
    if compression.kind not in podman.import_reads or not is_recognised(compression):
        return
    error = opening_error(compression, podman.library)
    if error is not None:
        if not podman.import_ignores_headers:
            raise Refusal(f"Error: {error}", _IS_CORRUPT, _CORRUPT)
        return
    error = inflating_error(compression, archive.size)
    # The end of the input is the end of the data to io.Copy.
    if error not in (None, "EOF"):
        raise Refusal(f'Error: error reading "<tmp>": {error}', _IS_CORRUPT, _CORRUPT)


def _refuse_unstorable(library: Library, archive: Archive) -> None:
    """Decompress the archive to a file of the storage."""
    compression = archive.compression
    error = (
        storage_error(compression, archive.size, library) if is_recognised(compression) else None
    )
    if error is not None:
        raise Refusal(f"writing blob: {error}", _IS_CORRUPT, _CORRUPT)


def _verdict(
    podman: Podman,
    question: Question,
    action: str,
    outcome: VerdictOutcome,
    reason: str,
    message: str | None,
) -> Verdict:
    path = question.quoted_path
    if has_colon(question) and question.archive.source is not Source.DIRECTORY:
        typed = (
            f"podman load < {path}" if action == "load" else f"podman import - name:tag < {path}"
        )
    else:
        typed = f"podman load -i {path}" if action == "load" else f"podman import {path} name:tag"
    return Verdict(
        engine=podman.name,
        action=action,
        outcome=outcome,
        reason=reason,
        message=message,
        command=typed,
    )


@contextmanager
def _read_for_its_id(source: str) -> Iterator[None]:
    """Say what is refused as it is said where an image is read without a copy (internal/image)."""
    try:
        yield
    except Refusal as refusal:
        # Without a copy, an index in an index is followed; the copy that comes next refuses it.
        if NESTED_INDEX not in refusal.message:
            message = _words_without_copy(refusal.message, source)
            raise Refusal(message, refusal.reason, refusal.rules) from None


def _words_without_copy(message: str, source: str) -> str:
    determining = f"determining manifest MIME type for {source}: "
    for step, words in (
        (f"choosing an image from manifest list {source}: ", _CHOOSING),
        (f"{BELOW_INDEX}{determining}{NOT_THE_INSTANCE}", _NOT_SELECTED),
        (f"{BELOW_INDEX}{determining}", _FETCHING),
        (f"{BELOW_INDEX}initializing image from source {source}: ", ""),
        (determining, ""),
        (f"initializing image from source {source}: ", ""),
    ):
        if message.startswith(step):
            return words + message.removeprefix(step)
    return message


def name_in_layout(descriptor: Mapping[str, object]) -> str:
    """The name under which podman stores the image of a layout (libimage, nameFromAnnotations)."""
    annotations = mapping(descriptor.get("annotations"))
    return text(annotations.get(CONTAINERD_NAME)) or text(annotations.get(REF_NAME)) or ""


def _digest_in_name(name: str) -> str:
    """The digest in a name, empty if there is none (libimage, NormalizeName)."""
    try:
        return parse_reference(name, OLD_REFERENCE).digest or ""
    except InvalidReferenceError as error:
        words = str(error).rpartition(": ")[2]
        raise Refusal(
            f"normalizing name {quote(name)}: {words}",
            f"index.json has the image name {name!r}, which is not valid",
        ) from None


def stored_name(name: str, image: SourceImage) -> str:
    """The name that podman gives to an image with a name; its ID without one."""
    if not name:
        return f"sha256:{image.config.digest.partition(':')[2]}"
    found = parse_reference(name, OLD_REFERENCE)
    first, _, rest = name.partition("/")
    has_domain = bool(rest) and (first == "localhost" or bool(set(first) & set(".:")))
    whole = f"{found.domain}/{found.path}" if has_domain else f"localhost/{name.partition(':')[0]}"
    return f"{whole}:{found.tag or 'latest'}"


def _refuse_config_digest(image: SourceImage) -> None:
    error = digest_error(image.config.digest)
    if error is not None:
        raise Refusal(
            f"getting config info: {error}",
            f"the manifest has the config digest {image.config.digest!r}, which is not valid",
            BAD_MANIFEST,
        )


def _refuse_tags(item: Item, number: int, library: Library) -> None:
    for tag in item.tags:
        error = tag_error(tag, library, number)
        if error is not None:
            raise Refusal(
                error,
                f"manifest.json has the image name {tag!r}, which is not a valid name with a tag",
                ("DKR005",),
            )


def _explained_format(archive: Archive) -> str:
    """The format whose refusal is explained."""
    if archive.source is Source.DIRECTORY:
        return "oci" if archive.oci is not None else "dir"
    return "docker-archive" if archive.docker is not None or archive.oci is None else "oci-archive"


def _why_not_imported(refusal: Refusal) -> str:
    if refusal.reason == _IS_CORRUPT:
        return refusal.reason
    return f"it cannot be extracted as a layer: {refusal.reason.partition(NOT_EXTRACTED)[2]}"
