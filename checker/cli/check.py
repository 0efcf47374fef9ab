"""The commands ``check`` and ``classify``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TypeVar

from checker.cli.progress import Progress
from checker.cli.streams import tell
from checker.cli.targets import check_targets, try_targets
from checker.errors import SettingsError
from checker.model.untrusted import whole_number
from checker.plugins import load_plugins
from checker.reading.early import EarlyHashes
from checker.reports.automatic import with_automatic
from checker.reports.output import kept_for, plan_outputs, write_outputs
from checker.reports.streams import OpenReports
from checker.session import Session
from checker.settings import (
    CONFIG_FILE,
    Settings,
    parse_fail_on,
    parse_host,
    parse_intention,
    parse_jobs,
    read_settings,
    set_limits,
)

T = TypeVar("T")

_NAMED_OPTIONS = {
    "sarif_anchor": "sarif.anchor",
    "junit_flavour": "junit.flavour",
    "junit_cases": "junit.cases",
}


def run_check(arguments: argparse.Namespace, early: EarlyHashes) -> int:
    """Run ``check`` or ``classify``; the exit code.

    Args:
        arguments: The command line.
        early: Hashes of an archive's members that are being computed already.

    Raises:
        CheckerError: The command line, the configuration or a plugin is wrong.
    """
    settings = settings_of(arguments)
    if arguments.command == "check":
        settings = _check_settings(settings, arguments)
    plugins = load_plugins(settings.blocked)
    outputs = plan_outputs(arguments.formats or (), plugins.reports, _format_options(arguments))
    if arguments.command == "check":
        outputs = with_automatic(outputs, plugins.reports, os.environ)
    config = arguments.config or (CONFIG_FILE if os.path.isfile(CONFIG_FILE) else None)
    check_targets(outputs, arguments.paths, config)
    try_targets(outputs)
    shows_digest = any(output.report.shows_digest for output in outputs)
    session = Session(settings, plugins=plugins, early=early, whole_digest=shows_digest)
    look = session.run if arguments.command == "check" else session.classify_all
    reports = OpenReports(outputs, sys.stdout)
    wanted = not arguments.no_progress and not reports.are_shown
    with Progress(wanted=wanted) as progress:
        run = look(arguments.paths, progress=progress, keep=reports.kept(kept_for(outputs)))
    unwritten = write_outputs(reports.outputs(), run, sys.stdout)
    tell(*unwritten)
    return 3 if unwritten else run.exit_code


def _format_options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The options of formats; those with options of their own on the command line come last."""
    named = {option: getattr(arguments, option, None) for option in _NAMED_OPTIONS}
    short = (f"{_NAMED_OPTIONS[option]}={value}" for option, value in named.items() if value)
    return (*arguments.format_options, *short)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings of the configuration file, with those of the command line over them."""
    settings = Settings()
    if arguments.config is not None:
        settings = read_settings(arguments.config)
    elif os.path.isfile(CONFIG_FILE):
        settings = read_settings(CONFIG_FILE)
    settings = settings._replace(
        blocked=(*settings.blocked, *arguments.no_plugin),
        limits=set_limits(settings.limits, dict(map(limit_of, arguments.limits or ()))),
    )
    if arguments.host is not None:
        settings = settings._replace(host=_value("--host", parse_host, arguments.host))
    if arguments.jobs is not None:
        settings = settings._replace(jobs=_value("--jobs", parse_jobs, arguments.jobs))
    return settings


def _check_settings(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """The settings with those options of the command line that only ``check`` has."""
    if arguments.select:
        settings = settings._replace(select=_split(arguments.select))
    if arguments.engines:
        settings = settings._replace(engines=tuple(arguments.engines))
    if arguments.fail_on is not None:
        fail_on = _value("--fail-on", parse_fail_on, arguments.fail_on)
        settings = settings._replace(fail_on=fail_on)
    if arguments.action is not None:
        settings = settings._replace(action=_value("--as", parse_intention, arguments.action))
    return settings._replace(ignore=(*settings.ignore, *_split(arguments.ignore or ())))


def _value(option: str, parse: Callable[[object], T], text: object) -> T:
    """The parsed value of an option, whose name precedes the error if it is invalid."""
    try:
        return parse(text)
    except SettingsError as error:
        raise SettingsError(f"{option}: {error}") from error


def _split(values: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The names in values that each may hold several, with commas between."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def limit_of(text: str) -> tuple[str, int]:
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
