"""The command line's arguments."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from checker._version import __version__
from checker.cli.streams import require_output, tell, writing_output
from checker.suggestion import nearest

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from checker.commands import PluginCommand

    _Commands: TypeAlias = argparse._SubParsersAction["_Parser"]  # noqa: SLF001 - has no public name
    _AddCommand: TypeAlias = Callable[[_Commands], None]

_EXIT_CODES = """\
exit codes:
  0    clean
  1    a finding at or above --fail-on
  2    invalid command line or configuration
  3    incomplete check: unreadable input, a crash, a plugin problem, or a
       report that cannot be written
"""
_IMPORT_PLAN_EXIT_CODES = """\
exit codes:
  0    a version of the engine accepts the plan, and nothing prevents the start
  1    all versions refuse it, the result does not start or has another platform
  2    invalid command line or configuration, or not a root filesystem
  3    an archive that cannot be read
"""
_COMPARE_EXIT_CODES = """\
exit codes:
  0    nothing differs but what is ignored
  1    the archives differ
  2    invalid command line or configuration
  3    an archive could not be read, or an internal error
"""
_CONVERT_EXIT_CODES = """\
exit codes:
  0    converted
  1    not converted: a part is missing or damaged, --strict, or the result
       would have errors
  2    invalid command line, or options that do not choose what can be converted
  3    the archive cannot be read, or the result cannot be written
"""
_SWEEP_EXIT_CODES = """\
exit codes:
  0    all archives pass, those that did not change as in the last sweep
  1    archives that do not pass
  2    invalid command line or configuration
  3    no archives, or some that could not be found or checked completely
"""
_SWEEP_REPORT_EXIT_CODES = """\
exit codes:
  0    written
  2    invalid command line
  3    the results cannot be read, or are empty
"""
_SHOW_EXIT_CODES = """\
exit codes:
  0    shown
  2    invalid command line or configuration, or no such image, layer or path
  3    the archive could not be read, a plugin problem, or an internal error
"""
_BASELINE_EXIT_CODES = """\
exit codes:
  0    written
  2    invalid command line or configuration
  3    not written: unreadable input, a crash, a plugin problem, or a file
       that cannot be written
"""
_CACHE_EXIT_CODES = """\
exit codes:
  0    everything is sound
  1    something was damaged, and is removed
  3    the cache cannot be used
"""
_END = "--"
_SWEEP = "sweep"
_VERSION = "--version"
_PATHS = ("paths", "path", "source", "a", "b", "from_image")
_COLUMNS = 80
_ARGUMENT, _REQUIRED = "argument ", "arguments are required"
_COMPLETION = """\
to use it:
  bash   source <(checker completion bash)
  zsh    eval "$(checker completion zsh)"     after compinit
  fish   checker completion fish | source
"""
_SHELLS = ("bash", "zsh", "fish")
_FORMS = ("docker-archive", "oci-archive", "docker-oci-archive", "oci-layout", "rootfs")
_COMPRESSIONS = ("none", "gzip", "zstd")
_PATH_HELP = "a tar file (plain, gzip, bzip2, xz or zstd), a directory, or - for standard input"
_PATHS_HELP = f"{_PATH_HELP}; of a directory of archives, all below it are taken"


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line; exits with code 2 if it is wrong."""
    words = _with_action(sys.argv[1:] if argv is None else argv)
    commands = _commands()
    # To make the parsers of the others, or to load plugins, takes more time than to parse.
    if words and words[0] in commands:
        commands = {words[0]: commands[words[0]]}
    elif words[:1] != [_VERSION]:
        commands = {**commands, **_commands_of_plugins()}
    return _parser_for(commands).parse_args(words)


def _commands_of_plugins() -> Mapping[str, _AddCommand]:
    """What adds each command of a plugin; nothing if plugins cannot be loaded."""
    from checker.isolation import Failure, attempt
    from checker.plugins import load_plugins

    loaded = attempt(load_plugins)
    if isinstance(loaded, Failure):
        return {}
    return {command.name: partial(_add_command, command) for command in loaded.commands}


