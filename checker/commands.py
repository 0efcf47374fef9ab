"""Commands of plugins, which the command line has besides its own."""

from __future__ import annotations

from collections.abc import Callable

from checker.records import NamedTuple
from checker.results import Plugin
from checker.typing_names import Any

BUILTIN_COMMANDS = (
    *("check", "baseline", "config", "init", "classify", "sweep", "import-plan", "compare"),
    *(
        "convert",
        "show",
        "rules",
        "explain",
        "plugins",
        "new-plugin",
        "engines",
        "cache",
        "completion",
    ),
)
"""The commands that need no plugin, in the order of the help."""


class PluginCommand(NamedTuple):
    """A command of ``checker`` that a plugin provides.

    Attributes:
        name: The word that calls it, in kebab case.
        help: What it does, for the list of commands.
        add_arguments: Adds its arguments to its parser, an ``argparse.ArgumentParser``.
        run: Runs it with the parsed arguments, an ``argparse.Namespace``; returns the exit code.
            If the plugin declares settings, they are in ``arguments.plugin_settings``, by key.
        plugin: The plugin; set where it is loaded.
    """

    name: str
    help: str
    add_arguments: Callable[[Any], None]
    run: Callable[[Any], int]
    plugin: Plugin | None = None
