"""ENG003: a required engine refuses the archive, or restores it incompletely."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.verdicts import Verdict, VerdictOutcome


class EngineRefuses(Check):
    """An engine selected with --engine refuses the archive, or creates a broken image from it.

    What it means:
        ``--engine PROFILE`` predicts what that engine does with the archive on a clean Linux host,
        by following the steps of its load or import function. They end in an error, or in an image
        that cannot be used.

    Why it matters:
        An archive that one engine loads may be refused by another, and some engines exit with 0
        although the image cannot start. Hosts that run this engine cannot use the archive.

    How to fix it:
        The finding states the cause. ``checker classify`` shows the verdicts of all engines.

    References:
        - The load and import functions of moby, containerd, podman and skopeo
    """

    id = "ENG003"
    name = "engine-refuses"
    severity = Severity.ERROR
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Not applicable unless an engine is selected."""
        del archive
        return (
            None if self.context.required_verdicts else "no engine selected: use --engine PROFILE"
        )

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report each selected engine that does not accept it."""
        for verdict in self.context.required_verdicts:
            if verdict.outcome is not VerdictOutcome.ACCEPTS:
                yield self.finding(archive, _describe(verdict))


def _describe(verdict: Verdict) -> str:
    does = (
        "refuses it"
        if verdict.outcome is VerdictOutcome.REJECTS
        else "accepts it, but the result is broken"
    )
    said = f' ("{verdict.message}")' if verdict.message else ""
    return f"{verdict.engine} {verdict.action} {does}: {verdict.reason}{said}"
