"""What a settings file changes, in words, so that no report is silenced unseen.

A settings file can come with the archive, in a repository that was checked out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.checks.registry import Registry
from checker.records import NamedTuple
from checker.results import AppliedSettings
from checker.settings import Settings
from checker.settings_file import Origin

_SHOWN = 60


class _Count(NamedTuple):
    """The words for the size of a list or table."""

    one: str
    many: str


_COUNTED: Mapping[str, _Count] = {
    "severity": _Count("severity changed", "severities changed"),
    "waive": _Count("waiver", "waivers"),
    "rules": _Count("rule with options", "rules with options"),
    "require": _Count("requirement", "requirements"),
    "archive": _Count("section for archives", "sections for archives"),
}
_LISTED: Mapping[str, str] = {
    "no-plugin": "plugins not loaded",
    "limits": "limits set",
    "engine": "engines required",
    "format": "reports",
    "format-option": "options of reports",
    "policy": "policies",
    "structure-test": "structure tests",
}
_VALUES = (
    *("profile", "fail-on", "as", "host", "jobs", "baseline", "strict-waivers"),
    *("progress", "cache", "color"),
)


def applied_settings(settings: Settings, registry: Registry) -> AppliedSettings | None:
    """What the file changes that settings were read from; None if they were read from none."""
    origin = settings.origin
    if origin is None:
        return None
    return AppliedSettings(origin.file, tuple(_changes(origin, registry)))


def _changes(origin: Origin, registry: Registry) -> Iterator[str]:
    if origin.names("select"):
        runs = Settings(select=tuple(origin.names("select"))).rules(registry)
        yield f"{len(runs):,} of {len(tuple(registry)):,} rules selected"
    if origin.names("ignore"):
        runs = Settings(ignore=tuple(origin.names("ignore"))).rules(registry)
        yield _counted(len(tuple(registry)) - len(runs), _Count("rule ignored", "rules ignored"))
    for key, words in _COUNTED.items():
        value = origin.table.get(key)
        if isinstance(value, list | Mapping) and value:
            yield _counted(len(value), words)
    for key, said in _LISTED.items():
        names = sorted(origin.names(key))
        if names:
            yield f"{said}: {_cut(' '.join(names))}"
    yield from _of_plugins(origin.table.get("plugins"))
    for key in _VALUES:
        if key in origin.table:
            yield f"{key}: {_cut(str(origin.table[key]))}"


def _of_plugins(tables: object) -> Iterator[str]:
    for name, table in tables.items() if isinstance(tables, Mapping) else ():
        if isinstance(table, Mapping) and table:
            yield f"settings of {name}: {_cut(' '.join(sorted(table)))}"


def _counted(count: int, words: _Count) -> str:
    return f"{count:,} {words.one if count == 1 else words.many}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
