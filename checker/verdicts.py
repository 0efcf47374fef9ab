"""Verdicts: what an archive is, and what engines would do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from checker.model.limits import LimitReached, Limits
from checker.model.names import Platform
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.model.archive import Archive, Kind


class VerdictOutcome(StrEnum):
    """What an engine does with an archive.

    ``ACCEPTS_BROKEN``: the engine exits 0, but the result is unusable, incomplete or different from
    the content of the file.
    """

    ACCEPTS = "accepts"
    ACCEPTS_BROKEN = "accepts-broken"
    REJECTS = "rejects"


class Verdict(NamedTuple):
    """What one engine does with the archive in one action.

    Attributes:
        engine: Engine profile, such as ``docker-28``.
        action: The action, such as ``load``.
        outcome: The outcome.
        reason: The cause, for a person.
        message: The text that the engine would print.
        conditions: Assumptions that the archive cannot confirm and the outcome depends on.
        rules: IDs of the rules that can explain the outcome; reports list those with findings.
        command: The command to run.
        limit: The limit because of which the outcome is not known; then it is ``ACCEPTS``.
    """

    engine: str
    action: str
    outcome: VerdictOutcome
    reason: str
    message: str | None = None
    conditions: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    command: str | None = None
    limit: LimitReached | None = None


class Storage(StrEnum):
    """A storage driver: how an engine keeps the layers of images.

    ``OVERLAY``: each layer in a separate directory (Docker's overlay2, containers-storage's
    overlay). ``VFS``: each layer in a copy of those below it.
    """

    OVERLAY = "overlay"
    VFS = "vfs"


class Host(NamedTuple):
    """The host that an engine runs on.

    Attributes:
        os: Operating system, such as ``linux``.
        architecture: CPU architecture, such as ``amd64``.
        variant: Variant of the architecture, such as ``v7``; empty for that of a usual processor.
        storage: Storage driver of the engines; None if it is not known, so that the usual one is
            assumed, and what depends on it is a condition of the verdict.
        rootless: Whether the engines run without the privileges of root.
    """

    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""
    storage: Storage | None = None
    rootless: bool = False

    @property
    def driver(self) -> Storage:
        """The storage driver; the usual one, if it is not known."""
        return self.storage or Storage.OVERLAY

    @property
    def platform(self) -> Platform:
        """The platform."""
        return Platform(self.os, self.architecture, self.variant or None)

    def __str__(self) -> str:
        return str(self.platform)


class Question(NamedTuple):
    """The input of an engine.

    Attributes:
        archive: The facts of the archive.
        host: The host that the engine runs on.
        quoted_path: The archive's path for use in a command line, quoted where needed; ``FILE`` if
            it came through a pipe.
        limits: The limits of the work that an engine may do.
        settings: The settings of the plugin that the engine is from, by key.
    """

    archive: Archive
    host: Host
    quoted_path: str
    limits: Limits = Limits()
    settings: Mapping[str, object] = MappingProxyType({})


class Decision(NamedTuple):
    """One thing that an engine checks, for the documentation.

    Attributes:
        step: What is checked.
        rule: What decides the outcome.
    """

    step: str
    rule: str


class Engine(NamedTuple):
    """One engine profile and one action of it.

    Attributes:
        name: Name of the profile, such as ``docker-28``.
        action: The action, such as ``load``.
        judge: Predicts what it does with an archive.
        follows: The engine and version that it follows and was measured against.
        decides: Lists what decides the outcome, step by step.
        suits: The kinds of which it accepts a valid archive.
        only_directories: Whether it reads directories alone, so that it is asked about files only
            if the user requires it.
        only_files: Whether it reads files alone; the same for directories.
        plugin: The plugin whose settings it is told; set where it is loaded, if there are any.
    """

    name: str
    action: str
    judge: Callable[[Question], Verdict]
    follows: str = ""
    decides: Callable[[], Sequence[Decision]] = tuple
    suits: frozenset[Kind] = frozenset()
    only_directories: bool = False
    only_files: bool = False
    plugin: str | None = None


class Evidence(StrEnum):
    """How it is known what an engine does."""

    MEASURED = "measured"
    READ = "read, not measured"


class ReleaseRange(NamedTuple):
    """Releases of a tool that behave as a profile says.

    Attributes:
        first: The first release, such as ``29.0``.
        last: The last release, such as ``29.6``; None for all later ones of the major release.
        differs: What they do otherwise than the release that the profile follows; else empty.
    """

    first: str
    last: str | None = None
    differs: str = ""


class EngineProfile(NamedTuple):
    """What is known of an engine profile: its releases, its groups, and how it was measured.

    Attributes:
        name: Name of the profile, such as ``docker-28``.
        tool: The tool: ``--engine TOOL-RELEASE`` means the profiles of its release.
        releases: The releases that the profile is for, the oldest first.
        library: The library whose load function it follows; empty for the tool's own code.
        evidence: How it is known.
        measured_with: The releases and archives that it was measured with; empty without any.
        groups: The groups that it is in, besides those by the beginning of its name.
    """

    name: str
    tool: str
    releases: tuple[ReleaseRange, ...]
    library: str
    evidence: Evidence
    measured_with: str = ""
    groups: tuple[str, ...] = ()


class Readers(NamedTuple):
    """What is only needed where it is asked for: other tools that read archives, and profiles.

    Attributes:
        engines: The tools. Whether an archive can be loaded does not follow from their verdicts.
        profiles: What is known of all profiles, of engines and of these tools.
    """

    engines: tuple[Engine, ...] = ()
    profiles: tuple[EngineProfile, ...] = ()


class Loadable(StrEnum):
    """Whether ``docker load`` accepts the archive; ``DEPENDS``: engines differ."""

    YES = "yes"
    DEPENDS = "depends"
    NO = "no"


class Classification(NamedTuple):
    """What an archive is and how it is restored.

    Attributes:
        producer: The tool that wrote the archive, as far as its traits show.
        loadable: Whether it can be loaded as an image.
        loadable_reason: Why, in one sentence.
        importable: Whether importing it as a flat root filesystem gives a usable image.
        importable_reason: Why, in one sentence.
        keeps_layers: Whether the restored image keeps the layers.
        keeps_metadata: Whether the restored image keeps CMD, ENTRYPOINT, ENV and the other
            metadata.
        restore: The command that restores it; None if there is none.
        advice: What the user should know before running it, one sentence each.
        conversion: The command that converts it to a form that an engine takes which refuses the
            archive as it is; None if none is known.
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
    conversion: str | None = None
