"""The action ``report`` of the command ``sweep``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from checker.cli.streams import tell, writing_output
from checker.errors import SettingsError, UnreadableError
from checker.fleet.dataset import Dataset
from checker.fleet.overview import Overview, overview_of
from checker.records import NamedTuple
from checker.reports.output import write_file
from checker.suggestion import nearest

_NOT_WHOLE = 3
_TEXT = "text"


class _Output(NamedTuple):
    render: Callable[[Overview, int], str]
    file: str | None


def run_report(arguments: argparse.Namespace) -> int:
    """Show the overview; the exit code.

    Raises:
        CheckerError: The command line is wrong, the extra is missing, or results cannot be read.
    """
    if arguments.top < 1:
        raise SettingsError(f"--top: invalid value {arguments.top} (expected 1 or more)")
    upgrades = [_upgrade(text) for text in arguments.upgrades]
    outputs = [_output(text) for text in arguments.formats or (_TEXT,)]
    overview = overview_of(Dataset(arguments.results), upgrades, arguments.top)
    if not overview.archives:
        tell(f"{arguments.results}: contains no results; run 'checker sweep SOURCE' first")
        return _NOT_WHOLE
    for output in outputs:
        _write(output, output.render(overview, arguments.top))
    return 0


def _upgrade(text: str) -> tuple[str, str]:
    """The engines that ``FROM:TO`` names.

    Raises:
        SettingsError: It has another form.
    """
    before, _, after = text.partition(":")
    if not before or not after or ":" in after:
        raise SettingsError(
            f"--upgrade: invalid value {text!r} (expected FROM:TO, such as docker-28:docker-29)"
        )
    return before, after


def _output(text: str) -> _Output:
    """The output that ``NAME[=FILE]`` means.

    Raises:
        SettingsError: There is no such format, or the name of the file is missing.
    """
    name, equals, file = text.partition("=")
    if name not in _FORMATS:
        known = ", ".join(_FORMATS)
        hint = nearest(name, _FORMATS)
        raise SettingsError(f"--format: invalid value {name!r} (choose from: {known}){hint}")
    if equals and not file:
        raise SettingsError(f"--format {name}: the name of the file is missing")
    return _Output(_FORMATS[name], file or None)


def _write(output: _Output, text: str) -> None:
    if output.file is None:
        with writing_output():
            sys.stdout.write(text)
        return
    try:
        write_file(output.file, text.encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnreadableError(output.file, f"cannot be written: {reason}") from error


def _text(overview: Overview, top: int) -> str:
    from checker.fleet.reports.text import render_text

    return render_text(overview, top)


def _html(overview: Overview, top: int) -> str:
    from checker.fleet.reports.html import render_html

    return render_html(overview, top)


def _junit(overview: Overview, _top: int) -> str:
    from checker.fleet.reports.junit import render_junit

    return render_junit(overview)


def _json(overview: Overview, _top: int) -> str:
    from checker.fleet.reports.json_document import render_json

    return render_json(overview)


_FORMATS: Mapping[str, Callable[[Overview, int], str]] = {
    _TEXT: _text,
    "html": _html,
    "junit": _junit,
    "json": _json,
}