def _add_command(command: PluginCommand, commands: _Commands) -> None:
    """Add a command of a plugin; one whose arguments cannot be added has none."""
    from checker.isolation import Failure, attempt
    from checker.reports.printable import printable

    parser = commands.add_parser(
        command.name, help=printable(command.help).replace("%", "%%"), allow_abbrev=False
    )
    parser.set_defaults(plugin_command=command)
    added = attempt(lambda: command.add_arguments(parser))
    if isinstance(added, Failure):
        parser.set_defaults(plugin_failure=added.summary)


def _with_action(words: list[str]) -> list[str]:
    """The words of the command line, with the action of ``sweep`` if that is left out."""
    if words[:1] == [_SWEEP] and not {*words[1:2]} & {"run", "report", "-h", "--help"}:
        return [_SWEEP, "run", *words[1:]]
    return words


def _columns() -> int:
    """The columns of the terminal, as shutil tells them, whose import takes much longer."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    if sys.__stdout__ is None:
        return _COLUMNS
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _COLUMNS
    except (ValueError, OSError):
        return _COLUMNS


class _Formatter(argparse.HelpFormatter):
    """Formats help in the width of the terminal."""

    def __init__(
        self,
        prog: str,
        indent_increment: int = 2,
        max_help_position: int = 24,
        width: int | None = None,
    ) -> None:
        super().__init__(prog, indent_increment, max_help_position, width or _columns() - 2)


class _RawFormatter(_Formatter, argparse.RawDescriptionHelpFormatter):
    """The same, with descriptions as they are written."""


class _Parser(argparse.ArgumentParser):
    """A parser that suggests names, and notices when its text cannot be written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _Formatter, **options})

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse what is known; end the run where a command has an option that it does not know.

        Paths may be anywhere among the options.
        """
        found, unknown = super().parse_known_args(args, namespace)
        end = unknown.index(_END) if _END in unknown else len(unknown)
        options = [word.partition("=")[0] for word in unknown[:end] if word[:1] == "-" != word]
        if options:
            hint = nearest(options[0], self._option_string_actions)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        if "paths" in found:
            found.paths = [*found.paths, *unknown[:end], *unknown[end + 1 :]]
            unknown = []
        self._refuse_empty_paths(found)
        return found, unknown

    def _refuse_empty_paths(self, found: argparse.Namespace) -> None:
        """End the run if an archive has an empty name, as one of a variable that is not set."""
        for key in _PATHS:
            value = getattr(found, key, None)
            if value == "" or (isinstance(value, list) and "" in value):
                self.error("the path of an archive is empty; is a variable not set?")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse a value that is not one of the choices, with the nearest one."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            hint = nearest(str(value), map(str, action.choices or ()))
            if action.dest == "command" and os.path.exists(str(value)):
                hint = f"; did you mean 'checker check {value}'?"
            raise argparse.ArgumentError(action, f"{error.message}{hint}") from None

    def error(self, message: str) -> NoReturn:
        """End the run with exit code 2, after one line that says what is wrong."""
        hint = f"; see '{self.prog} --help'" if _REQUIRED in message else ""
        tell(f"{message.removeprefix(_ARGUMENT)}{hint}")
        sys.exit(2)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help, or raise ``OSError`` if standard output is closed."""
        require_output()
        super().print_help(file)

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is None or file is not sys.stdout:
            require_output()  # else it would be printed to standard error
            super()._print_message(message, file)
            return
        with writing_output():
            file.write(message)


