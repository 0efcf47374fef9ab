"""Report formats."""

from __future__ import annotations

from collections.abc import Callable

from checker.checks.option import Option
from checker.records import NamedTuple
from checker.results import CheckedArchive, Plugin, Run
from checker.typing_names import Any, Protocol


class ReportStream(Protocol):
    """A report that is written archive by archive."""

    def archive(self, checked: CheckedArchive) -> str:
        """The text for an archive, as soon as it is checked."""
        ...

    def end(self, run: Run) -> str:
        """The text that follows the last archive."""
        ...


class Report(NamedTuple):
    """A report format, for ``--format NAME``.

    Attributes:
        name: Its name on the command line.
        render: Returns the text of the report of a run. The values of the options are keyword
            arguments, with underscores in their names: ``render(run, row_limit=10)``.
        needs_content: Whether it shows more of an archive's facts than
            ``Archive.without_content`` keeps; otherwise the content of an archive is dropped before
            the next one is read.
        shows_digest: Whether it shows the digest of the whole archive, which takes time to compute.
        options: What ``--format-option NAME.OPTION=VALUE`` decides about it.
        stream: Begins the report if it is written archive by archive, instead of ``render``; gets
            the values of the options in the same way: ``stream(row_limit=10)``.
        plugin: The plugin that it came with, which is set when plugins are loaded; None if it is
            built in.
    """

    name: str
    render: Callable[..., str]
    shows_digest: bool = False
    needs_content: bool = True
    options: tuple[Option[Any], ...] = ()
    stream: Callable[..., ReportStream] | None = None
    plugin: Plugin | None = None

    @property
    def label(self) -> str:
        """How messages call it: its name and plugin."""
        plugin = self.plugin
        if plugin is None:
            return self.name
        return f"{self.name} of plugin {plugin.name} ({plugin.distribution} {plugin.version})"
