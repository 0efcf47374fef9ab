"""The command ``import-plan``."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from checker.cli.check import settings_of
from checker.cli.progress import Progress
from checker.cli.streams import tell, writing_output
from checker.errors import SettingsError, UnreadableError
from checker.importing.archives import check_engine
from checker.importing.document import plan_document
from checker.importing.masked import MaskedPlan
from checker.importing.plan import ImportRequest
from checker.importing.text import plan_lines
from checker.reports.json_report import json_text
from checker.reports.terminal import Color, rendered
from checker.session import Session

_GOOD, _REFUSED, _UNREADABLE = 0, 1, 3


def run_import_plan(arguments: argparse.Namespace) -> int:
    """Run ``import-plan``; the exit code.

    Raises:
        CheckerError: The command line or the configuration is wrong, or an archive is not what it
            has to be.
    """
    check_engine(arguments.engine)
    settings = settings_of(arguments)
    request = ImportRequest(
        engine=arguments.engine,
        reference=arguments.ref or "",
        changes=tuple(arguments.changes or ()),
        platform=arguments.platform or "",
        message=arguments.message or "",
        host=settings.host.platform,
    )
    if arguments.path == arguments.from_image == "-":
        raise SettingsError("import-plan: only one of the archives can be standard input")
    archives = 1 if arguments.from_image is None else 2
    with (
        Progress(wanted=settings.progress, archives=archives) as progress,
        Session(settings, watch=progress.watch) as session,
    ):
        try:
            shown = session.import_plan(
                arguments.path,
                request,
                from_image=arguments.from_image,
                show_secrets=arguments.show_secrets,
            )
        except UnreadableError as error:
            tell(str(error))
            return _UNREADABLE
    code = _GOOD if shown.plan.is_good else _REFUSED
    with writing_output():
        _write(shown, arguments.format, code, Color(settings.color))
    return code


def _write(shown: MaskedPlan, form: str, code: int, color: Color) -> None:
    if form == "text":
        sys.stdout.write(rendered(partial(plan_lines, shown), sys.stdout, color))
        return
    sys.stdout.write(json_text(plan_document(shown, code)))
