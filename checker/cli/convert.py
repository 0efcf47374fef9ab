"""The command ``convert``."""

from __future__ import annotations

import argparse
import os
import sys

from checker.cli.check import settings_of
from checker.cli.progress import Progress
from checker.cli.streams import require_output, tell, writing_output
from checker.conversion.naming import check_reference
from checker.conversion.output import check_target
from checker.conversion.records import (
    Conversion,
    ConversionError,
    Form,
    Request,
    RootOptions,
)
from checker.conversion.report import document, summary
from checker.errors import SettingsError, UnreadableError
from checker.masking import Mask
from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.names import Platform
from checker.model.untrusted import whole_number
from checker.reports.json_report import json_text
from checker.reports.printable import printable
from checker.session import Session
from checker.settings import Settings

_SECRETS = Mask(None)
"""Hides what has the form of a secret, such as a password in a URL."""
_CONVERTED, _NOT_CONVERTED, _UNREADABLE = 0, 1, 3


def run_convert(arguments: argparse.Namespace) -> int:
    """Run ``convert``; the exit code.

    Raises:
        CheckerError: The command line is wrong.
        OSError: The result cannot be written.
    """
    form = Form(arguments.form)
    source, target = arguments.source, arguments.target
    is_directory = form is Form.OCI_LAYOUT
    require_output()
    check_target(source, target, arguments.from_image, is_directory=is_directory)
    if arguments.json and target == "-":
        raise SettingsError("--json: standard output is OUT already; name a file for OUT")
    settings = settings_of(arguments)
    _request(arguments, settings, None)
    if source == arguments.from_image == "-":
        raise SettingsError("convert: only one of the archives can be standard input")
    try:
        with (
            Progress(wanted=settings.progress) as progress,
            Session(settings, watch=progress.watch) as session,
        ):
            image = _image_of(session, arguments.from_image)
            request = _request(arguments, settings, image)
            done = session.convert(source, target, request)
        _report(arguments, request, _SECRETS.all(done))
    except ConversionError as error:
        tell(f"{source}: {_SECRETS.text(str(error))}")
        return _NOT_CONVERTED
    except UnreadableError as error:
        tell(str(error))
        return _UNREADABLE
    return _CONVERTED


def _image_of(session: Session, path: str | None) -> Archive | None:
    """The archive of the image that a root filesystem was exported from."""
    return None if path is None else session.read(path)


def _request(arguments: argparse.Namespace, settings: Settings, image: Archive | None) -> Request:
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
        host=settings.host.platform,
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


def _report(arguments: argparse.Namespace, request: Request, done: Conversion) -> None:
    """Say what was removed and left out on standard error, and what was written."""
    tell(*(f"{arguments.source}: {step}" for step in done.steps))
    tell(*(f"{arguments.source}: left out: {each.detail}" for each in done.left_out))
    tell(*(f"{arguments.target}: has an error that IN has, {each}" for each in done.errors))
    if arguments.target == "-":
        return
    with writing_output():
        if arguments.json:
            found = document(arguments.source, arguments.target, request, done)
            sys.stdout.write(json_text(found))
        else:
            lines = summary(arguments.target, request, done)
            sys.stdout.writelines(f"{printable(line)}\n" for line in lines)
