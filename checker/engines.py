"""The engines whose verdicts on an archive are computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checker.model.archive import Archive
from checker.plugins import Host as Plugins
from checker.settings import UsageError, nearest
from checker.verdicts import Engine, Host, Question, Verdict


class Panel(NamedTuple):
    """Engines, and the host that they are assumed to run on.

    Attributes:
        engines: All known engines.
        chosen: The engines that must accept the archive.
        host: The host.
    """

    engines: tuple[Engine, ...]
    chosen: tuple[Engine, ...]
    host: Host

    def judge(self, archive: Archive, shown_as: str, crashes: list[str]) -> Judgement:
        """Ask each engine; one that crashes is added to ``crashes``, the others continue."""
        verdicts: list[Verdict] = []
        of_chosen: list[Verdict] = []
        question = Question(archive, self.host, shown_as)
        for engine in self.engines:
            try:
                verdict = engine.judge(question)
            except Exception as error:  # noqa: BLE001 - whatever a plugin raises
                problem = f"{type(error).__name__}: {error}"
                crashes.append(f"engine {engine.name} {engine.action}: {problem}")
                continue
            verdicts.append(verdict)
            if engine in self.chosen:
                of_chosen.append(verdict)
        return Judgement(tuple(verdicts), tuple(of_chosen))


class Judgement(NamedTuple):
    """The verdicts of the engines on one archive.

    Attributes:
        verdicts: Those of all engines.
        of_chosen: Those of the engines that must accept the archive.
    """

    verdicts: tuple[Verdict, ...]
    of_chosen: tuple[Verdict, ...]


def known_engines(plugins: Plugins) -> tuple[Engine, ...]:
    """The engines that plugins provide.

    Raises:
        UsageError: A plugin provides something else.
    """
    return tuple(_engines(plugins))


def choose_engines(engines: tuple[Engine, ...], names: Iterable[str]) -> tuple[Engine, ...]:
    """The engines of these names, ``PROFILE`` or ``PROFILE:ACTION``.

    Raises:
        UsageError: An engine or action is unknown.
    """
    found = [engine for name in names for engine in _named(name, engines)]
    return tuple(dict.fromkeys(found))


def _named(name: str, engines: tuple[Engine, ...]) -> Iterator[Engine]:
    profile, _, action = name.partition(":")
    of_profile = [engine for engine in engines if engine.name == profile]
    if not of_profile:
        known = dict.fromkeys(engine.name for engine in engines)
        raise UsageError(
            f"unknown engine {profile!r}{nearest(profile, known)} (choose from: {', '.join(known)})"
        )
    found = [engine for engine in of_profile if action in ("", engine.action)]
    if not found:
        actions = ", ".join(engine.action for engine in of_profile)
        raise UsageError(f"{profile} has no action {action!r} (choose from: {actions})")
    yield from found


def _engines(plugins: Plugins) -> Iterator[Engine]:
    for plugin in plugins.plugins:
        answer = plugins.ask_one(plugin.name, "checker_engines")
        for engine in answer if isinstance(answer, Iterable) else ():
            if not isinstance(engine, Engine):
                raise UsageError(
                    f"plugin {plugin.name}: checker_engines returned {engine!r}, not an Engine"
                )
            yield engine


def parse_host(text: str) -> Host:
    """A host, written ``os/architecture``.

    Raises:
        UsageError: It has another form.
    """
    os, slash, architecture = text.partition("/")
    if not slash or not os or not architecture or "/" in architecture:
        raise UsageError(f"--host: invalid value {text!r} (expected OS/ARCH, such as linux/arm64)")
    return Host(os, architecture)
