"""Commands of plugins."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from checker.cli.streams import tell
from checker.commands import PluginCommand
from checker.errors import CheckerError
from checker.isolation import Failure, attempt
from checker.plugin_settings import read_plugin_settings
from checker.plugins import LoadedPlugins
from checker.reports.printable import printable
from checker.results import Plugin
from checker.settings import Settings, read_settings
from checker.settings_file import find_file

_NOT_WHOLE = 3
_MOST = 255


def run_plugin_command(arguments: argparse.Namespace) -> int:
    """Run a command of a plugin; the exit code, 3 if the plugin fails.

    Raises:
        CheckerError: The plugin raised it, as the checker does for bad input, or its settings are
            not valid.
    """
    command: PluginCommand = arguments.plugin_command
    if command.plugin is not None and "plugin_loaded" in arguments:
        loaded: LoadedPlugins = arguments.plugin_loaded
        arguments.plugin_settings = _settings_of(command.plugin, loaded)
    failure: str | None = getattr(arguments, "plugin_failure", None)
    if failure is None:
        answer = attempt(lambda: _run(command, arguments))
        if isinstance(answer, CheckerError):
            raise answer
        if isinstance(answer, int) and 0 <= answer <= _MOST:
            return answer
        failure = answer.summary if isinstance(answer, Failure) else f"returned {answer!r}"
    plugin = command.plugin or Plugin("unknown", "", "")
    tell(printable(str(plugin.problem(f"command {command.name} failed: {failure}"))))
    return _NOT_WHOLE


def _settings_of(plugin: Plugin, loaded: LoadedPlugins) -> Mapping[str, object]:
    """The settings of a plugin in the file that is in force in the working directory.

    Raises:
        SettingsError: The file cannot be read, or a value in it is not valid.
    """
    path = find_file()
    settings = Settings() if path is None else read_settings(path)
    return read_plugin_settings(settings, loaded.options, loaded.failed)[plugin.name]


def _run(command: PluginCommand, arguments: argparse.Namespace) -> object:
    try:
        return command.run(arguments)
    except CheckerError as error:
        return error
