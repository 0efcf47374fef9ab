"""Findings: what a check reports about a place in an archive."""

from __future__ import annotations

from enum import StrEnum

from checker.checks.fix import Fix
from checker.model.location import Location
from checker.records import NamedTuple


class Severity(StrEnum):
    """How much a finding matters.

    ``ERROR``: a MUST is violated, an engine rejects the archive, or content is lost or unsafe.
    ``WARNING``: a SHOULD is violated, or problems are likely later. ``NOTE``: worth knowing.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the highest severity; sorts findings and compares them with ``--fail-on``."""
        return _RANKS[self]


_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Finding(NamedTuple):
    """One thing wrong, or worth knowing, at one place.

    Attributes:
        rule: Id of the rule, such as ``ARC003``.
        name: Name of the rule, such as ``bad-header-checksum``.
        severity: How much it matters, after the settings are applied.
        message: What is wrong, naming both sides.
        location: The one primary place.
        related: Further places that belong to the finding.
        fix: What to do about it, where one command or edit is enough.
        waived: The reason of the waiver that covers this finding.
        in_baseline: Whether the baseline contains it.
    """

    rule: str
    name: str
    severity: Severity
    message: str
    location: Location
    related: tuple[Location, ...] = ()
    fix: Fix | None = None
    waived: str | None = None
    in_baseline: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether it is waived or in the baseline, so that it does not fail the run."""
        return self.waived is not None or self.in_baseline


class Outcome(StrEnum):
    """How the run of one rule over one archive ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


class Result(NamedTuple):
    """The run of one rule over one archive.

    Attributes:
        rule: Id of the rule.
        name: Name of the rule.
        bundle: Name of the plugin that the rule came with.
        outcome: How the run ended.
        seconds: Time spent in the rule, in seconds.
        reason: Why the rule was skipped, or what the crash said in one line.
        traceback: Traceback of a crash.
        is_required: Whether reports list it if it was skipped, since users asked for it.
    """

    rule: str
    name: str
    bundle: str
    outcome: Outcome
    seconds: float
    reason: str | None = None
    traceback: str | None = None
    is_required: bool = False
