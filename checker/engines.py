"""The engines whose verdicts on an archive are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from checker.errors import SettingsError
from checker.isolation import Failure, attempt, described, misfit
from checker.model.archive import FLAT_KINDS, Archive, Kind, Source
from checker.model.limits import LimitReached, Limits
from checker.records import NamedTuple
from checker.suggestion import nearest
from checker.verdicts import (
    Engine,
    EngineProfile,
    Host,
    Question,
    Readers,
    ReleaseRange,
    Verdict,
)

IMPORT = "import"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "docker": ("docker-",),
    "podman": ("podman-",),
    "kubernetes": ("containerd-", "cri-o-"),
    "all": ("",),
}
"""Groups of engines, by the beginnings of their names."""
_WITHOUT_READERS = frozenset({"docker", "podman", "all"})
"""The groups that consist of engines alone, so that no reader is loaded for them."""
_LONGEST_NUMBER = 6


class EngineSet(NamedTuple):
    """Engines, and the host that they are assumed to run on.

    Attributes:
        engines: All engines that are known.
        required: Those of them that have to accept the archive.
        host: The host.
        action: What the user means to do with the archive: ``load``, ``import`` or None.
        limits: The limits of the work that an engine may do.
        plugins: The settings of plugins, by name of the plugin and key.
    """

    engines: tuple[Engine, ...]
    required: tuple[Required, ...]
    host: Host
    action: str | None = None
    limits: Limits = Limits()
    plugins: Mapping[str, Mapping[str, object]] = MappingProxyType({})

    def judge(self, archive: Archive, quoted_path: str, readers: Iterable[Engine] = ()) -> Verdicts:
        """Ask each engine; one that crashes is recorded, the others continue.

        Args:
            archive: The facts.
            quoted_path: The path of the archive, quoted for a shell.
            readers: Other tools that are asked as well; those that are required always are.
        """
        question = Question(archive, self.host, quoted_path, self.limits)
        wanted = tuple(
            engine for one in self.required for engine in one.fitting(archive.kind, self.action)
        )
        known = set(self.engines)
        others = dict.fromkeys((*readers, *(one for one in wanted if one not in known)))
        asking = _Asking(question, frozenset(wanted), [], [], self.plugins)
        verdicts = tuple(asking.ask(self.engines))
        of_readers = tuple(asking.ask(others))
        return Verdicts(verdicts, tuple(asking.required), tuple(asking.crashes), of_readers)


class _Asking(NamedTuple):
    """One question to engines: the verdicts of those that are required, and the crashes."""

    question: Question
    wanted: frozenset[Engine]
    required: list[Verdict]
    crashes: list[str]
    plugins: Mapping[str, Mapping[str, object]]

    def ask(self, engines: Iterable[Engine]) -> Iterator[Verdict]:
        """The verdicts of engines, except of those that crash or read directories alone."""
        is_directory = self.question.archive.source is Source.DIRECTORY
        for engine in engines:
            is_other = engine.only_files if is_directory else engine.only_directories
            if is_other and engine not in self.wanted:
                continue
            verdict = attempt(partial(engine.judge, self._question_to(engine)))
            problem = _problem(verdict, engine)
            if problem is not None or not isinstance(verdict, Verdict):
                self.crashes.append(f"engine {engine.name} {engine.action}: {problem}")
                continue
            if engine in self.wanted:
                self.required.append(verdict)
            yield verdict

    def _question_to(self, engine: Engine) -> Question:
        """The question, with the settings of the plugin that the engine is from."""
        if engine.plugin is None:
            return self.question
        return self.question._replace(settings=self.plugins.get(engine.plugin, {}))


class Verdicts(NamedTuple):
    """The verdicts of engines on one archive.

    Attributes:
        all: Those of all engines.
        required: Those of the engines that must accept it.
        crashes: The engines that crashed, one line each.
        readers: Those of other tools that read archives.
    """

    all: tuple[Verdict, ...]
    required: tuple[Verdict, ...]
    crashes: tuple[str, ...]
    readers: tuple[Verdict, ...] = ()

    @property
    def limits(self) -> tuple[LimitReached, ...]:
        """The limits because of which outcomes are not known."""
        given = (*self.all, *self.readers)
        return tuple(dict.fromkeys(each.limit for each in given if each.limit is not None))


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


def choose_engines(
    engines: tuple[Engine, ...],
    names: Iterable[str],
    readers: Callable[[], Readers] = Readers,
) -> tuple[Required, ...]:
    """The engines of these names, ``PROFILE`` or ``PROFILE:ACTION``.

    In the place of a profile can be a group, such as ``docker`` or ``all``, or a tool and its
    release, such as ``docker-26``, which means the profile that this release falls under.

    Args:
        engines: The engines.
        names: The names.
        readers: Gives other tools that read archives, and the releases and groups of profiles; it
            is called for names that the engines do not have.

    Raises:
        SettingsError: The engine or action is not known.
    """
    choice = _Choice(engines, readers)
    single = (one for name in names for one in choice.profiles_of(name))
    return tuple(choice.named(name) for name in dict.fromkeys(single))


class _Choice(NamedTuple):
    """What can be chosen.

    Attributes:
        engines: The engines.
        readers: Gives the other tools, and the releases and groups of profiles.
    """

    engines: tuple[Engine, ...]
    readers: Callable[[], Readers]

    def profiles_of(self, name: str) -> Iterator[str]:
        """The profiles of a group or release, with the action that is named; else the name."""
        title, colon, action = name.partition(":")
        if any(engine.name == title for engine in self.engines):
            yield name
            return
        members = self._members(title)
        if not members:
            yield from (f"{profile}{colon}{action}" for profile in self._of_release(title))
            return
        found = dict.fromkeys(one.name for one in members if action in ("", one.action))
        if not found:
            raise _unknown_action(title, action, members)
        yield from (f"{profile}{colon}{action}" for profile in found)

    def _members(self, group: str) -> list[Engine]:
        """The engines of a group; empty if the group is not known."""
        starts = GROUPS.get(group, ())
        found = [engine for engine in self.engines if engine.name.startswith(starts)]
        if group in _WITHOUT_READERS:
            return found
        given = self.readers()
        in_group = {profile.name for profile in given.profiles if group in profile.groups}
        return [*found, *(one for one in given.engines if one.name in in_group)]

    def _of_release(self, title: str) -> tuple[str, ...]:
        """The profiles that a release of a tool falls under; the title itself if there is none."""
        given = self.readers()
        if any(one.name == title for one in given.engines):
            return (title,)
        known = {one.name for one in (*self.engines, *given.engines)}
        profiles = (profile for profile in given.profiles if profile.name in known)
        found = tuple(profile.name for profile in profiles if is_release_of(title, profile))
        return found or (title,)

    def named(self, name: str) -> Required:
        """The engines of a profile, or of one of its actions.

        Raises:
            SettingsError: The profile or action is not known.
        """
        profile, _, action = name.partition(":")
        of_profile = tuple(one for one in self.engines if one.name == profile)
        of_profile = of_profile or tuple(
            one for one in self.readers().engines if one.name == profile
        )
        if not of_profile:
            raise SettingsError(self._unknown(profile))
        found = tuple(engine for engine in of_profile if action in ("", engine.action))
        if not found:
            raise _unknown_action(profile, action, of_profile)
        return Required(found, is_exact=bool(action))

    def _unknown(self, profile: str) -> str:
        given = self.readers()
        known = dict.fromkeys(engine.name for engine in self.engines)
        others = dict.fromkeys(engine.name for engine in given.engines)
        groups = dict.fromkeys((*GROUPS, *(each for one in given.profiles for each in one.groups)))
        hint = nearest(profile, (*known, *others, *groups))
        kinds = {"engines": known, "other tools": others, "groups": groups}
        listed = (f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names)
        return f"unknown engine {profile!r} ({'; '.join(listed)}){hint}"


def _unknown_action(name: str, action: str, engines: Iterable[Engine]) -> SettingsError:
    known = dict.fromkeys(engine.action for engine in engines)
    return SettingsError(
        f"{name} has no action {action!r} (choose from: {', '.join(known)}){nearest(action, known)}"
    )


def is_release_of(title: str, profile: EngineProfile) -> bool:
    """Whether a tool with its release, such as ``docker-26.1``, falls under a profile."""
    tool, _, release = title.rpartition("-")
    wanted = _numbers(release)
    if tool != profile.tool or not wanted:
        return False
    return any(_contains(each, wanted) for each in profile.releases)


def _contains(releases: ReleaseRange, wanted: tuple[int, ...]) -> bool:
    """Whether a release is one of a range, as far as its number is given."""
    first = _numbers(releases.first)[: len(wanted)]
    if wanted < first:
        return False
    if releases.last is None:
        # What the next major release does is not known.
        return wanted[0] == first[0]
    last = _numbers(releases.last)
    return wanted[: len(last)] <= last


def _numbers(release: str) -> tuple[int, ...]:
    """The numbers of a release; none if it has anything else."""
    parts = release.split(".")
    if not all(_is_number(part) for part in parts):
        return ()
    return tuple(map(int, parts))


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= _LONGEST_NUMBER
