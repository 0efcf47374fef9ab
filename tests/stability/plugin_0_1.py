"""A plugin as it was written for version 0.1. It is never changed, only kept running."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checker import (
    Archive,
    Check,
    CheckedArchive,
    Classification,
    Config,
    ContentRequest,
    Engine,
    EngineProfile,
    Entry,
    Evidence,
    Finding,
    Image,
    KnownKind,
    Layer,
    Loadable,
    Option,
    PluginCommand,
    Policy,
    Question,
    Recognizer,
    ReleaseRange,
    Report,
    Rootfs,
    Run,
    Severity,
    Traits,
    Verdict,
    VerdictOutcome,
    check,
    hookimpl,
)

LONGEST = Option("longest-name", int, 3, "longest name of an image", least=1)


class EveryMethod(Check):
    """A rule with every method.

    What it means:
        Nothing.

    Why it matters:
        It does not.

    How to fix it:
        Do nothing.

    References:
        - none
    """

    id = "OLD001"
    name = "every-method"
    severity = Severity.NOTE
    security = 0.1
    options = (LONGEST,)
    reads = (ContentRequest(paths=frozenset({"etc/passwd"}), limit=64),)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """The names of images."""
        for image in archive.images:
            if max(map(len, image.names), default=0) > self.option(LONGEST):
                yield self.finding(image, f"{image.label} has a long name", fix="shorten it")

    def check_config(self, config: Config) -> Iterator[Finding]:
        """The environment."""
        yield self.finding(config, f"{len(config.env)} variables", at={"pointer": "/config/Env"})

    def check_layer(self, layer: Layer) -> Iterator[Finding]:
        """The columns of a layer."""
        yield self.finding(layer, f"{len(layer.entries.paths)} entries")

    def check_entry(self, layer: Layer, entry: Entry) -> Iterator[Finding]:
        """One entry."""
        if entry.path == "etc/passwd":
            yield self.finding(layer, "has a passwd", at={"path": entry.path})

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """The content of a file."""
        found = rootfs.resolve("etc/passwd")
        if found is not None and rootfs.content(found):
            yield self.finding(rootfs, "passwd was read", at={"path": "etc/passwd"})


def judge(question: Question) -> Verdict:
    """The verdict of an engine that takes everything."""
    return Verdict(
        engine="old-1",
        action="load",
        outcome=VerdictOutcome.ACCEPTS,
        reason=f"it takes {question.archive.kind}",
        command=f"old load {question.quoted_path}",
    )


def render(run: Run, width: int = 1) -> str:
    """A report that counts."""
    archives: list[CheckedArchive] = list(run.archives)
    return f"{'=' * width} {len(archives)} archives, {len(run.findings)} findings\n"


def fits(traits: Traits) -> bool:
    """Whether it is a kind of this plugin."""
    return traits.is_member("old.marker")


def add_arguments(parser: Any) -> None:
    """The arguments of the command."""
    parser.add_argument("path")


def run_command(arguments: Any) -> int:
    """The command."""
    checked = check(arguments.path)
    images: tuple[Image, ...] = () if checked.archive is None else checked.archive.images
    print(f"{len(images)} images, loadable: {checked.loadable}")  # noqa: T201 - a command
    return 0


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """The rule."""
    yield EveryMethod


@hookimpl
def checker_engines() -> Iterator[Engine]:
    """The engine."""
    yield Engine("old-1", "load", judge)


@hookimpl
def checker_readers() -> Iterator[Engine]:
    """A reader."""
    yield Engine(
        "old-reader-1", "load", lambda question: judge(question)._replace(engine="old-reader-1")
    )


@hookimpl
def checker_profiles() -> Iterator[EngineProfile]:
    """What is known of the engine."""
    yield EngineProfile(
        name="old-1",
        tool="old",
        releases=(ReleaseRange("1.0"),),
        library="",
        evidence=Evidence.READ,
    )


@hookimpl
def checker_reports() -> Iterator[Report]:
    """The report."""
    yield Report("old-count", render, options=(Option("width", int, 1, "how wide"),))


@hookimpl
def checker_kinds() -> Iterator[Recognizer]:
    """The kind."""
    kind = KnownKind(
        name="old-kind", title="an old thing", readers="old reads it", command="old read {path}"
    )
    yield Recognizer(kind, fits)


@hookimpl
def checker_commands() -> Iterator[PluginCommand]:
    """The command."""
    yield PluginCommand("old-command", "count images", add_arguments, run_command)


@hookimpl
def checker_classify(archive: Archive, quoted_path: str) -> Classification | None:
    """Nothing but archives with a marker of its own."""
    if "classified.marker" not in archive.members:
        return None
    return Classification(
        producer="old",
        loadable=Loadable.NO,
        loadable_reason="it is old",
        importable=False,
        importable_reason="it is old",
        keeps_layers=True,
        keeps_metadata=True,
        restore=f"old restore {quoted_path}",
    )


@hookimpl
def checker_policy(policy: Policy) -> Iterator[type[Check]]:
    """No rule, whatever the policy requires."""
    yield from [EveryMethod][: len(policy.tables) * 0]
