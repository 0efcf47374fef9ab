"""The command ``convert``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

from checker.cli.progress import Progress
from checker.cli.streams import tell, writing_output
from checker.conversion.convert import convert
from checker.conversion.naming import check_reference
from checker.conversion.output import check_target
from checker.conversion.records import (
    ConversionError,
    Form,
    Request,
    RootOptions,
    Written,
)
from checker.conversion.report import document, summary
from checker.errors import SettingsError, UnreadableError
from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.names import Platform
from checker.model.untrusted import whole_number
from checker.reading.opened import OpenArchive
from checker.reports.json_report import json_text
from checker.reports.printable import printable
from checker.results import CheckedArchive
from checker.session import Session
from checker.settings import Settings, parse_host, parse_jobs, set_limits

_CONVERTED, _NOT_CONVERTED, _UNREADABLE = 0, 1, 3
# Rules about what the conversion writes; those about the content of the root are about the source.
_FORM_RULES = ("ARC", "DKR", "OCI", "TRP")
_CONTENT_RULES = ("CFG", "LYR")
# Whether engines take it. No daemon reads the directory of an image layout, and the root of an
# image may be nothing but data, which is not recognized as a root.
_ENGINE_RULES = ("ENG",)


def run_convert(arguments: argparse.Namespace) -> int:
    """Run ``convert``; the exit code.

    Raises:
        CheckerError: The command line is wrong.
        OSError: The result cannot be written.
    """
    form = Form(arguments.form)
    source, target = arguments.source, arguments.target
    is_directory = form is Form.OCI_LAYOUT
    check_target(source, target, is_directory=is_directory)
    if arguments.json and target == "-":
        raise SettingsError("--json: standard output is OUT already; name a file for OUT")
    _request(arguments, None)
    if source == arguments.from_image == "-":
        raise SettingsError("convert: only one of the archives can be standard input")
    settings = _settings(arguments)
    try:
        with (
            Session(settings) as session,
            Progress(wanted=not arguments.no_progress) as progress,
            session.open(source, progress=progress) as opened,
        ):
            request = _request(arguments, _image_of(session, arguments.from_image))
            written = convert(opened, target, request, _Verifier(session, opened, target))
            _report(arguments, opened, request, written)
    except ConversionError as error:
        tell(f"{source}: {error}")
        return _NOT_CONVERTED
    except UnreadableError as error:
        tell(str(error))
        return _UNREADABLE
    return _CONVERTED


def _image_of(session: Session, path: str | None) -> Archive | None:
    """The archive of the image that a root filesystem was exported from."""
    return None if path is None else session.read(path)


def _request(arguments: argparse.Namespace, image: Archive | None) -> Request:
    host = _platform("--host", arguments.host) or Platform("linux", "amd64")
    platform = _platform("--platform", arguments.platform)
    compression = arguments.compression
    if arguments.ref is not None:
        check_reference(arguments.ref)
    return Request(
        form=Form(arguments.form),
        image=arguments.image,
        platform=platform,
        ref=arguments.ref,
        compression=None if compression is None else CompressionKind(compression),
        is_strict=arguments.strict,
        host=host,
        epoch=_epoch(),
        root=RootOptions(tuple(arguments.changes or ()), arguments.message or "", image),
    )


def _platform(option: str, text: str | None) -> Platform | None:
    if text is None:
        return None
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise SettingsError(f"{option}: invalid value {text!r} (expected OS/ARCH[/VARIANT])")
    return Platform(parts[0], parts[1], parts[2] if len(parts) > 2 else None)


def _epoch() -> int | None:
    """The time of SOURCE_DATE_EPOCH (reproducible-builds.org)."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    number = whole_number(text)
    if number is None or number > 0o77777777777:
        raise SettingsError(f"SOURCE_DATE_EPOCH: invalid value {text!r} (expected seconds)")
    return number


def _settings(arguments: argparse.Namespace) -> Settings:
    from checker.cli.check import limit_of

    settings = Settings()
    is_image_file = arguments.form not in (Form.OCI_LAYOUT, Form.ROOTFS)
    engines = _ENGINE_RULES if is_image_file else ()
    settings = settings._replace(
        blocked=tuple(arguments.no_plugin),
        select=(*_FORM_RULES, *_CONTENT_RULES, *engines),
        limits=set_limits(settings.limits, dict(map(limit_of, arguments.limits or ()))),
    )
    if arguments.host is not None:
        settings = settings._replace(host=parse_host(arguments.host))
    if arguments.jobs is not None:
        settings = settings._replace(jobs=parse_jobs(arguments.jobs))
    return settings


class _Verifier:
    """Checks what was written, with the rules.

    Errors of rules about the form are faults of the conversion; others are so unless the source has
    them as well.
    """

    def __init__(self, session: Session, opened: OpenArchive, target: str) -> None:
        self._session = session
        self._archive: Archive = opened.archive
        self._target = target

    def __call__(self, written: str | BinaryIO) -> None:
        """Check it.

        Raises:
            ConversionError: It has errors.
        """
        checked = self._session.check(written, name=self._target)
        found = dict(_errors(checked))
        if any(not rule.startswith(_FORM_RULES) for rule in found):
            known = dict(_errors(self._session.judge(self._archive)))
            found = {
                rule: message
                for rule, message in found.items()
                if rule.startswith(_FORM_RULES) or rule not in known
            }
        for rule, message in found.items():
            raise ConversionError(f"the result would have an error, {rule}: {message}")


def _errors(checked: CheckedArchive) -> Iterator[tuple[str, str]]:
    return ((finding.rule, finding.message) for finding in reversed(checked.failures()))


def _report(
    arguments: argparse.Namespace, opened: OpenArchive, request: Request, written: Written
) -> None:
    """Say what was removed and left out on standard error, and what was written."""
    tell(*(f"{arguments.source}: {step}" for step in opened.steps))
    tell(*(f"{arguments.source}: left out: {each.detail}" for each in written.left_out))
    if arguments.target == "-" or sys.stdout is None:
        return
    with writing_output():
        if arguments.json:
            found = document(arguments.source, arguments.target, opened, request, written)
            sys.stdout.write(json_text(found))
        else:
            lines = summary(arguments.target, request, written)
            sys.stdout.writelines(f"{printable(line)}\n" for line in lines)
