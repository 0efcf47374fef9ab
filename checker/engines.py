"""The engines whose verdicts on an archive are computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from checker.errors import SettingsError
from checker.isolation import Failure, attempt, described, misfit
from checker.model.archive import Archive
from checker.settings import nearest
from checker.verdicts import Engine, Host, Question, Verdict


class EngineSet(NamedTuple):
    """Engines, and the host that they are assumed to run on.

    Attributes:
        engines: All known engines.
        required: The engines that must accept the archive.
        host: The host.
    """

    engines: tuple[Engine, ...]
    required: tuple[Engine, ...]
    host: Host

    def judge(self, archive: Archive, quoted_path: str) -> Verdicts:
        """Ask each engine; one that crashes is recorded, the others continue.

        Args:
            archive: The facts.
            quoted_path: The path of the archive, quoted for a shell.
        """
        question = Question(archive, self.host, quoted_path)
        verdicts: list[Verdict] = []
        required: list[Verdict] = []
        crashes: list[str] = []
        for engine in self.engines:
            verdict = attempt(partial(engine.judge, question))
            problem = _problem(verdict, engine)
            if problem is not None or not isinstance(verdict, Verdict):
                crashes.append(f"engine {engine.name} {engine.action}: {problem}")
                continue
            verdicts.append(verdict)
            if engine in self.required:
                required.append(verdict)
        return Verdicts(tuple(verdicts), tuple(required), tuple(crashes))


class Verdicts(NamedTuple):
    """The verdicts of engines on one archive.

    Attributes:
        all: Those of all engines.
        required: Those of the engines that must accept it.
        crashes: The engines that crashed, one line each.
    """

    all: tuple[Verdict, ...]
    required: tuple[Verdict, ...]
    crashes: tuple[str, ...]


def _problem(answer: object, engine: Engine) -> str | None:
    if isinstance(answer, Failure):
        return answer.summary
    wrong = misfit(answer, Verdict)
    if wrong is not None:
        return f"returned {wrong}"
    if isinstance(answer, Verdict) and (answer.engine, answer.action) != engine[:2]:
        return f"returned a verdict of {described(answer.engine)} {described(answer.action)}"
    return None


def choose_engines(engines: tuple[Engine, ...], names: Iterable[str]) -> tuple[Engine, ...]:
    """The engines of these names, ``PROFILE`` or ``PROFILE:ACTION``.

    Raises:
        SettingsError: An engine or action is unknown.
    """
    found = [engine for name in names for engine in _named(name, engines)]
    return tuple(dict.fromkeys(found))


def _named(name: str, engines: tuple[Engine, ...]) -> Iterator[Engine]:
    profile, _, action = name.partition(":")
    of_profile = [engine for engine in engines if engine.name == profile]
    if not of_profile:
        known = dict.fromkeys(engine.name for engine in engines)
        raise SettingsError(
            f"unknown engine {profile!r}{nearest(profile, known)} (choose from: {', '.join(known)})"
        )
    found = [engine for engine in of_profile if action in ("", engine.action)]
    if not found:
        actions = ", ".join(engine.action for engine in of_profile)
        raise SettingsError(f"{profile} has no action {action!r} (choose from: {actions})")
    yield from found
