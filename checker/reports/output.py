"""Writes reports to standard output or to files, never partially."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType

from checker.checks.option import Option
from checker.errors import SettingsError
from checker.isolation import Failure, attempt
from checker.masking import masked_archive, masked_run
from checker.records import NamedTuple
from checker.reports.options import choice, read_options
from checker.reports.printable import printable
from checker.reports.report import Report, ReportStream
from checker.results import CheckedArchive, Run
from checker.typing_names import Any, TextIO

TEXT = "text"
GITHUB = "github"
MARKDOWN = "markdown"
STDOUT = "-"
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
_READ_WRITE_ALL = 0o666


_ANCHOR = Option(
    "anchor", str, "", "a file of the repository that all results point to, such as Dockerfile"
)


_TEXT_OPTIONS: tuple[Option[Any], ...] = (
    Option("detail", str, "normal", "how much is shown", choices=("quiet", "normal", "verbose")),
    Option("color", str, "auto", "when it is in colour", choices=("auto", "always", "never")),
)
_CASES = Option(
    "cases", str, "rules", "what is a test case", choices=("rules", "findings", "archives")
)
_JUNIT_OPTIONS: tuple[Option[Any], ...] = (
    Option("flavour", str, "strict", "who reads it", choices=("strict", "gitlab", "azure")),
    _CASES,
    Option("hostname", bool, False, "whether the name of the machine is in it"),
)


class OutputError(SettingsError):
    """An invalid order for reports; the text tells the user what to change."""


class Output(NamedTuple):
    """A report and where it goes.

    Attributes:
        report: The report.
        file: Path of the file; None for a standard stream.
        options: The options of the report that are set, by name.
        is_appended: Whether it is appended to the file, which it does not replace.
        is_beside: Whether it goes to standard error, since another report has standard output.
        failure: How it failed before the end of the run, if it is written archive by archive.
    """

    report: Report
    file: str | None = None
    options: Mapping[str, object] = MappingProxyType({})
    is_appended: bool = False
    is_beside: bool = False
    failure: Failure | None = None

    @property
    def values(self) -> dict[str, object]:
        """The options as keyword arguments."""
        return {name.replace("-", "_"): value for name, value in self.options.items()}

    @property
    def is_to_stdout(self) -> bool:
        """Whether it goes to standard output."""
        return self.file is None and not self.is_beside


def builtin_reports() -> tuple[Report, ...]:
    """The built-in formats; each imports what it needs when it renders."""
    return (
        Report(TEXT, _text, needs_content=False, options=_TEXT_OPTIONS),
        Report("json", _json, shows_digest=True, needs_content=False),
        Report("junit", _junit, needs_content=False, options=_JUNIT_OPTIONS),
        Report("sarif", _sarif, needs_content=False, options=(_ANCHOR,)),
        Report(GITHUB, _github, needs_content=False),
        Report("gitlab", _gitlab, needs_content=False),
        Report(MARKDOWN, _markdown, needs_content=False),
        Report("tap", _tap, needs_content=False, options=(_CASES,)),
        Report("html", _html, needs_content=False, stream=_html_stream),
    )


def _text(run: Run, **options: Any) -> str:
    from checker.reports.text.report import render_text

    return render_text(run, **options)


def _json(run: Run) -> str:
    from checker.reports.json_report import render_json

    return render_json(run)


def _junit(run: Run, **options: Any) -> str:
    from checker.reports.junit import render_junit

    return render_junit(run, **options)


def _tap(run: Run, **options: Any) -> str:
    from checker.reports.tap import render_tap

    return render_tap(run, **options)


def _sarif(run: Run, anchor: str = "") -> str:
    from checker.reports.sarif import render_sarif

    return render_sarif(run, anchor)


def _github(run: Run) -> str:
    from checker.reports.github import render_github

    return render_github(run)


def _gitlab(run: Run) -> str:
    from checker.reports.gitlab import render_gitlab

    return render_gitlab(run)


def _markdown(run: Run) -> str:
    from checker.reports.markdown import render_markdown

    return render_markdown(run)


def _html(run: Run) -> str:
    from checker.reports.html.report import render_html

    return render_html(run)


def _html_stream() -> ReportStream:
    from checker.reports.html.report import HtmlReport

    return HtmlReport()


def plan_outputs(
    orders: Iterable[str], reports: Sequence[Report], options: Iterable[str] = ()
) -> tuple[Output, ...]:
    """Parse orders of the form ``NAME`` or ``NAME=FILE``; the default is text to standard output.

    Args:
        orders: The orders, such as ``junit=report.xml``; the file ``-`` is standard output.
        reports: The available formats.
        options: Their options, such as ``junit.cases=findings``.

    Raises:
        OutputError: A format is unknown, a file name is missing, two reports go to one place, or an
            option is not valid.
    """
    known = {report.name: report for report in reports}
    ordered = tuple(_output(order, known) for order in orders) or (Output(known[TEXT]),)
    values = read_options(options, known)
    outputs = tuple(
        output._replace(options=values.get(output.report.name, {})) for output in ordered
    )
    taken: dict[str | None, str] = {}
    for output in outputs:
        place = None if output.file is None else os.path.realpath(output.file)
        if place is None and output.report.name == GITHUB and taken.get(None) == TEXT:
            continue  # commands in the log, between whatever else it has
        if place in taken:
            raise OutputError(_same_place(output, taken[place]))
        taken[place] = output.report.name
    return outputs


def _output(order: str, known: dict[str, Report]) -> Output:
    name, equals, file = order.partition("=")
    if name not in known:
        raise OutputError(f"unknown format {name!r} {choice(name, known)}")
    if equals and not file:
        raise OutputError(f"--format {order}: the file name after = is missing")
    return Output(known[name], file if file not in {"", STDOUT} else None)


def _same_place(output: Output, other: str) -> str:
    name = output.report.name
    if output.file is None:
        return (
            f"{other} and {name} are both written to standard output; write one of them to a file, "
            f"such as --format {name}=FILE"
        )
    return f"{other} and {name} are both written to {output.file}; use two files"


def kept_for(outputs: Iterable[Output]) -> Callable[[CheckedArchive], CheckedArchive]:
    """What has to be kept of each archive until these reports are written."""
    if any(output.report.needs_content for output in outputs):
        return lambda checked: checked
    return CheckedArchive.without_content


def show_content(outputs: Iterable[Output]) -> bool:
    """Whether reports show more of an archive's facts than ``Archive.without_content`` keeps.

    Those that are written archive by archive may, the one for people aside.
    """
    return any(
        output.report.needs_content or (output.report.stream and output.report.name != TEXT)
        for output in outputs
    )


def prepared_for(outputs: Iterable[Output]) -> Callable[[CheckedArchive], CheckedArchive]:
    """What of each archive is handed to these reports: without secrets, and no more than needed."""
    if show_content(outputs):
        return masked_archive
    return lambda checked: masked_archive(checked).without_content()


def write_outputs(outputs: Iterable[Output], run: Run, stdout: TextIO | None) -> tuple[str, ...]:
    """Write all reports, files first: they are complete even if standard output is closed early.

    Args:
        outputs: The reports.
        run: What they report.
        stdout: Standard output; None if it was closed from the start.

    Returns:
        Problems, one line each: a report that raised, or one that cannot be written.

    Raises:
        BrokenPipeError: The reader of standard output closed it.
    """
    shown = masked_run(run)
    ordered = sorted(outputs, key=lambda output: output.file is None)
    return tuple(problem for output in ordered for problem in _write(output, shown, stdout))


def _write(output: Output, run: Run, stdout: TextIO | None) -> Iterator[str]:
    report = output.report
    data = _attempted(output, run, stdout if output.is_to_stdout else None)
    if isinstance(data, Failure):
        yield printable(f"report {report.label}: {data.summary}")
        return
    try:
        _send(output, data, stdout)
    except BrokenPipeError:
        if output.is_to_stdout:
            raise
        yield printable(unwritable(output, "Broken pipe"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        yield printable(unwritable(output, reason or str(error)))


def _attempted(output: Output, run: Run, stream: TextIO | None) -> bytes | Failure:
    if output.failure is not None:
        return output.failure
    return attempt(lambda: _rendered(output, run, stream))


def unwritable(output: Output, reason: str) -> str:
    """The message for a report that cannot be written."""
    stream = "standard error" if output.is_beside else "standard output"
    place = stream if output.file is None else output.file
    return f"report {output.report.label} cannot be written to {place}: {reason}"


def _rendered(output: Output, run: Run, stream: TextIO | None) -> bytes:
    """The report in UTF-8; that for people as the stream wants it, if it goes to one."""
    report = output.report
    if stream is not None and report.render is _text:
        from checker.reports.text.report import text_for

        options: dict[str, Any] = output.values
        return text_for(run, stream, **options).encode()
    return report.render(run, **output.values).encode()


def _send(output: Output, data: bytes, stdout: TextIO | None) -> None:
    if output.file is not None and output.is_appended:
        with open(output.file, "ab") as file:
            file.write(data)
    elif output.file is not None:
        write_file(output.file, data)
    elif output.is_beside:
        if sys.stderr is not None:
            write_stream(data, sys.stderr)
    elif stdout is None:
        raise OSError(errno.EBADF, "it is closed")
    else:
        write_stream(data, stdout)


def write_stream(data: bytes, stream: TextIO) -> None:
    """Write bytes as they are: the formats for programs are UTF-8, whatever the locale.

    Raises:
        OSError: They cannot be written.
    """
    binary = getattr(stream, "buffer", None)
    if binary is None:
        stream.write(data.decode())
    else:
        stream.flush()
        binary.write(data)
    stream.flush()


def write_file(path: str, data: bytes) -> None:
    """Write a file completely or not at all: to a temporary file, which is then renamed.

    A device or a pipe is written to directly.

    Raises:
        OSError: It cannot be written; an existing file is then unchanged.
    """
    if _is_special(path):
        with open(path, "wb") as special:
            special.write(data)
        return
    target = os.path.realpath(path)
    with temporary_beside(target) as temporary:
        write_new(temporary, data)
        with suppress(FileNotFoundError):
            os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(temporary, target)


def _is_special(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def temporary_beside(target: str) -> Iterator[str]:
    """A temporary name next to the target, which is always removed afterwards."""
    temporary = os.path.join(os.path.dirname(target), f".checker-{os.urandom(6).hex()}.tmp")
    try:
        yield temporary
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def write_new(path: str, data: bytes) -> None:
    """Write a file that does not exist yet.

    Raises:
        OSError: It cannot be written.
    """
    with open(os.open(path, _CREATE, _READ_WRITE_ALL), "wb") as file:
        file.write(data)
