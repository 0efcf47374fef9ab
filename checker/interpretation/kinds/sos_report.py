"""A report of sos: files and the output of commands of a host."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.has("sos_commands")


KIND = Recognizer(
    KnownKind(
        name="sos-report",
        title="a report of sos about a host",
        readers="people read it; it has only some files of the host",
    ),
    _fits,
)
