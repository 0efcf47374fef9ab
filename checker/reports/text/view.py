"""How much of a run the text report shows, and how wide it is."""

from __future__ import annotations

from enum import StrEnum

from checker.records import NamedTuple
from checker.reports.terminal import WIDTH


class Detail(StrEnum):
    """How much is shown: only what fails (``-q``), what decides, or everything (``-v``)."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


class View(NamedTuple):
    """How a report is shown.

    Attributes:
        width: Columns to wrap at; longer commands, names and digests are not broken.
        detail: How much is shown.
    """

    width: int = WIDTH
    detail: Detail = Detail.NORMAL

    @property
    def is_verbose(self) -> bool:
        """Whether everything is shown."""
        return self.detail is Detail.VERBOSE

    @property
    def repeats(self) -> int:
        """How many similar things are shown before the others are counted."""
        return 20 if self.is_verbose else 3

    @property
    def images(self) -> int:
        """How many images of an archive are shown."""
        return 100 if self.is_verbose else 5

    @property
    def see(self) -> str:
        """Where the rest is shown."""
        return "see --format json" if self.is_verbose else "see -v"
