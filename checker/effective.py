"""Which settings are in force, and where each value comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from checker.model.limits import Limits
from checker.plugin_settings import Declared, defaults_of
from checker.profiles import PROFILES
from checker.records import NamedTuple
from checker.settings import Section, Settings, profile_section
from checker.settings_file import Origin

DEFAULT = "default"
_ADDED = ("ignore", "format-option", "no-plugin", "waive")
# Tables whose keys are shown one by one, with the tables that are nested in them.
_DEPTHS: Mapping[str, int] = {"severity": 1, "limits": 1, "rules": 1, "plugins": 2}
_DEFAULTS: Mapping[str, object] = {
    "profile": DEFAULT,
    "select": [],
    "ignore": [],
    "severity": {},
    "fail-on": "error",
    "as": None,
    "engine": [],
    "host": "linux/amd64",
    "format": ["text"],
    "format-option": [],
    "baseline": None,
    "verify-key": [],
    "strict-waivers": False,
    "rules": {},
    "plugins": {},
    "limits": Limits()._asdict(),
    "jobs": None,
    "progress": True,
    "cache": True,
    "color": "auto",
    "no-plugin": [],
    "waive": [],
    "require": [],
    "policy": [],
    "structure-test": [],
}
_NO_PLUGINS: Declared = {}


class InForce(NamedTuple):
    """A setting that is in force.

    Attributes:
        key: Its key, with that of its table before it: ``limits.entries``.
        value: Its value, as JSON; None if it is not set.
        sources: Where it comes from: ``default``, a profile, a file with the line, the command
            line; several if the value is added up.
    """

    key: str
    value: object
    sources: tuple[str, ...]

    @property
    def is_default(self) -> bool:
        """Whether no settings change it."""
        return self.sources == (DEFAULT,)


def in_force(
    settings: Settings, sections: Iterable[Section] = (), plugins: Declared = _NO_PLUGINS
) -> tuple[InForce, ...]:
    """The settings that are in force.

    Args:
        settings: The settings.
        sections: The sections of the file for an archive.
        plugins: The settings that plugins declare.
    """
    layers = tuple(_layers(settings, sections, plugins))
    return tuple(each for key in _DEFAULTS for each in _of_key(key, layers))


def in_section(section: Section) -> tuple[InForce, ...]:
    """The settings of one section."""
    layer = section.origin._replace(table=section.table)
    return tuple(each for key in section.table for each in _of_key(key, (layer,)))


def _layers(settings: Settings, sections: Iterable[Section], plugins: Declared) -> Iterator[Origin]:
    found = tuple(sections)
    naming = profile_section(found, settings.over)
    yield Origin(DEFAULT, {**_DEFAULTS, "plugins": defaults_of(plugins)})
    if naming is None:
        yield from _profile(settings.profile)
    if settings.origin is not None:
        yield settings.origin
    if naming is not None:
        yield from _profile(str(naming.table["profile"]))
    yield from (section.origin for section in found)
    if settings.over is not None:
        yield settings.over


def _profile(name: str | None) -> Iterator[Origin]:
    if name is not None:
        yield Origin(f"profile {name}", PROFILES[name].settings)


def _of_key(key: str, layers: tuple[Origin, ...]) -> Iterator[InForce]:
    setting = [layer for layer in layers if key in layer.table]
    if key in _DEPTHS:
        yield from _of_table(key, setting)
    elif key in _ADDED:
        adding = [layer for layer in setting if layer.table[key]] or setting[:1]
        values = [item for layer in adding for item in _list(layer.table[key])]
        yield InForce(key, _json(values), tuple(layer.place(key) for layer in adding))
    elif setting:
        yield InForce(key, _json(setting[-1].table[key]), (setting[-1].place(key),))


def _of_table(key: str, layers: Iterable[Origin]) -> Iterator[InForce]:
    """The settings of a table, one by one: of a key in several layers, the last counts."""
    found: dict[tuple[str, ...], InForce] = {}
    for layer in layers:
        for path, value in _items((key,), layer.table[key], _DEPTHS[key]):
            found[path] = InForce(".".join(path), _json(value), (layer.place(*path),))
    yield from found.values()


def _items(
    path: tuple[str, ...], value: object, depth: int
) -> Iterator[tuple[tuple[str, ...], object]]:
    """The values of a table with their keys, and of the tables that are nested in it."""
    if not depth:
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _items((*path, key), each, depth - 1)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _json(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value
