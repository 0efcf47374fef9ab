"""Commands of plugins."""

from __future__ import annotations

import argparse

from checker.cli.streams import tell
from checker.commands import PluginCommand
from checker.errors import CheckerError
from checker.isolation import Failure, attempt
from checker.reports.printable import printable
from checker.results import Plugin

_NOT_WHOLE = 3
_MOST = 255


def run_plugin_command(arguments: argparse.Namespace) -> int:
    """Run a command of a plugin; the exit code, 3 if the plugin fails.

    Raises:
        CheckerError: The plugin raised it, as the checker does for bad input.
    """
    command: PluginCommand = arguments.plugin_command
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


def _run(command: PluginCommand, arguments: argparse.Namespace) -> object:
    try:
        return command.run(arguments)
    except CheckerError as error:
        return error
