"""The command ``baseline``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing

from checker.baseline import document, entry_of
from checker.cache.user import UserCache
from checker.cli.check import settings_of
from checker.cli.progress import Progress
from checker.cli.sources import archives_of
from checker.cli.streams import tell
from checker.cli.targets import check_target
from checker.cores import available_cores
from checker.errors import UnreadableError
from checker.parallel.archives import Work, checked_archives
from checker.reports.json_report import json_text
from checker.reports.output import write_file
from checker.reports.printable import printable
from checker.reports.wording import count_words
from checker.results import BaselineEntry, CheckedArchive, Run
from checker.session import Session
from checker.settings import Settings

_NOT_WHOLE = 3


def run_baseline(arguments: argparse.Namespace) -> int:
    """Write a baseline; the exit code.

    Raises:
        CheckerError: The command line or the settings are wrong, or the file cannot be written.
    """
    settings = settings_of(arguments).without_baselines()
    config = None if settings.origin is None else settings.origin.file
    paths = archives_of(arguments.paths, arguments.files_from, null=arguments.null)
    check_target(arguments.file, "baseline", paths, config)
    with (
        Progress(wanted=settings.progress, archives=len(paths)) as progress,
        Session(
            settings, watch=progress.watch, cache=UserCache() if settings.cache else None
        ) as session,
    ):
        jobs = settings.jobs or available_cores()
        work = Work("check", paths, jobs, CheckedArchive.without_content, tell=progress.watch)
        with closing(checked_archives(session, work)) as results:
            run = session.gather("check", results)
    problems = tuple(_problems(run))
    if problems:
        tell(*problems, f"{arguments.file} is not written, since the check is incomplete")
        return _NOT_WHOLE
    entries = set(_entries(session, run, settings))
    try:
        write_file(arguments.file, json_text(document(entries)).encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnreadableError(arguments.file, f"cannot be written: {reason}") from error
    found = count_words(len(entries), "finding")
    archives = count_words(len(run.archives), "archive")
    print(printable(f"{arguments.file}: {found} of {archives}"))
    return 0


def _problems(run: Run) -> list[str]:
    """Why the check is incomplete."""
    unread = [f"{checked.path}: {checked.error}" for checked in run.archives if checked.error]
    crashed = [
        f"{checked.path}: the check is incomplete; see 'checker check'"
        for checked in run.archives
        if checked.error is None and not checked.is_whole
    ]
    return [*map(str, run.problems), *unread, *crashed]


def _entries(session: Session, run: Run, settings: Settings) -> Iterator[BaselineEntry]:
    """What fails the run; with ``fail-on = "never"`` all findings."""
    for checked in run.archives:
        name = session.baseline_name(checked.path)
        for finding in checked.findings:
            if run.fails(finding) or (settings.fail_on is None and not finding.is_accepted):
                yield entry_of(finding, name)
