"""Finds the plugins, loads each separately, and detects names that are used twice.

Plain pluggy loads a whole entry-point group at once: one broken plugin ends the run, and of two
with the same name the second silently replaces the first. Here each entry point is loaded
separately, and problems are reported with the distribution that they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import metadata
from typing import NamedTuple

import pluggy

from checker.checks.registry import Registry, RuleConflictError
from checker.hookspecs import PROJECT, CheckerSpec
from checker.results import Plugin, PluginProblem

OWN_DISTRIBUTION = "archive-checker"


class Host(NamedTuple):
    """The loaded plugins and their rules.

    Attributes:
        manager: The plugin manager.
        plugins: The plugins, by name.
        problems: The problems with other plugins.
        registry: All rules.
    """

    manager: pluggy.PluginManager
    plugins: tuple[Plugin, ...]
    problems: tuple[PluginProblem, ...]
    registry: Registry

    def ask_one(self, name: str, hook: str, **arguments: object) -> object:
        """The answer of one plugin to a hook; None if it does not implement it.

        Exceptions of the hook are not caught.
        """
        return _answer(self.manager, hook, name, **arguments)


def load_plugins(
    blocked: Iterable[str] = (),
    entry_points: Sequence[metadata.EntryPoint] | None = None,
) -> Host:
    """Load every installed plugin.

    Args:
        blocked: Names of plugins that are not loaded.
        entry_points: The entry points of the group; the installed ones if None.
    """
    if entry_points is None:
        entry_points = tuple(metadata.entry_points(group=PROJECT))
    loader = _Loader()
    for name, claims in sorted(_by_name(entry_points).items()):
        if name not in set(blocked):
            loader.load(claims)
    return Host(loader.manager, tuple(loader.plugins), tuple(loader.problems), loader.registry)


def _by_name(entry_points: Iterable[metadata.EntryPoint]) -> dict[str, list[metadata.EntryPoint]]:
    found: dict[str, list[metadata.EntryPoint]] = {}
    for entry_point in entry_points:
        found.setdefault(entry_point.name, []).append(entry_point)
    return found


def _distribution(entry_point: metadata.EntryPoint) -> tuple[str, str]:
    return (
        ("unknown", "unknown") if entry_point.dist is None else _name_and_version(entry_point.dist)
    )


@cache
def _name_and_version(dist: metadata.Distribution) -> tuple[str, str]:
    # Reading these parses the metadata each time, and a distribution can have many entry points.
    return dist.name, dist.version


class _Loader:
    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(CheckerSpec)
        self.plugins: list[Plugin] = []
        self.problems: list[PluginProblem] = []
        self.registry = Registry()

    def load(self, claims: list[metadata.EntryPoint]) -> None:
        """Load the plugin of one name; if several use the name, the first-party one or none."""
        own = [claim for claim in claims if _distribution(claim)[0] == OWN_DISTRIBUTION]
        chosen = claims if len(claims) == 1 else own[:1]
        for claim in claims:
            if claim not in chosen:
                others = [other for other in claims if other is not claim]
                self._refuse(claim, f"not loaded: the name is also used by {_named(others)}")
        for claim in chosen:
            self._load_one(claim)

    def _load_one(self, entry_point: metadata.EntryPoint) -> None:
        name = entry_point.name
        try:
            module = entry_point.load()
            self.manager.register(module, name=name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - an import can raise anything, exit included
            self._refuse(entry_point, f"cannot be loaded: {type(error).__name__}: {error}")
            return
        unknown = [
            caller.name
            for caller in self.manager.get_hookcallers(module) or ()
            if not caller.has_spec()
        ]
        if unknown:
            self.manager.unregister(name=name)
            known = sorted(hook for hook in vars(CheckerSpec) if hook.startswith("checker_"))
            self._refuse(
                entry_point,
                f"unknown hook {', '.join(sorted(unknown))} (choose from: {', '.join(known)})",
            )
            return
        count = self._add_rules(entry_point)
        distribution, version = _distribution(entry_point)
        self.plugins.append(Plugin(name, version, distribution, count))

    def _add_rules(self, entry_point: metadata.EntryPoint) -> int:
        count = 0
        try:
            given = _answer(self.manager, "checker_checks", entry_point.name)
            for check in _as_checks(given):
                count += self._add_rule(entry_point, check)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - as above
            self._refuse(entry_point, f"rules cannot be loaded: {type(error).__name__}: {error}")
        return count

    def _add_rule(self, entry_point: metadata.EntryPoint, check: object) -> bool:
        try:
            self.registry.add(check, entry_point.name)
        except RuleConflictError as error:
            self._refuse(entry_point, str(error))
            return False
        return True

    def _refuse(self, entry_point: metadata.EntryPoint, message: str) -> None:
        distribution, version = _distribution(entry_point)
        self.problems.append(PluginProblem(entry_point.name, version, distribution, message))


def _named(entry_points: Iterable[metadata.EntryPoint]) -> str:
    return ", ".join(" ".join(_distribution(entry_point)) for entry_point in entry_points)


def _as_checks(given: object) -> Iterable[object]:
    if given is None:
        return ()
    if not isinstance(given, Iterable):
        raise TypeError(f"checker_checks returned {given!r}, not a list of Check classes")
    return given


def _answer(manager: pluggy.PluginManager, hook: str, name: str, **arguments: object) -> object:
    """Call the hook of one plugin only, so that the answer cannot be another plugin's."""
    module = manager.get_plugin(name)
    others = [other for other in manager.get_plugins() if other is not module]
    caller: Callable[..., object] = manager.subset_hook_caller(hook, others)
    answer = caller(**arguments)
    if isinstance(answer, list):
        return answer[0] if answer else None
    return answer
