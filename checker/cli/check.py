"""The commands ``check`` and ``classify``."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from checker._version import __version__
from checker.checks.check import CheckContext
from checker.checks.registry import Rule
from checker.checks.runner import run_checks
from checker.cli.progress import Progress
from checker.engines import Panel, choose_engines, known_engines, parse_host
from checker.model.archive import Archive
from checker.model.content import ContentPlan
from checker.plugins import OWN_DISTRIBUTION, Host, load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.reading.early import EarlyHashes
from checker.reading.errors import UnreadableError
from checker.reports.output import Output, OutputError, builtin_reports, plan_outputs, write_outputs
from checker.reports.printable import printable
from checker.reports.report import Report
from checker.results import CheckedArchive, Run
from checker.settings import (
    CONFIG_FILE,
    Settings,
    UsageError,
    parse_fail_on,
    parse_intention,
    read_settings,
    set_limits,
)
from checker.verdicts import Classification, Verdict

_MOST_JOBS = 8


def run_check(arguments: argparse.Namespace, early: EarlyHashes) -> int:
    """Run ``check`` or ``classify``; the exit code.

    Args:
        arguments: The command line.
        early: Hashes of an archive's members that are being worked out already.

    Raises:
        UsageError: The command line or the configuration is wrong.
    """
    settings = _settings(arguments)
    host = load_plugins(settings.blocked)
    outputs = _outputs(arguments.formats or (), host)
    checking = arguments.command == "check"
    rules = settings.rules(host.registry) if checking else ()
    if checking:
        settings = settings._replace(options=settings.rule_options(host.registry))
    if checking and not rules:
        for problem in host.problems:
            print(f"checker: {printable(str(problem))}", file=sys.stderr)
        print(
            "checker: no rules are loaded or selected, so nothing can be checked", file=sys.stderr
        )
        return 3
    engines = known_engines(host)
    chosen = choose_engines(engines, arguments.engines or ()) if checking else engines
    inspection = _Inspection(
        host,
        settings,
        rules,
        Panel(engines, chosen, parse_host(arguments.host)),
        _jobs(arguments.jobs),
        early,
        bool(chosen) or any(output.report.shows_digest for output in outputs),
    )
    run = Run(
        command=arguments.command,
        version=__version__,
        plugins=host.plugins,
        problems=host.problems,
        archives=tuple(
            inspection.look_at(path, show_progress=not arguments.no_progress)
            for path in arguments.paths
        ),
        fail_on=settings.fail_on,
    )
    unwritten = write_outputs(outputs, run, sys.stdout)
    for line in unwritten:
        print(f"checker: {line}", file=sys.stderr)
    return 3 if unwritten else run.exit_code


def _settings(arguments: argparse.Namespace) -> Settings:
    """The settings of the configuration file, with those of the command line over them."""
    settings = Settings()
    if arguments.config is not None:
        settings = read_settings(Path(arguments.config))
    elif Path(CONFIG_FILE).is_file():
        settings = read_settings(Path(CONFIG_FILE))
    settings = settings._replace(
        blocked=(*settings.blocked, *arguments.no_plugin),
        limits=set_limits(settings.limits, dict(map(_limit, arguments.limits or ()))),
    )
    if arguments.command != "check":
        return settings
    if arguments.select:
        settings = settings._replace(select=_split(arguments.select))
    if arguments.fail_on is not None:
        settings = settings._replace(fail_on=parse_fail_on(arguments.fail_on))
    if arguments.intended is not None:
        settings = settings._replace(intended=parse_intention(arguments.intended))
    return settings._replace(ignore=(*settings.ignore, *_split(arguments.ignore or ())))


def _split(values: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The names in values that each may hold several, with commas between."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _limit(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not equals or not value.isdecimal():
        raise UsageError(f"--limit: invalid value {text!r} (expected NAME=VALUE, a whole number)")
    return name, int(value)


def _jobs(wanted: int | None) -> int:
    if wanted is None:
        return min(os.cpu_count() or 1, _MOST_JOBS)
    if wanted < 1:
        raise UsageError(f"-j: invalid value {wanted} (expected a whole number above 0)")
    return wanted


def _outputs(orders: Sequence[str], host: Host) -> tuple[Output, ...]:
    try:
        return plan_outputs(orders, (*builtin_reports(), *_plugin_reports(host)))
    except OutputError as error:
        raise UsageError(str(error)) from error


def _plugin_reports(host: Host) -> Iterator[Report]:
    for plugin in host.plugins:
        answer = host.ask_one(plugin.name, "checker_reports")
        for report in answer if isinstance(answer, Iterable) else ():
            if not isinstance(report, Report):
                raise UsageError(
                    f"plugin {plugin.name}: checker_reports returned {report!r}, not a Report"
                )
            yield report


class _Inspection(NamedTuple):
    """What is the same for all archives of a run."""

    host: Host
    settings: Settings
    rules: tuple[Rule, ...]
    panel: Panel
    jobs: int
    early: EarlyHashes
    whole_digest: bool

    def look_at(self, path: str, *, show_progress: bool) -> CheckedArchive:
        """Read, classify and check one archive."""
        with Progress(printable(path), wanted=show_progress) as progress:
            options = ReadOptions(
                plan=ContentPlan.of(read for rule in self.rules for read in rule.check.reads),
                limits=self.settings.limits,
                jobs=self.jobs,
                whole_digest=self.whole_digest,
                progress=progress,
                early=self.early,
            )
            try:
                archive = read_archive(path, options)
            except UnreadableError as error:
                return CheckedArchive(path=path, error=error.reason)
        return self._judge(archive)

    def _judge(self, archive: Archive) -> CheckedArchive:
        crashes: list[str] = []
        shown_as = _shown_as(archive.path)
        judgement = self.panel.judge(archive, shown_as, crashes)
        classification = self._classify(archive, shown_as, judgement.verdicts, crashes)
        context = CheckContext(
            intended=self.settings.intended,
            limits=self.settings.limits,
            verdicts=judgement.of_chosen,
            options=self.settings.options,
        )
        run = run_checks(archive, self.rules, context)
        today = dt.datetime.now(tz=dt.UTC).date()
        return CheckedArchive(
            path=archive.path,
            archive=archive,
            classification=classification,
            verdicts=judgement.verdicts,
            of_chosen=judgement.of_chosen,
            findings=self.settings.judge(run.findings, today),
            results=run.results,
            crashes=tuple(crashes),
        )

    def _classify(
        self,
        archive: Archive,
        shown_as: str,
        verdicts: tuple[Verdict, ...],
        crashes: list[str],
    ) -> Classification | None:
        """What the first plugin with an answer says, those of others before ours."""
        others_first = sorted(
            self.host.plugins, key=lambda plugin: plugin.distribution == OWN_DISTRIBUTION
        )
        for plugin in others_first:
            try:
                answer = self.host.ask_one(
                    plugin.name,
                    "checker_classify",
                    archive=archive,
                    quoted_path=shown_as,
                    verdicts=verdicts,
                )
            except Exception as error:  # noqa: BLE001 - whatever a plugin raises
                crashes.append(f"{plugin.name}: classifying: {type(error).__name__}: {error}")
                continue
            if isinstance(answer, Classification):
                return answer
        return None


def _shown_as(path: str) -> str:
    """The path as a command line takes it."""
    if path.startswith("-") and path != "-":
        path = f"./{path}"
    return shlex.quote(path)
