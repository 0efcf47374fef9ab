"""Reports that are written archive by archive, while a run goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from checker.isolation import Failure, attempt
from checker.masking import masked_archive
from checker.reports.output import Output, write_stream
from checker.results import CheckedArchive, Run
from checker.typing_names import TextIO


class OpenReports:
    """The reports of a run that are written archive by archive.

    On standard output each part appears at once. A file is written whole, at the end.

    Args:
        outputs: All reports of the run.
        stdout: Standard output; None if it was closed from the start.
    """

    def __init__(self, outputs: Sequence[Output], stdout: TextIO | None) -> None:
        self._open = [_OpenReport(output, stdout) for output in outputs if output.report.stream]
        self._others = [output for output in outputs if not output.report.stream]

    def kept(
        self, keep: Callable[[CheckedArchive], CheckedArchive]
    ) -> Callable[[CheckedArchive], CheckedArchive]:
        """What is done with each archive: it is reported, and kept as far as others need it."""
        if not self._open:
            return keep

        def report(checked: CheckedArchive) -> CheckedArchive:
            shown = masked_archive(checked)
            for each in self._open:
                each.add(shown)
            return keep(checked)

        return report

    def outputs(self) -> tuple[Output, ...]:
        """What is still to be written when the run has ended."""
        return (*self._others, *(report.rest for report in self._open))


class _OpenReport:
    """One report that is written archive by archive.

    Its code may fail; it then gets no further archives, and the failure is told at the end.
    """

    def __init__(self, output: Output, stdout: TextIO | None) -> None:
        self._output = output
        self._stdout = stdout if output.is_to_stdout else None
        self._parts: list[str] = []
        begin = output.report.stream
        self._stream = (
            Failure("", "") if begin is None else attempt(partial(begin, **output.values))
        )

    @property
    def rest(self) -> Output:
        """The report with what has not been written."""
        stream, parts = self._stream, self._parts
        if isinstance(stream, Failure):
            return self._output._replace(failure=stream)

        def end(run: Run, **_options: object) -> str:
            return "".join((*parts, stream.end(run)))

        return self._output._replace(report=self._output.report._replace(render=end))

    def add(self, checked: CheckedArchive) -> None:
        if isinstance(self._stream, Failure):
            return
        part = attempt(partial(self._stream.archive, checked))
        written = part if isinstance(part, Failure) else self._write(part)
        if isinstance(written, Failure):
            self._stream = written

    def _write(self, part: str) -> Failure | None:
        # The text is a plugin's, so it may not be one, or cannot be encoded.
        data = attempt(lambda: str.encode(part))
        if isinstance(data, Failure):
            return data
        if self._stdout is None:
            self._parts.append(part)
            return None
        return _written(data, self._stdout)


def _written(data: bytes, stdout: TextIO) -> Failure | None:
    """Write a part; why that failed, unless nothing reads standard output any more.

    Raises:
        BrokenPipeError: The reader of standard output closed it.
    """
    try:
        write_stream(data, stdout)
    except BrokenPipeError:
        raise
    except OSError as error:
        return Failure(f"cannot be written to standard output: {error.strerror}", "")
    return None
