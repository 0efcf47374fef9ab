"""What is wrong with a document that is attached to an image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from checker.model.image import Json
from checker.records import NamedTuple


class Subject(StrEnum):
    """What a flaw is in."""

    STATEMENT = "statement"
    PROVENANCE = "provenance"
    SBOM = "sbom"


class Flaw(NamedTuple):
    """Something that is wrong with a document.

    Attributes:
        subject: What it is in.
        message: What is wrong; completes "the attestation …".
        is_minor: Whether it may be intended, or is usual for a producer.
    """

    subject: Subject
    message: str
    is_minor: bool = False


def missing(value: Json, names: Iterable[str]) -> Iterator[str]:
    """The names of which an object does not have a string that is not empty."""
    for name in names:
        found = value.get(name)
        if not isinstance(found, str) or not found:
            yield name
