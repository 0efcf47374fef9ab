"""The settings of plugins: tables ``[plugins.NAME]``, with the keys that each plugin declares."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from checker.checks.option import Option, OptionError
from checker.errors import SettingsError
from checker.isolation import described
from checker.settings import Settings
from checker.suggestion import nearest
from checker.typing_names import Any, NoReturn, TypeAlias

KEY = "plugins"
_SEE_PLUGINS = "; `checker plugins` lists the plugins"

Declared: TypeAlias = Mapping[str, tuple[Option[Any], ...]]
"""The settings that each loaded plugin declares, by its name; empty if it has none."""


def read_plugin_settings(
    settings: Settings, declared: Declared, failed: Collection[str] = ()
) -> dict[str, dict[str, object]]:
    """The settings of each plugin that declares any, with the defaults of those that are not set.

    Args:
        settings: The settings, with the tables as they were read.
        declared: What plugins declare.
        failed: Plugins with problems, which may have failed to declare their settings.

    Raises:
        SettingsError: A plugin or a key is not known, or a value is not valid.
    """
    found = defaults_of(declared)
    for name, table in settings.plugins.items():
        if name in found:
            found[name] |= _read(settings, name, declared[name], table)
        elif name not in settings.blocked and name not in failed:
            _refuse_plugin(settings, name, declared)
    return found


def defaults_of(declared: Declared) -> dict[str, dict[str, object]]:
    """The settings of plugins whose tables set nothing, by plugin and key."""
    return {
        name: {option.name: option.default for option in options}
        for name, options in declared.items()
        if options
    }


def _refuse_plugin(settings: Settings, name: str, declared: Declared) -> NoReturn:
    if name in declared:
        _fail(settings, (name,), f"the plugin {name} has no settings")
    hint = nearest(name, declared) or _SEE_PLUGINS
    _fail(settings, (name,), f"unknown plugin {described(name)}{hint}")


def _read(
    settings: Settings, name: str, options: tuple[Option[Any], ...], table: Mapping[str, object]
) -> dict[str, object]:
    known = {option.name: option for option in options}
    read: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            hint = nearest(str(key), known) or f" (choose from: {', '.join(known)})"
            _fail(settings, (name, key), f"{name}: unknown key {described(key)}{hint}")
        try:
            read[key] = known[key].read(value)
        except OptionError as error:
            _fail(settings, (name, key), f"{name}: {error}")
    return read


def _fail(settings: Settings, path: tuple[str, ...], text: str) -> NoReturn:
    """Refuse something in the tables.

    Raises:
        SettingsError: Always; the text begins with file and line, if it is in a file.
    """
    raise SettingsError(f"{settings.place_in(KEY, *path)}{KEY}: {text}")
