"""Runs one rule on one case, as the tests of a rule do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from checker.checks.check import Check
from checker.checks.finding import Finding
from checker.checks.registry import Registry
from checker.plugins import LoadedPlugins, load_plugins
from checker.session import Session
from checker.settings import Settings, load_settings
from checker.testing.cases import Built, Case

_SETTINGS = {"as": "as", "limits": "limits", "engines": "engine", "host": "host"}


def run_case(case: Case, check: type[Check], folder: Path) -> tuple[tuple[Finding, ...], Built]:
    """Build the archive of a case, read it, and run a check on it.

    The case's ``options`` are those of the rule; in addition, ``as``, ``engines``, ``host`` and
    the table ``limits`` are the settings of the same names, as is ``verify-key``, a list of files
    beside that of the case. The table ``settings`` has those of the plugin, whose name is that of
    the directory of the case.

    Args:
        case: The case.
        check: The rule.
        folder: Directory that the archive is written to.

    Returns:
        The findings and the built archive.

    Raises:
        AssertionError: The check crashed.
        SettingsError: An option of the case is invalid for the rule.
    """
    built = case.build()
    session = Session(_settings_of(case, check), plugins=_with_one_rule(check, case.bundle))
    checked = session.check(built.write(folder))
    crashes = [result.traceback for result in checked.results if result.traceback]
    if crashes:
        raise AssertionError(crashes[0])
    return checked.findings, built


def _settings_of(case: Case, check: type[Check]) -> Settings:
    options = dict(case.options)
    named: dict[str, object] = {}
    for name, key in _SETTINGS.items():
        if name in options:
            named[key] = options.pop(name)
    keys = options.pop("verify-key", None)
    if keys is not None:
        named["verify-key"] = [str(case.source.parent / name) for name in keys]
    if "settings" in options:
        named["plugins"] = {case.bundle: options.pop("settings")}
    return load_settings({**named, "rules": {check.id: options}})


def _with_one_rule(check: type[Check], bundle: str) -> LoadedPlugins:
    registry = Registry()
    registry.add(check, bundle)
    return _installed()._replace(registry=registry, problems=())


@cache
def _installed() -> LoadedPlugins:
    return load_plugins()
