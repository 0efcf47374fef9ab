"""Shared parts of the commands of podman and skopeo: their input, output and conditions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from checker.model.archive import Archive, Source
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE
from checker.model.shell import unquote_word
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


@contextmanager
def prefixed(words: str) -> Iterator[None]:
    """Add a prefix to the message of a refusal."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(words + refusal.message, refusal.reason, refusal.rules) from None


def last_lines(printed: list[str]) -> str:
    """The last lines, as one."""
    lines = "\n".join(printed).split("\n")
    return " ".join(line.strip() for line in lines[-_LINES_QUOTED:])


def logged(message: str) -> str:
    """A message as the log prints it; the quote after a temporary path is not escaped."""
    escaped = message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return escaped.replace('<tmp>\\"', '<tmp>"')


def given_path(question: Question) -> str:
    """The path of the archive without the quotes of a shell."""
    return unquote_word(question.quoted_path)


def has_colon(question: Question) -> bool:
    """Whether the path contains a colon, which separates a path from the name of an image."""
    return ":" in given_path(question)


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
