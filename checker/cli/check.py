"""The commands ``check`` and ``classify``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from checker._version import __version__
from checker.cache.user import UserCache
from checker.cli.progress import Progress
from checker.cli.sources import archives_of
from checker.cli.streams import tell, writing_output
from checker.cli.targets import check_targets, try_targets
from checker.cores import available_cores
from checker.errors import SettingsError
from checker.model.limits import Limits
from checker.model.untrusted import whole_number
from checker.parallel.archives import Work, checked_archives
from checker.plugins import LoadedPlugins, load_plugins
from checker.reading.early import EarlyHashes
from checker.reports.automatic import with_automatic
from checker.reports.output import (
    TEXT,
    Output,
    OutputError,
    kept_for,
    plan_outputs,
    prepared_for,
    show_content,
    write_outputs,
)
from checker.reports.streams import OpenReports
from checker.results import CheckedArchive, Run
from checker.session import Session
from checker.settings import (
    Settings,
    layered,
    parse_color,
    parse_fail_on,
    parse_host,
    parse_intention,
    parse_jobs,
    parse_profile,
    set_limits,
)
from checker.settings_file import Origin, find_file, read_file
from checker.typing_names import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from argparse import Namespace
    from types import SimpleNamespace

    Arguments: TypeAlias = Namespace | SimpleNamespace

T = TypeVar("T")

COMMAND_LINE = "command line"
# Results with all facts that wait for those before them.
_CONTENTS_AHEAD = 16
_CHECKING = frozenset({"check", "config", "baseline", "sweep"})
_SHOW = "show"
_NAMED_OPTIONS = {
    "sarif_anchor": "sarif.anchor",
    "junit_flavour": "junit.flavour",
    "junit_cases": "junit.cases",
    "detail": "text.detail",
}


def run_check(arguments: Arguments, early: EarlyHashes) -> int:
    """Run ``check`` or ``classify``; the exit code.

    Args:
        arguments: The command line.
        early: Hashes of an archive's members that are being computed already.

    Raises:
        CheckerError: The command line, the configuration or a plugin is wrong.
    """
    settings = settings_of(arguments)
    plugins = load_plugins(settings.blocked)
    outputs = _outputs(settings, arguments, plugins)
    config = None if settings.origin is None else settings.origin.file
    paths = archives_of(arguments.paths, arguments.files_from, null=arguments.null)
    check_targets(outputs, paths, config)
    try_targets(outputs)
    shows_digest = any(output.report.shows_digest for output in outputs)
    known = _known_run(arguments.command, settings, paths)
    outputs = _streamed(outputs, known, len(paths))
    reports = OpenReports(outputs, sys.stdout)
    _import_reports(outputs)
    with Progress(wanted=settings.progress, archives=len(paths)) as progress:
        session = Session(
            settings,
            plugins=plugins,
            early=early,
            whole_digest=shows_digest,
            watch=progress.watch,
            cache=UserCache() if settings.cache else None,
        )
        work = Work(
            arguments.command,
            paths,
            jobs=settings.jobs or available_cores(),
            prepare=prepared_for(outputs),
            ahead=_CONTENTS_AHEAD if show_content(outputs) else None,
            tell=progress.watch,
        )
        with closing(checked_archives(session, work)) as results:
            keep = _reporting(progress, reports.kept(kept_for(outputs)))
            run = session.gather(arguments.command, results, keep)
    with writing_output():
        unwritten = write_outputs(reports.outputs(), run, sys.stdout)
    tell(*unwritten)
    return 3 if unwritten else run.exit_code


def _known_run(command: str, settings: Settings, paths: Sequence[str]) -> Run:
    """What is known of a run before it begins: the command, and what fails it."""
    own = settings.own_fail_on(paths)
    return Run(command, __version__, fail_on=settings.fail_on, own_fail_on=own)


def _streamed(outputs: tuple[Output, ...], known: Run, archives: int) -> tuple[Output, ...]:
    """The outputs, with the report for people written archive by archive if there are several."""
    if archives == 1 or not any(output.report.name == TEXT for output in outputs):
        return outputs
    from checker.reports.text.stream import Beginning, streamed

    return streamed(outputs, Beginning(known, archives), sys.stdout)


def _import_reports(outputs: Iterable[Output]) -> None:
    """Import what writes the report for people, while the first archive is already hashed."""
    if any(output.report.name == TEXT for output in outputs):
        import checker.reports.text.report  # noqa: F401


def _reporting(
    progress: Progress, keep: Callable[[CheckedArchive], CheckedArchive]
) -> Callable[[CheckedArchive], CheckedArchive]:
    """A function that may write a part of a report, for which progress is erased."""

    def report(checked: CheckedArchive) -> CheckedArchive:
        progress.finish_archive()
        with writing_output():
            return keep(checked)

    return report


def _outputs(
    settings: Settings, arguments: Arguments, plugins: LoadedPlugins
) -> tuple[Output, ...]:
    """The reports to write; those of the settings file are of ``check`` alone."""
    color = f"text.color={settings.color}"
    if arguments.command != "check":
        options = (color, *_format_options(arguments))
        return plan_outputs(arguments.formats or (), plugins.reports, options)
    try:
        options = (color, *settings.format_options)
        outputs = plan_outputs(settings.formats, plugins.reports, options)
    except SettingsError as error:
        key = "format-option" if str(error).startswith("--format-option") else "format"
        raise OutputError(f"{settings.place_of(key)}{error}") from error
    return with_automatic(outputs, plugins.reports, os.environ)


def _format_options(arguments: Arguments) -> tuple[str, ...]:
    """The options of formats; those with options of their own on the command line come last."""
    named = {option: getattr(arguments, option, None) for option in _NAMED_OPTIONS}
    given = {option: value for option, value in named.items() if value is not None}
    short = (f"{_NAMED_OPTIONS[option]}={value}" for option, value in given.items())
    return (*getattr(arguments, "format_options", ()), *short)


def settings_of(arguments: Arguments) -> Settings:
    """The settings of the configuration file, with those of the command line over them.

    Raises:
        SettingsError: The file cannot be read, or a value in it or an option is invalid.
    """
    path = settings_path(arguments.config)
    file = None if path is None else read_file(path)
    table = _reading_table(arguments) | _keys_table(arguments)
    if arguments.command in _CHECKING:
        return layered(file, Origin(COMMAND_LINE, table | _check_table(arguments)))
    # Only findings are compared with the baseline.
    settings = layered(file, Origin(COMMAND_LINE, table)).without_baselines()
    return settings if arguments.command == _SHOW else settings.without_verify_keys()


def settings_path(given: str | None) -> str | None:
    """The settings file: the one that is named, else the one that is found; None if there is none.

    Raises:
        SettingsError: The name is empty, as that of a variable that is not set.
    """
    if given == "":
        raise SettingsError("--config: the name of the file is missing")
    return given or find_file()


def _reading_table(arguments: Arguments) -> dict[str, object]:
    """The options of all commands that read archives, as a table of settings."""
    limits = dict(map(_limit_of, arguments.limits or ()))
    set_limits(Limits(), limits)
    table: dict[str, object] = {"no-plugin": list(arguments.no_plugin), "limits": limits}
    if arguments.host is not None:
        _value("--host", parse_host, arguments.host)
        table["host"] = arguments.host
    if arguments.jobs is not None:
        table["jobs"] = _value("--jobs", parse_jobs, arguments.jobs)
    if arguments.color is not None:
        table["color"] = _value("--color", parse_color, arguments.color)
    if arguments.no_progress:
        table["progress"] = False
    if getattr(arguments, "no_cache", False):
        table["cache"] = False
    return {key: value for key, value in table.items() if value not in ([], {})}


def _keys_table(arguments: Arguments) -> dict[str, object]:
    """The keys for signatures, which replace those of the file."""
    keys = getattr(arguments, "verify_keys", None)
    return {"verify-key": list(keys)} if keys else {}


def _check_table(arguments: Arguments) -> dict[str, object]:
    """The options that only ``check`` has."""
    lists = {
        "select": _split(arguments.select or ()),
        "ignore": _split(arguments.ignore or ()),
        "engine": _engines(arguments.engines or ()),
        "format": getattr(arguments, "formats", None),
        "format-option": _format_options(arguments),
        "policy": arguments.policies or (),
        "structure-test": arguments.structure_tests or (),
    }
    table: dict[str, object] = {key: list(value) for key, value in lists.items() if value}
    parsers: dict[str, tuple[Callable[[object], object], object]] = {
        "fail-on": (parse_fail_on, arguments.fail_on),
        "as": (parse_intention, arguments.action),
        "profile": (parse_profile, arguments.profile),
        "baseline": (str, getattr(arguments, "baseline", None)),
    }
    for key, (parse, text) in parsers.items():
        if text is not None:
            _value(f"--{key}", parse, text)
            table[key] = text
    if arguments.strict_waivers:
        table["strict-waivers"] = True
    return table


def _value(option: str, parse: Callable[[object], T], text: object) -> T:
    """The parsed value of an option, whose name precedes the error if it is invalid."""
    try:
        return parse(text)
    except SettingsError as error:
        raise SettingsError(f"{option}: {error}") from error


def _engines(values: Sequence[str]) -> tuple[str, ...]:
    """The engines in values that each may name several; an empty value stays, as an error."""
    return tuple(name for value in values for name in _split((value,)) or (value,))


def _split(values: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The names in values that each may hold several, with commas between."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _limit_of(text: str) -> tuple[str, int]:
    """The name and value of an option ``--limit``.

    Raises:
        SettingsError: It is not of the form NAME=VALUE.
    """
    name, equals, value = text.partition("=")
    number = whole_number(value)
    if not equals or number is None:
        raise SettingsError(
            f"--limit: invalid value {text!r} (expected NAME=VALUE, a whole number)"
        )
    return name, number
