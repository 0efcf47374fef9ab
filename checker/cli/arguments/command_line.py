"""The arguments of the whole command line, of which each command has a module."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module

from checker._version import __version__
from checker.cli.arguments.options import EXIT_CODES
from checker.cli.arguments.parser import Parser
from checker.typing_names import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands
    from checker.commands import PluginCommand
    from checker.plugins import LoadedPlugins

    _AddCommand: TypeAlias = Callable[[Commands], None]

_SWEEP = "sweep"
_VERSION = "--version"
_COMMANDS = (
    *("check", "baseline", "config", "init", "classify", _SWEEP, "import-plan", "compare"),
    *("convert", "show", "rules", "explain", "plugins", "new-plugin", "engines", "cache"),
    "completion",
)
"""In the order of the help."""


def parse_arguments(given: Sequence[str]) -> argparse.Namespace:
    """Parse the words of a command line; exits with code 2 if it is wrong."""
    words = _with_action(list(given))
    commands = _commands()
    # To make the parsers of the others, or to load plugins, takes more time than to parse.
    if words and words[0] in commands:
        commands = {words[0]: commands[words[0]]}
    elif words[:1] != [_VERSION]:
        commands = {**commands, **_commands_of_plugins()}
    return _parser_for(commands).parse_args(words)


def command_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; completion and the manual page are made from it."""
    return _parser_for(_commands())


def _commands_of_plugins() -> Mapping[str, _AddCommand]:
    """What adds each command of a plugin; nothing if plugins cannot be loaded."""
    from checker.isolation import Failure, attempt
    from checker.plugins import load_plugins

    loaded = attempt(load_plugins)
    if isinstance(loaded, Failure):
        return {}
    return {command.name: partial(_add_command, command, loaded) for command in loaded.commands}


def _add_command(command: PluginCommand, loaded: LoadedPlugins, commands: Commands) -> None:
    """Add a command of a plugin; one whose arguments cannot be added has none."""
    from checker.isolation import Failure, attempt
    from checker.reports.printable import printable

    parser = commands.add_parser(
        command.name, help=printable(command.help).replace("%", "%%"), allow_abbrev=False
    )
    parser.set_defaults(plugin_command=command)
    if command.plugin is not None and loaded.options.get(command.plugin.name):
        parser.set_defaults(plugin_loaded=loaded)
    added = attempt(lambda: command.add_arguments(parser))
    if isinstance(added, Failure):
        parser.set_defaults(plugin_failure=added.summary)


def _with_action(words: list[str]) -> list[str]:
    """The words of the command line, with the action of ``sweep`` if that is left out."""
    if words[:1] == [_SWEEP] and not {*words[1:2]} & {"run", "report", "-h", "--help"}:
        return [_SWEEP, "run", *words[1:]]
    return words


def _parser_for(commands: Mapping[str, _AddCommand]) -> argparse.ArgumentParser:
    """The parser of a command line that begins with one of some commands."""
    parser = Parser(
        prog="checker",
        description="Identify container image archives, show how to restore them, and check them.",
        epilog=EXIT_CODES,
        allow_abbrev=False,
    )
    parser.add_argument(_VERSION, action="version", version=f"archive-checker {__version__}")
    parsers = parser.add_subparsers(
        title="commands", dest="command", required=True, metavar="COMMAND"
    )
    for add in commands.values():
        add(parsers)
    return parser


def _commands() -> Mapping[str, _AddCommand]:
    """What adds each command, in the order of the help."""
    return {name: partial(_add_own_command, name) for name in _COMMANDS}


def _add_own_command(name: str, commands: Commands) -> None:
    """Add a command of this program, whose module is imported only for it."""
    import_module(f"{__package__}.{name.replace('-', '_')}").add(commands)
