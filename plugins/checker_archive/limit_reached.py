"""ARC010: a limit that ended the reading of something."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive


class LimitReached(Check):
    """A limit was reached, so not all of the archive was looked at.

    What it means:
        The archive asks for more memory, disk, depth or expansion than a sound one needs, and
        reading went no further at that place. The message names the limit and its value.

    Why it matters:
        What was not read was not checked either. A small file that inflates to terabytes, JSON
        nested without end or millions of names are ways to bring a reader down.

    How to fix it:
        If the archive is trusted and really that large, raise the limit as the fix says. Else do
        not load it.

    References:
        - CWE-409, highly compressed data; CWE-674, uncontrolled recursion
    """

    id = "ARC010"
    name = "limit-reached"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report each limit."""
        for reached in archive.limits:
            where = f"{reached.member}: " if reached.member else ""
            yield self.finding(
                archive,
                f"{where}the limit {reached.limit} of {reached.value} was reached: {reached.what}",
                at={"member": reached.member, "offset": reached.offset},
                fix=f"checker check --limit {reached.limit}={reached.value * 4} FILE",
            )
