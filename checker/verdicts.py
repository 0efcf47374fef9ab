"""Verdicts: what the archive is, and what engines would make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from checker.model.archive import Archive


class VerdictOutcome(StrEnum):
    """What an engine does with an archive.

    ``ACCEPTS_BROKEN``: the engine exits 0, but what comes out is unusable, incomplete or not what
    the file holds.
    """

    ACCEPTS = "accepts"
    ACCEPTS_BROKEN = "accepts-broken"
    REJECTS = "rejects"


class Verdict(NamedTuple):
    """What one engine does with the archive when asked for one action.

    Attributes:
        engine: Engine profile, such as ``docker-28``.
        action: What is asked of it, such as ``load``.
        outcome: What happens.
        reason: Why, for a person.
        message: The text that the engine would print.
        conditions: What no static reading can know and the outcome depends on.
        rules: Ids of the rules that may tell what is behind the outcome; reports name those of
            them that found something.
        command: The command to type.
    """

    engine: str
    action: str
    outcome: VerdictOutcome
    reason: str
    message: str | None = None
    conditions: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    command: str | None = None


class Host(NamedTuple):
    """The machine that an engine runs on.

    Attributes:
        os: Operating system, such as ``linux``.
        architecture: CPU architecture, such as ``amd64``.
    """

    os: str = "linux"
    architecture: str = "amd64"


class Question(NamedTuple):
    """What is asked of an engine.

    Attributes:
        archive: The facts of the archive.
        host: Where the engine runs.
        quoted_path: The archive's path in the form that a command line takes.
    """

    archive: Archive
    host: Host
    quoted_path: str


class Decision(NamedTuple):
    """One thing that an engine looks at, for the documentation.

    Attributes:
        step: What is looked at.
        rule: What decides there.
    """

    step: str
    rule: str


class Engine(NamedTuple):
    """One engine profile and one action of it.

    Attributes:
        name: Name of the profile, such as ``docker-28``.
        action: What is asked of it, such as ``load``.
        judge: Says what it does with an archive.
        follows: The engine and version that it was read from and measured against.
        decides: Tells what decides, step by step.
    """

    name: str
    action: str
    judge: Callable[[Question], Verdict]
    follows: str = ""
    decides: Callable[[], Sequence[Decision]] = tuple


class Loadable(StrEnum):
    """Whether ``docker load`` takes the archive; ``DEPENDS``: engines differ."""

    YES = "yes"
    DEPENDS = "depends"
    NO = "no"


class Classification(NamedTuple):
    """What an archive is and how it is brought back to life.

    Attributes:
        producer: What wrote the archive, as far as its traits tell.
        loadable: Whether it can be loaded as an image.
        loadable_reason: Why, in one sentence.
        importable: Whether importing it as a flat root filesystem makes sense.
        importable_reason: Why, in one sentence.
        keeps_layers: Whether the way back keeps the layers.
        keeps_metadata: Whether the way back keeps CMD, ENTRYPOINT, ENV and the other metadata.
        restore: The command that brings it back; None if there is none.
        advice: What the user should know before typing it, a sentence each.
    """

    producer: str | None
    loadable: Loadable
    loadable_reason: str
    importable: bool
    importable_reason: str
    keeps_layers: bool
    keeps_metadata: bool
    restore: str | None
    advice: tuple[str, ...] = ()
