"""The command ``sweep``. Everything that needs the libraries of its extra is in ``fleet``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from checker.checks.finding import Severity
from checker.cli.check import settings_of
from checker.cli.streams import tell
from checker.cores import available_cores
from checker.errors import SettingsError
from checker.fleet.dataset import Dataset
from checker.fleet.job import SHARE_FROM, SPLIT_FROM, Job, fingerprint, packed
from checker.fleet.records import Judged
from checker.fleet.schema import State
from checker.fleet.sweep import Plan, Progress, Sweep, Swept, run_name, summary_of
from checker.fleet.workers import ThisProcess, Workers, dask_at, local_dask
from checker.plugins import load_plugins
from checker.reports.json_report import json_text
from checker.reports.printable import printable, without_commands
from checker.reports.wording import count_words, size_words
from checker.session import Session
from checker.settings import Settings

_SHOWN = 20
_INTERVAL = 0.5
_ERASE = "\r\x1b[K"
_REGISTRY = "layers-known"


def run_sweep(arguments: argparse.Namespace) -> int:
    """Run ``sweep``; the exit code.

    Raises:
        CheckerError: The command line, the settings or a plugin is wrong, an extra is missing, or
            results cannot be written or read.
    """
    if arguments.action_of_sweep == "report":
        from checker.cli.sweep_report import run_report

        return run_report(arguments)
    return _sweep(arguments)


def _sweep(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments).without_baselines()
    plan = _plan(arguments, settings)
    run = run_name()
    dataset = Dataset(arguments.results)
    shown = _Shown(wanted=settings.progress, is_json=arguments.format == "json")
    with _workers(arguments, run) as workers:
        swept = Sweep(plan, run, dataset, workers, tell=shown.tell, watch=shown.watch).run()
    shown.erase()
    tell(*(f"{one.url}: {one.reason}" for one in swept.unlisted))
    if arguments.format == "json":
        print(json_text(summary_of(swept, plan)), end="")
    else:
        for line in _closing(swept, arguments.results, shown.hidden):
            print(_safe(line))
    return swept.exit_code


def _plan(arguments: argparse.Namespace, settings: Settings) -> Plan:
    """What is to be done.

    Raises:
        SettingsError: The command line or the settings are wrong.
        PluginError: No rules are loaded.
    """
    if not arguments.paths:
        raise SettingsError("no archives are named: specify SOURCE")
    plugins = load_plugins(settings.blocked)
    # What is wrong with the settings is said here, not by each worker.
    session = Session(settings, plugins=plugins)
    session.plan()
    results = arguments.results.rstrip("/")
    shared = None if arguments.no_shared_layers else f"{_absolute(results)}/{_REGISTRY}"
    share_from = _size("--share-from", arguments.share_from, SHARE_FROM)
    return Plan(
        tuple(map(_absolute, arguments.paths)),
        Job(packed(settings), shared, share_from),
        fingerprint(settings, session.plugins),
        _size("--split-from", arguments.split_from, SPLIT_FROM),
        is_complete=arguments.again,
    )


def _absolute(source: str) -> str:
    """A URL as it is; a path as every worker on this machine understands it."""
    return source if "://" in source or "::" in source else os.path.abspath(source)


def _size(option: str, given: int | None, default: int) -> int:
    if given is not None and given < 1:
        raise SettingsError(f"{option}: invalid value {given} (expected a number of bytes)")
    return default if given is None else given


@contextmanager
def _workers(arguments: argparse.Namespace, run: str) -> Iterator[Workers]:
    """Who does the work.

    Raises:
        SettingsError: The number is not valid, an extra is missing, or no scheduler answers.
    """
    count = arguments.workers
    if arguments.scheduler is not None:
        if count is not None:
            raise SettingsError("--workers: the cluster of --scheduler has workers of its own")
        with dask_at(arguments.scheduler, run) as cluster:
            yield cluster
    elif count == 0:
        yield ThisProcess()
    elif count is not None and count < 0:
        raise SettingsError(f"--workers: invalid value {count} (expected 0 or more)")
    else:
        with local_dask(count or available_cores(), run) as cluster:
            yield cluster


class _Shown:
    """What is shown while the sweep goes on: archives that do not pass, and one line of progress.

    Args:
        wanted: Whether progress is shown.
        is_json: Whether standard output is for JSON alone.

    Attributes:
        hidden: Archives that do not pass and were not listed.
    """

    def __init__(self, *, wanted: bool, is_json: bool) -> None:
        self.hidden = 0
        self._left = 0 if is_json else _SHOWN
        self._wanted = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + _INTERVAL
        self._is_shown = False

    def tell(self, judged: Judged) -> None:
        """Show an archive that does not pass."""
        if self._left == 0:
            self.hidden += 1
            return
        self._left -= 1
        self.erase()
        print(_safe(f"{_here(judged.found.name)}: {_fate(judged)}"), flush=True)

    def watch(self, progress: Progress) -> None:
        """Show how far the sweep has come."""
        now = time.monotonic()
        if not self._wanted or now < self._next:
            return
        self._next = now + _INTERVAL
        done = progress.checked + progress.unread
        said = f"{done:,} of {progress.found - progress.unchanged:,} archives checked"
        self._is_shown = True
        _write(f"{_ERASE}{said}, {size_words(progress.fetched)} fetched")

    def erase(self) -> None:
        """Erase the progress."""
        if self._is_shown:
            self._is_shown = False
            _write(_ERASE)


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _here(url: str) -> str:
    """A URL; the path of a local file as it is from here, if it is below."""
    return url.removeprefix(f"{os.getcwd()}{os.sep}")


def _safe(line: str) -> str:
    return without_commands(printable(line))


def _fate(judged: Judged) -> str:
    """Why an archive does not pass."""
    if judged.state is not State.CHECKED or judged.error is not None:
        return f"not checked completely: {judged.error}"
    errors, warnings = judged.number_of(Severity.ERROR), judged.number_of(Severity.WARNING)
    return f"{count_words(errors, 'error')}, {count_words(warnings, 'warning')}"


def _closing(swept: Swept, results: str, hidden: int) -> Iterator[str]:
    """The last lines: what was found, what it took, where the results are."""
    reached = swept.progress
    if hidden:
        yield f"... and {count_words(hidden, 'more archive')} that do not pass"
    passing = reached.checked - reached.failing
    yield (
        f"{count_words(reached.found, 'archive')} found: {passing:,} pass, {reached.failing:,} do "
        f"not pass, {reached.unread:,} not checked completely, {reached.unchanged:,} unchanged"
    )
    if reached.unchanged_failing:
        yield f"{reached.unchanged_failing:,} of the unchanged ones do not pass"
    if reached.gone:
        yield f"{count_words(reached.gone, 'archive')} removed since the last sweep"
    if reached.shared_layers:
        yield (
            f"{count_words(reached.shared_layers, 'layer')} "
            f"({size_words(reached.shared_bytes)}) known from other archives and not read again"
        )
    if reached.requests:
        yield (
            f"{count_words(reached.requests, 'request')} for {size_words(reached.fetched)} of "
            f"{size_words(reached.bytes)}"
        )
    yield f"results: {results}; see 'checker sweep report {results}'"
