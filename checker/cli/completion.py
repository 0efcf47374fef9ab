"""The command ``completion``: a script with which a shell completes the command line.

shtab writes the script from the parser. What an argument takes is said here, once for all shells:
files, or names that are listed when the script is written, with those of the plugins.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping

from checker.cli.arguments.command_line import command_parser
from checker.cli.catalogue import report_problems
from checker.plugins import LoadedPlugins, load_plugins

FILES = frozenset(
    {
        *("A", "ARCHIVE", "B", "DIRECTORY", "FILE", "IMAGE", "IN", "OUT", "PATH", "RESULTS"),
        *("ROOTFS", "SOURCE"),
    }
)
"""The metavars of arguments that take a file or directory."""

FREE = frozenset(
    {
        *("DEPTH", "DISTRIBUTION", "ID", "N", "INSTRUCTION", "TEXT", "WORDS"),
        *("NAME:TAG", "NAME[:TAG]", "NAME|DIGEST", "OS/ARCH[,KEY]", "OS/ARCH[/VARIANT]"),
        *("ADDRESS", "BYTES", "FROM:TO"),
        *("NAME=VALUE", "FORMAT.OPTION=VALUE"),
    }
)
"""The metavars of arguments for which there is nothing to suggest."""


def run_completion(arguments: argparse.Namespace) -> int:
    """Print the script for a shell; the exit code."""
    plugins = load_plugins(arguments.no_plugin)
    print(completion_script(arguments.shell, plugins))
    return report_problems(plugins)


def completion_script(shell: str, plugins: LoadedPlugins) -> str:
    """The script.

    Args:
        shell: ``bash``, ``zsh`` or ``fish``.
        plugins: The plugins whose rules, engines and formats are suggested.
    """
    import shtab

    parser = command_parser()
    for action in actions_of(parser):
        if action.choices is not None or action.nargs == 0:
            continue
        if action.metavar in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif (key := key_of(action)) in NAMES:
            action.choices = tuple(dict.fromkeys(NAMES[key](plugins)))
        # shtab does not quote it, and a colon ends a field in the language of zsh.
        action.metavar = str(action.metavar).replace(":", " ")
    return shtab.complete(parser, shell)


def commands_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of the commands of a parser, and of their actions."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield command
                yield from commands_of(command)


def actions_of(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All arguments of a parser and of its commands."""
    for each in (parser, *commands_of(parser)):
        yield from each._actions  # noqa: SLF001 - see above


def key_of(action: argparse.Action) -> tuple[str, str]:
    """What identifies the kind of names that an argument takes: its destination and metavar."""
    return action.dest, str(action.metavar)


def _rules(plugins: LoadedPlugins) -> Iterator[str]:
    """The families and the ids of rules."""
    ids = [rule.id for rule in plugins.registry]
    yield from (name.rstrip("0123456789") for name in ids)
    yield from ids


def _formats(plugins: LoadedPlugins) -> Iterable[str]:
    return (report.name for report in plugins.reports)


def _engines(plugins: LoadedPlugins) -> Iterator[str]:
    from checker.engines import GROUPS

    yield from GROUPS
    yield from (engine.name for engine in plugins.engines)


def _importing_engines(plugins: LoadedPlugins) -> Iterator[str]:
    from checker.engines import IMPORT

    yield from ("docker", "podman")
    yield from (engine.name for engine in plugins.engines if engine.action == IMPORT)


def _profiles(_plugins: LoadedPlugins) -> Iterable[str]:
    from checker.profiles import PROFILES

    return PROFILES


def _plugins(plugins: LoadedPlugins) -> Iterable[str]:
    return (plugin.name for plugin in plugins.plugins)


def _differences(_plugins: LoadedPlugins) -> Iterable[str]:
    from checker.comparison.differences import IGNORABLE

    return IGNORABLE


def _severities(_plugins: LoadedPlugins) -> Iterator[str]:
    from checker.checks.finding import Severity

    yield from Severity
    yield "never"


def _values(report: str, option: str) -> Callable[[LoadedPlugins], Iterable[str]]:
    """The values of an option of a report format."""

    def values(plugins: LoadedPlugins) -> Iterator[str]:
        for one in plugins.reports:
            if one.name == report:
                yield from (
                    value for each in one.options if each.name == option for value in each.choices
                )

    return values


NAMES: Mapping[tuple[str, str], Callable[[LoadedPlugins], Iterable[str]]] = {
    ("select", "IDS"): _rules,
    ("ignore", "IDS"): _rules,
    ("rule", "RULE"): _rules,
    ("formats", "NAME[=FILE]"): _formats,
    ("engines", "PROFILE[:ACTION]"): _engines,
    ("engine", "ENGINE"): _importing_engines,
    ("profile", "NAME"): _profiles,
    ("no_plugin", "NAME"): _plugins,
    ("ignore", "WHAT"): _differences,
    ("fail_on", "SEVERITY"): _severities,
    ("action", "COMMAND"): lambda _: ("load", "import"),
    ("color", "WHEN"): _values("text", "color"),
    ("junit_flavour", "READER"): _values("junit", "flavour"),
    ("junit_cases", "KIND"): _values("junit", "cases"),
}
"""The names that arguments take, by destination and metavar."""
