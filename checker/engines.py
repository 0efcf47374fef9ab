"""The engines whose verdicts on an archive are computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from checker.errors import SettingsError
from checker.isolation import Failure, attempt, described, misfit
from checker.model.archive import FLAT_KINDS, Archive, Kind, Source
from checker.model.limits import LimitReached, Limits
from checker.suggestion import nearest
from checker.verdicts import Engine, Host, Question, Verdict

IMPORT = "import"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "docker": ("docker-",),
    "podman": ("podman-",),
    "kubernetes": ("containerd-", "cri-o-"),
    "all": ("",),
}
"""Groups of engines, by the beginnings of their names."""


class EngineSet(NamedTuple):
    """Engines, and the host that they are assumed to run on.

    Attributes:
        engines: All engines that are known.
        required: Those of them that have to accept the archive.
        host: The host.
        action: What the user means to do with the archive: ``load``, ``import`` or None.
        limits: The limits of the work that an engine may do.
    """

    engines: tuple[Engine, ...]
    required: tuple[Required, ...]
    host: Host
    action: str | None = None
    limits: Limits = Limits()

    def judge(self, archive: Archive, quoted_path: str) -> Verdicts:
        """Ask each engine; one that crashes is recorded, the others continue.

        Args:
            archive: The facts.
            quoted_path: The path of the archive, quoted for a shell.
        """
        question = Question(archive, self.host, quoted_path, self.limits)
        wanted = {
            engine for one in self.required for engine in one.fitting(archive.kind, self.action)
        }
        verdicts: list[Verdict] = []
        required: list[Verdict] = []
        crashes: list[str] = []
        is_directory = archive.source is Source.DIRECTORY
        for engine in self.engines:
            if engine.only_directories and not is_directory and engine not in wanted:
                continue
            verdict = attempt(partial(engine.judge, question))
            problem = _problem(verdict, engine)
            if problem is not None or not isinstance(verdict, Verdict):
                crashes.append(f"engine {engine.name} {engine.action}: {problem}")
                continue
            verdicts.append(verdict)
            if engine in wanted:
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

    @property
    def limits(self) -> tuple[LimitReached, ...]:
        """The limits because of which outcomes are not known."""
        return tuple(dict.fromkeys(each.limit for each in self.all if each.limit is not None))


def _problem(answer: object, engine: Engine) -> str | None:
    if isinstance(answer, Failure):
        return answer.summary
    wrong = misfit(answer, Verdict)
    if wrong is not None:
        return f"returned {wrong}"
    if isinstance(answer, Verdict) and (answer.engine, answer.action) != engine[:2]:
        return f"returned a verdict of {described(answer.engine)} {described(answer.action)}"
    return None


class Required(NamedTuple):
    """An engine profile that has to accept the archive.

    Attributes:
        engines: Its actions.
        is_exact: Whether the user named one action.
    """

    engines: tuple[Engine, ...]
    is_exact: bool

    def fitting(self, kind: Kind, action: str | None) -> tuple[Engine, ...]:
        """The actions that are meant: the one that was named, else those that fit.

        Args:
            kind: Kind of the archive.
            action: What the user means to do with it; if None, what its kind is made for.
        """
        if self.is_exact:
            return self.engines
        is_import = kind in FLAT_KINDS if action is None else action == IMPORT
        fitting = [one for one in self.engines if (one.action == IMPORT) is is_import]
        made_for_it = [one for one in fitting if kind in one.suits]
        return tuple(made_for_it or fitting or self.engines)


def choose_engines(engines: tuple[Engine, ...], names: Iterable[str]) -> tuple[Required, ...]:
    """The engines of these names, ``PROFILE`` or ``PROFILE:ACTION``.

    In the place of a profile can be a group: ``docker``, ``podman``, ``kubernetes`` or ``all``.

    Raises:
        SettingsError: The engine or action is not known.
    """
    single = (one for name in names for one in _without_groups(name, engines))
    return tuple(_named(name, engines) for name in dict.fromkeys(single))


def _without_groups(name: str, engines: tuple[Engine, ...]) -> Iterator[str]:
    """The engines of a group that have the action, if one is named; another name as it is."""
    group, colon, action = name.partition(":")
    starts = GROUPS.get(group)
    if starts is None or any(engine.name == group for engine in engines):
        yield name
        return
    of_group = [engine for engine in engines if engine.name.startswith(starts)]
    found = dict.fromkeys(engine.name for engine in of_group if action in ("", engine.action))
    if not found:
        raise _unknown_action(group, action, of_group)
    yield from (f"{profile}{colon}{action}" for profile in found)


def _named(name: str, engines: tuple[Engine, ...]) -> Required:
    profile, _, action = name.partition(":")
    of_profile = tuple(engine for engine in engines if engine.name == profile)
    if not of_profile:
        known = dict.fromkeys(engine.name for engine in engines)
        hint = nearest(profile, (*known, *GROUPS))
        raise SettingsError(
            f"unknown engine {profile!r}{hint}; engines are {', '.join(known)}; groups are "
            f"{', '.join(GROUPS)}"
        )
    found = tuple(engine for engine in of_profile if action in ("", engine.action))
    if not found:
        raise _unknown_action(profile, action, of_profile)
    return Required(found, is_exact=bool(action))


def _unknown_action(name: str, action: str, engines: Iterable[Engine]) -> SettingsError:
    known = dict.fromkeys(engine.action for engine in engines)
    return SettingsError(
        f"{name} has no action {action!r} (choose from: {', '.join(known)}){nearest(action, known)}"
    )
