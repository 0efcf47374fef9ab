"""Shared parts of the commands of podman and skopeo: their input, output and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from checker.model.archive import Archive, Source
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE
from checker.model.names import OLD_REFERENCE, InvalidReferenceError, parse_reference
from checker.model.shell import unquote_word
from checker.patterns import pattern
from checker.records import NamedTuple
from checker.verdicts import Question
from checker_engines.answers.conditions import (
    DEVICES,
    LAYER_COMPRESSED_TWICE,
    URLS,
    reading_conditions,
)
from checker_engines.answers.refusal import Refusal
from checker_engines.containers.compression import is_compressed_twice

_LINES_QUOTED = 6
"""Lines of a refusal that are quoted: the error and its bullets, or what was copied before."""
_DEVICES = (CHARACTER_DEVICE, BLOCK_DEVICE)
_IMAGE = pattern(r"[\w.+:@/-]+", re.ASCII)
"""The names of images in a layout (oci/internal, oci_util.go)."""
_NO_FILE = {
    "docker-archive": 'opening file "<tmp>": open <tmp>: no such file or directory',
    "oci-archive": "creating temp directory: open <tmp>: no such file or directory",
    "oci": "open <tmp>/index.json: no such file or directory",
}
"""The error of each transport for a path where nothing is."""


DOCKER_ARCHIVE_STEP = 'detecting compression for file "<tmp>": detecting compression: '
"""The step of reading a docker-archive that fails for a directory."""
OCI_ARCHIVE_STEP = 'creating temp directory: untarring file "<tmp>": '
"""The step of reading an oci-archive that fails for a directory."""


def refuse_directory(archive: Archive, step: str) -> None:
    """Refuse a directory.

    Args:
        archive: The archive.
        step: The prefix of the error.

    Raises:
        Refusal: The archive is a directory.
    """
    if archive.source is Source.DIRECTORY:
        raise Refusal(f"{step}read <tmp>: is a directory", "it is a directory, not an archive")


def last_lines(printed: list[str]) -> str:
    """The last lines, as one."""
    lines = "\n".join(printed).split("\n")
    return " ".join(line.strip() for line in lines[-_LINES_QUOTED:])


def given_path(question: Question) -> str:
    """The path of the archive without the quotes of a shell."""
    return unquote_word(question.quoted_path)


def has_colon(question: Question) -> bool:
    """Whether the path contains a colon, which separates a path from the name of an image."""
    return ":" in given_path(question)


class Taken(NamedTuple):
    """What is taken for the name of an image: what follows the colon in a path.

    Attributes:
        name: The name as it is shown.
        error: Why it is not a name; None if it is one.
        no_file: The error of opening what comes before the colon.
        reason: The cause in plain words, and what to do.
    """

    name: str
    error: str | None
    no_file: str
    reason: str


def taken_for_a_name(tool: str, transport: str, question: Question) -> Taken | None:
    """What a tool takes for the name of an image; None if the path has no colon.

    Sources: docker/archive/transport.go and oci/internal/oci_util.go.

    Args:
        tool: The tool, for the reason.
        transport: ``docker-archive``, ``oci-archive`` or ``oci``.
        question: What is asked.
    """
    if not has_colon(question):
        return None
    name = given_path(question).partition(":")[2]
    reason = (
        f"{tool} takes what follows the colon in the path for the name of an image: rename the "
        "file, or make a link to it, without a colon"
    )
    if transport == "docker-archive":
        name, error = _docker_name(name)
    else:
        error = None if _IMAGE.fullmatch(name) else f"Invalid image {name}"
    return Taken(name, error, _NO_FILE[transport], reason)


def _docker_name(name: str) -> tuple[str, str | None]:
    try:
        found = parse_reference(name, OLD_REFERENCE)
    except InvalidReferenceError as error:
        return name, f"docker-archive parsing reference: {error}"
    return f"{found.domain}/{found.path}:{found.tag or 'latest'}", None


def conditions_of(question: Question) -> Iterator[str]:
    """What the archive alone does not determine."""
    layers = (layer for image in question.archive.images for layer in image.layers)
    tables = chain((question.archive.entries,), (layer.entries for layer in layers))
    has_devices = any(next(table.of_kind(*_DEVICES), None) is not None for table in tables)
    if has_devices and not question.host.rootless:
        yield DEVICES
    layers = (layer for image in question.archive.images for layer in image.layers)
    if any(layer.descriptor is not None and layer.descriptor.urls for layer in layers):
        yield URLS
    if any(map(is_compressed_twice, question.archive.members.blobs.values())):
        yield LAYER_COMPRESSED_TWICE
    yield from reading_conditions(question.archive)
