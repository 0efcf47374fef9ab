"""Rules on the settings themselves: they are reported for a run, not for an archive."""

from __future__ import annotations

from checker.checks.finding import Severity
from checker.records import NamedTuple


class SettingsRule(NamedTuple):
    """A rule on settings.

    Attributes:
        id: Its id.
        name: Its name.
        severity: Its default severity.
        text: Its documentation.
    """

    id: str
    name: str
    severity: Severity
    text: str

    @property
    def documentation(self) -> str:
        """The documentation without indentation."""
        from inspect import cleandoc  # here, as few runs need it and it takes long to import

        return cleandoc(self.text)

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.documentation.partition("\n")[0]


EXPIRED_WAIVER = SettingsRule(
    "SET001",
    "expired-waiver",
    Severity.WARNING,
    """The last day of a waiver has passed.

    What it means:
        The date `until` of a table `[[waive]]` is in the past, so the waiver is ignored.

    Why it matters:
        The findings that it covered are reported again, and fail the run.

    How to fix it:
        Fix what the findings report and delete the waiver, or set a later date.

    References:
        Settings of the checker: waivers.
    """,
)
UNUSED_WAIVER = SettingsRule(
    "SET002",
    "unused-waiver",
    Severity.WARNING,
    """A waiver does not cover any finding.

    What it means:
        Archives that a table `[[waive]]` is for were checked by its rules, and no finding is
        covered by it.

    Why it matters:
        The waiver would hide a finding that returns, or one that was never accepted.

    How to fix it:
        Delete the waiver. If it is for other archives, name them with `archive`.

    References:
        Settings of the checker: waivers.
    """,
)
SETTINGS_RULES = (EXPIRED_WAIVER, UNUSED_WAIVER)
"""All rules on settings, in the order of their ids."""