def command_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; completion and the manual page are made from it."""
    return _parser_for(_commands())


def _parser_for(commands: Mapping[str, _AddCommand]) -> argparse.ArgumentParser:
    """The parser of a command line that begins with one of some commands."""
    parser = _Parser(
        prog="checker",
        description="Identify container image archives, show how to restore them, and check them.",
        epilog=_EXIT_CODES,
        formatter_class=_RawFormatter,
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
    return {
        "check": _add_check,
        "baseline": _add_baseline,
        "config": _add_config,
        "init": _add_init,
        "classify": _add_classify,
        _SWEEP: _add_sweep,
        "import-plan": _add_import_plan,
        "compare": _add_compare,
        "convert": _add_convert,
        "show": _add_show,
        "rules": _add_rules,
        "explain": _add_explain,
        "plugins": _add_plugins,
        "new-plugin": _add_new_plugin,
        "engines": _add_engines,
        "cache": _add_cache,
        "completion": _add_completion,
    }


def _add_explain(commands: _Commands) -> None:
    explain = commands.add_parser(
        "explain",
        help="show the documentation of a rule or of a family of rules",
        description="Show the documentation of a rule, or the rules of a family.",
    )
    explain.add_argument(
        "rule", metavar="RULE", help="ID or name, such as ARC003; or a family, such as ARC"
    )
    _add_policy(explain)
    _add_no_plugin(explain)


def _add_plugins(commands: _Commands) -> None:
    plugins = commands.add_parser(
        "plugins",
        help="list the plugins",
        description="List the plugins, and those that could not be loaded.",
    )
    _add_no_plugin(plugins)


def _add_new_plugin(commands: _Commands) -> None:
    new = commands.add_parser(
        "new-plugin",
        help="write a distribution with a rule, its cases, a test and CI",
        description="Write a distribution with a rule, its cases, a test and CI, to begin with.",
        allow_abbrev=False,
    )
    new.add_argument(
        "name", metavar="DISTRIBUTION", help="name of the distribution, such as acme-checks"
    )
    new.add_argument("--rule", metavar="ID", help="ID of the rule; default: from the name")
    new.add_argument("--output", metavar="DIRECTORY", help="where to write; default: its name")


def _add_engines(commands: _Commands) -> None:
    engines = commands.add_parser(
        "engines",
        help="list the engines and other tools whose verdicts are computed",
        description="List the profiles: releases, groups, actions, and how each was measured.",
    )
    engines.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format; default: text"
    )
    _add_no_plugin(engines)


def _add_cache(commands: _Commands) -> None:
    cache = commands.add_parser(
        "cache",
        help="show, remove or verify what is kept of layers that were read",
        description=(
            "Maintain the cache: facts of large layers, so that a layer that was read before is "
            "only hashed."
        ),
    )
    actions = cache.add_subparsers(dest="action_of_cache", required=True, metavar="ACTION")
    info = actions.add_parser(
        "info",
        help="show where it is and what is in it",
        description="Show where the cache is, how many layers are in it, and its size.",
    )
    _add_format(info)
    actions.add_parser(
        "clear", help="remove everything", description="Remove everything that is in the cache."
    )
    actions.add_parser(
        "verify",
        help="read everything, and remove what is damaged",
        description="Read everything in the cache, and remove what is damaged.",
        epilog=_CACHE_EXIT_CODES,
        formatter_class=_RawFormatter,
    )


def _add_completion(commands: _Commands) -> None:
    completion = commands.add_parser(
        "completion",
        help="print a script that completes commands, options, rules and files",
        description="Print a script that completes commands, options, rules, engines and files.",
        epilog=_COMPLETION,
        formatter_class=_RawFormatter,
    )
    completion.add_argument(
        "shell", metavar="SHELL", choices=_SHELLS, help=f"one of {', '.join(_SHELLS)}"
    )
    _add_no_plugin(completion)


def _add_check(commands: _Commands) -> None:
    check = commands.add_parser(
        "check",
        help="check archives",
        description="Check archives: kind, restore command, and findings of all rules.",
        epilog=_EXIT_CODES,
        formatter_class=_RawFormatter,
        allow_abbrev=False,
    )
    _add_paths(check)
    _add_reading(check)
    _add_no_cache(check)
    check.add_argument(
        "--format",
        action="append",
        metavar="NAME[=FILE]",
        dest="formats",
        help="report format: text (default), json, junit, sarif, github, gitlab, markdown, tap, "
        "html; repeatable, to FILE or standard output",
    )
    _add_format_options(check)
    _add_detail(check)
    _add_baseline_option(check)
    _add_checking(check)


def _add_init(commands: _Commands) -> None:
    init = commands.add_parser(
        "init",
        help="write a settings file for the archives here",
        description=(
            "Write a commented settings file, with a section for each archive that is found in the "
            "directory, or for those that are named."
        ),
        allow_abbrev=False,
    )
    init.add_argument("paths", nargs="*", metavar="PATH", help="archives; default: those found")
    init.add_argument(
        "--output", metavar="FILE", default="checker.toml", help="default: checker.toml"
    )
    init.add_argument("--force", action="store_true", help="replace the file if it exists")
    _add_no_plugin(init)


def _add_config(commands: _Commands) -> None:
    config = commands.add_parser(
        "config",
        help="show the settings that are in force, and where they come from",
        description=(
            "Show the settings that are in force, and where each value comes from: a default, a "
            "profile, the settings file with the line, or the command line."
        ),
        allow_abbrev=False,
    )
    config.add_argument(
        "path", nargs="?", metavar="ARCHIVE", help="the archive that they are in force for"
    )
    _add_format(config)
    _add_reading(config)
    _add_no_cache(config)
    _add_baseline_option(config)
    _add_checking(config)


def _add_baseline(commands: _Commands) -> None:
    baseline = commands.add_parser(
        "baseline",
        help="write the findings that are known, so that only new ones fail",
        description="Maintain a baseline: findings in it do not fail 'checker check --baseline'.",
    )
    actions = baseline.add_subparsers(dest="action_of_baseline", required=True, metavar="ACTION")
    write = actions.add_parser(
        "write",
        help="check archives and write what fails the run to a file",
        description=("Check archives and write the findings that fail the run to a file."),
        epilog=_BASELINE_EXIT_CODES,
        formatter_class=_RawFormatter,
        allow_abbrev=False,
    )
    write.add_argument("file", metavar="FILE", help="the baseline, such as checker-baseline.json")
    _add_paths(write)
    _add_reading(write)
    _add_no_cache(write)
    _add_checking(write)


def _add_baseline_option(check: argparse.ArgumentParser) -> None:
    check.add_argument(
        "--baseline",
        metavar="FILE",
        help="findings in this file do not fail the run; see 'checker baseline write'",
    )


def _add_checking(check: argparse.ArgumentParser) -> None:
    """The options that say how archives are checked."""
    check.add_argument(
        "--as",
        dest="action",
        metavar="COMMAND",
        help="intended command: load or import; another kind of archive is an error",
    )
    check.add_argument(
        "--engine",
        action="append",
        metavar="PROFILE[:ACTION]",
        dest="engines",
        help=(
            "fail unless this engine accepts the archive, such as docker-28:load; or a group: "
            "docker, podman, kubernetes, all; or a release, such as docker-26; see 'checker "
            "engines'; several with commas, or repeatable"
        ),
    )
    check.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        help="fail on findings of this severity or higher: error (default), warning, note, never",
    )
    check.add_argument(
        "--select", action="append", metavar="IDS", help="run only these rules, such as ARC,DKR001"
    )
    check.add_argument("--ignore", action="append", metavar="IDS", help="do not run these rules")
    check.add_argument(
        "--profile",
        metavar="NAME",
        help="a set of settings to begin with: default, strict, security, release",
    )
    _add_policy(check)
    check.add_argument(
        "--strict-waivers",
        action="store_true",
        help="waivers that expired, or that nothing needs, are errors",
    )
    _add_verify_key(check)


def _add_verify_key(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--verify-key",
        action="append",
        metavar="FILE",
        dest="verify_keys",
        help=(
            "verify signatures with this public key (cosign), or trust this certificate "
            "(notation); repeatable"
        ),
    )


def _add_policy(command: argparse.ArgumentParser) -> None:
    """The options that name files from which rules are made."""
    command.add_argument(
        "--policy",
        action="append",
        metavar="FILE",
        dest="policies",
        help="requirements, in TOML or YAML, that the archives must meet; repeatable",
    )
    command.add_argument(
        "--structure-test",
        action="append",
        metavar="FILE",
        dest="structure_tests",
        help="tests of container-structure-test, in YAML or JSON; repeatable",
    )


def _add_format_options(check: argparse.ArgumentParser) -> None:
    _add_format_option(check)
    check.add_argument(
        "--sarif-anchor",
        metavar="FILE",
        help="file of the repository that all results of sarif point to, such as Dockerfile",
    )
    check.add_argument(
        "--junit-flavour",
        metavar="READER",
        help="who reads junit: strict (default, every reader), gitlab, azure",
    )
    check.add_argument(
        "--junit-cases",
        metavar="KIND",
        help="test cases of junit: rules (default), findings, archives",
    )


def _add_format_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--format-option",
        action="append",
        default=[],
        metavar="FORMAT.OPTION=VALUE",
        dest="format_options",
        help="set an option of a report format, such as junit.cases=findings; repeatable",
    )


def _add_detail(command: argparse.ArgumentParser) -> None:
    details = command.add_mutually_exclusive_group()
    details.add_argument(
        "-v",
        "--verbose",
        action="store_const",
        const="verbose",
        dest="detail",
        help="text shows everything: notes, engines with reasons, rules, all archives",
    )
    details.add_argument(
        "-q",
        "--quiet",
        action="store_const",
        const="quiet",
        dest="detail",
        help="text shows only archives that do not pass, a line for each",
    )


def _add_classify(commands: _Commands) -> None:
    classify = commands.add_parser(
        "classify",
        help="show the kind of archives and how they are restored",
        description="Show the kind of archives, their restore command and the verdicts of engines.",
        allow_abbrev=False,
    )
    _add_paths(classify)
    _add_reading(classify)
    _add_no_cache(classify)
    classify.add_argument(
        "--format",
        action="append",
        metavar="NAME[=FILE]",
        dest="formats",
        help="report format: text (default) or json",
    )
    _add_format_option(classify)
    _add_detail(classify)


def _add_sweep(commands: _Commands) -> None:
    sweep = commands.add_parser(
        _SWEEP,
        help="check the archives of stores, with the workers of a cluster",
        description=(
            "Check the archives of stores of any size, with the workers of a Dask cluster. Needs "
            "the extra archive-checker[fleet]. 'checker sweep SOURCE...' is short for 'checker "
            "sweep run SOURCE...'."
        ),
    )
    actions = sweep.add_subparsers(dest="action_of_sweep", required=True, metavar="ACTION")
    _add_sweep_run(actions)
    _add_sweep_report(actions)


def _add_sweep_run(actions: _Commands) -> None:
    run = actions.add_parser(
        "run",
        help="check archives that are new or changed, and write the results",
        description=(
            "Check the archives of stores that are new or changed since the last sweep,\n"
            "and write the results as Parquet and JSON Lines."
        ),
        epilog=_SWEEP_EXIT_CODES,
        formatter_class=_RawFormatter,
        allow_abbrev=False,
    )
    run.add_argument(
        "paths",
        nargs="*",
        metavar="SOURCE",
        help="URL or path of an archive, of a directory of archives, or a pattern, such as "
        "'s3://bucket/**/*.tar'",
    )
    run.add_argument(
        "-o",
        "--results",
        metavar="RESULTS",
        default="checker-sweep",
        help="URL or path of the directory for the results; default: checker-sweep",
    )
    run.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="address of the scheduler of a Dask cluster, such as tcp://127.0.0.1:8786; default: a "
        "cluster on this machine",
    )
    run.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes of the cluster on this machine; 0 for none: one archive after another in "
        "this process; default: CPUs",
    )
    run.add_argument("--again", action="store_true", help="check also archives that did not change")
    run.add_argument(
        "--no-shared-layers",
        action="store_true",
        help="read every layer, also if one of its digest, size and beginning was read before",
    )
    run.add_argument(
        "--share-from",
        type=int,
        metavar="BYTES",
        help="smallest layer that is shared between archives; default: 1 MiB",
    )
    run.add_argument(
        "--split-from",
        type=int,
        metavar="BYTES",
        help="smallest archive whose layers are read by tasks of their own; default: 1 GiB",
    )
    _add_format(run)
    _add_reading(run)
    _add_checking(run)


def _add_sweep_report(actions: _Commands) -> None:
    report = actions.add_parser(
        "report",
        help="show an overview of the results of sweeps",
        description=(
            "Show an overview of the results: the worst archives, findings rule by rule,\n"
            "base layers by use, and what an upgrade of an engine would break."
        ),
        epilog=_SWEEP_REPORT_EXIT_CODES,
        formatter_class=_RawFormatter,
        allow_abbrev=False,
    )
    report.add_argument(
        "results",
        nargs="?",
        default="checker-sweep",
        metavar="RESULTS",
        help="URL or path of the results; default: checker-sweep",
    )
    report.add_argument(
        "--format",
        action="append",
        metavar="NAME[=FILE]",
        dest="formats",
        help="text (default), html, junit or json; repeatable, to FILE or standard output",
    )
    report.add_argument(
        "--upgrade",
        action="append",
        default=[],
        metavar="FROM:TO",
        dest="upgrades",
        help="list the archives that an upgrade of an engine breaks, such as "
        "docker-28:docker-29; repeatable; default: from each release to the next",
    )
    report.add_argument(
        "--top", type=int, metavar="N", default=10, help="rows of each list; default: 10"
    )


def _add_import_plan(commands: _Commands) -> None:
    plan = commands.add_parser(
        "import-plan",
        help="work out how to import a root filesystem",
        description="Work out how to import a root filesystem: the command with the settings\n"
        "that fit the root, what engines refuse, and whether the result starts.",
        epilog=_IMPORT_PLAN_EXIT_CODES,
        formatter_class=_RawFormatter,
        allow_abbrev=False,
    )
    plan.add_argument(
        "path",
        metavar="ROOTFS",
        help="a tar file of a root filesystem (plain, gzip, bzip2, xz or zstd), a directory that "
        "holds one, or - for standard input",
    )
    plan.add_argument("--ref", metavar="NAME[:TAG]", help="name of the image")
    plan.add_argument(
        "--change",
        action="append",
        metavar="INSTRUCTION",
        dest="changes",
        help="a --change option of the import, such as 'CMD [\"/app\"]'; repeatable",
    )
    plan.add_argument(
        "--platform", metavar="OS/ARCH[/VARIANT]", help="platform of the image; default: the root's"
    )
    plan.add_argument("--message", metavar="TEXT", help="commit message")
    plan.add_argument(
        "--engine",
        metavar="ENGINE",
        default="docker",
        help="docker (default), podman, or one version such as docker-28",
    )
    plan.add_argument(
        "--from-image",
        metavar="IMAGE",
        help="archive of the image that the root was exported from, whose settings are restored",
    )
    plan.add_argument(
        "--show-secrets", action="store_true", help="do not replace secrets in the output"
    )
    _add_format(plan)
    _add_reading(plan)


def _add_convert(commands: _Commands) -> None:
    convert = commands.add_parser(
        "convert",
        help="write an image or root filesystem in another form",
        description="Write an image or a root filesystem in the form that an engine takes.",
        epilog=_CONVERT_EXIT_CODES,
        formatter_class=_RawFormatter,
        allow_abbrev=False,
    )
    convert.add_argument("source", metavar="IN", help=_PATH_HELP)
    convert.add_argument("target", metavar="OUT", help="a path, or - for standard output")
    convert.add_argument(
        "--to",
        dest="form",
        metavar="FORM",
        required=True,
        choices=_FORMS,
        help=f"the form to write: {', '.join(_FORMS)}",
    )
    convert.add_argument(
        "--image", metavar="NAME|DIGEST", help="the image to convert, of an archive of several"
    )
    convert.add_argument(
        "--platform",
        metavar="OS/ARCH[/VARIANT]",
        help="the platform to convert, of an image for several; the platform of a root filesystem",
    )
    convert.add_argument("--ref", metavar="NAME:TAG", help="the name that the image gets")
    convert.add_argument(
        "--compression",
        choices=_COMPRESSIONS,
        metavar="KIND",
        help=f"compression of the layers: {', '.join(_COMPRESSIONS)}; default: as they are",
    )
    convert.add_argument(
        "--change",
        action="append",
        dest="changes",
        metavar="INSTRUCTION",
        help="of a root filesystem: a setting of the image, such as 'CMD [\"/app\"]'; repeatable",
    )
    convert.add_argument(
        "--message", metavar="TEXT", help="of a root filesystem: the comment in the history"
    )
    convert.add_argument(
        "--from-image",
        metavar="IMAGE",
        help="of a root filesystem: the archive of the image that it was exported from",
    )
    convert.add_argument(
        "--strict", action="store_true", help="fail if the form cannot hold something"
    )
    convert.add_argument("--json", action="store_true", help="describe the result as JSON")
    _add_reading(convert)


def _add_rules(commands: _Commands) -> None:
    rules = commands.add_parser(
        "rules", help="list the rules", description="List the rules with severity and summary."
    )
    rules.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="default: text"
    )
    rules.add_argument(
        "--search", metavar="WORDS", help="only rules whose documentation contains these words"
    )
    _add_policy(rules)
    _add_no_plugin(rules)


def _add_compare(commands: _Commands) -> None:
    compare = commands.add_parser(
        "compare",
        help="show what differs between two archives",
        description=(
            "Compare two archives: what they are, their images, layers, settings and files."
        ),
        epilog=_COMPARE_EXIT_CODES,
        formatter_class=_RawFormatter,
        allow_abbrev=False,
    )
    compare.add_argument("a", metavar="A", help=_PATH_HELP)
    compare.add_argument("b", metavar="B", help="the other archive")
    compare.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="WHAT",
        help="differences that do not count: timestamps, order, compression, encoding",
    )
    compare.add_argument(
        "--image", metavar="NAME|DIGEST", help="compare only this image of each archive"
    )
    compare.add_argument(
        "--all", action="store_true", help="list all differences, not only the first of each part"
    )
    _add_format(compare)
    _add_reading(compare)


def _add_show(commands: _Commands) -> None:
    show = commands.add_parser(
        "show",
        help="show what is in an archive",
        description="Show what is in an archive: images, settings, history, layers and files.",
        epilog=_SHOW_EXIT_CODES,
        formatter_class=_RawFormatter,
        allow_abbrev=False,
    )
    show.add_argument("path", metavar="ARCHIVE", help=_PATH_HELP)
    show.add_argument(
        "--image", metavar="NAME|DIGEST", help="one image of several, by name or start of a digest"
    )
    show.add_argument(
        "--tree",
        nargs="?",
        const="",
        metavar="PATH",
        help="show the files of the merged root as a tree, or those below PATH",
    )
    show.add_argument(
        "-L", dest="depth", type=int, metavar="DEPTH", help="levels of the tree; default: 2"
    )
    show.add_argument(
        "--layer", type=int, metavar="N", help="the tree of one layer, counted from 0"
    )
    show.add_argument("--outer", action="store_true", help="the tree of the archive's own members")
    show.add_argument(
        "--all", action="store_true", help="leave nothing out, however long the output becomes"
    )
    _add_format(show)
    _add_verify_key(show)
    _add_reading(show)


def _add_format(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    command.add_argument(
        "--json", action="store_const", const="json", dest="format", help="same as --format json"
    )


def _add_paths(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", metavar="PATH", help=_PATHS_HELP)
    command.add_argument(
        "--files-from",
        action="append",
        default=[],
        metavar="FILE",
        help="read further paths from FILE, one a line; - for standard input; repeatable",
    )
    command.add_argument(
        "-0",
        "--null",
        action="store_true",
        help="paths in the lists of --files-from end with a zero byte",
    )


def _add_no_cache(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-cache",
        action="store_true",
        help="read layers that were read before again, and keep nothing; see 'checker cache'",
    )


def _add_reading(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config",
        metavar="FILE",
        help="configuration file; default: checker.toml or pyproject.toml, here or above",
    )
    _add_bounds(command)


def _add_bounds(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--limit",
        action="append",
        metavar="NAME=VALUE",
        dest="limits",
        help="set a limit for reading, such as entries=100000; repeatable",
    )
    command.add_argument(
        "-j",
        "--jobs",
        type=int,
        metavar="N",
        help="archives and blobs to read in parallel, all together; default: CPUs",
    )
    command.add_argument(
        "--host",
        metavar="OS/ARCH[,KEY]",
        help="the engines' host, with storage=vfs or rootless; default: linux/amd64, on overlay",
    )
    command.add_argument(
        "--color", metavar="WHEN", help="colours: auto (default, on a terminal), always, never"
    )
    command.add_argument("--no-progress", action="store_true", help="do not show progress")
    _add_no_plugin(command)


def _add_no_plugin(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-plugin", action="append", metavar="NAME", default=[], help="do not load this plugin"
    )
