"""Report formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from checker.checks.option import Option
from checker.results import Plugin


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
        plugin: The plugin that it came with, which is set when plugins are loaded; None if it is
            built in.
    """

    name: str
    render: Callable[..., str]
    shows_digest: bool = False
    needs_content: bool = True
    options: tuple[Option[Any], ...] = ()
    plugin: Plugin | None = None

    @property
    def label(self) -> str:
        """How messages call it: its name and plugin."""
        plugin = self.plugin
        if plugin is None:
            return self.name
        return f"{self.name} of plugin {plugin.name} ({plugin.distribution} {plugin.version})"
