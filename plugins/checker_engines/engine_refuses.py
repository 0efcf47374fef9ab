"""ENG003: an engine that the user chose refuses the archive, or breaks it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.verdicts import Verdict, VerdictOutcome


class EngineRefuses(Check):
    """An engine that you chose refuses the archive, or takes it and makes something broken.

    What it means:
        ``--engine PROFILE`` asks what that engine would do with the archive on a clean Linux host.
        The steps of its own load or import function were followed over the facts of the archive,
        and ended in an error, or in an image that cannot be used.

    Why it matters:
        What loads on one engine is refused by the next, and some engines exit with 0 although what
        they made will not start. Hosts that run this engine cannot use the archive.

    How to fix it:
        The finding says what is in the way. ``checker classify`` shows what every other engine
        makes of the archive.

    References:
        - The load and import functions of moby, containerd, podman and skopeo
    """

    id = "ENG003"
    name = "engine-refuses"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Nothing to say about engines that nobody chose."""
        del archive
        return None if self.context.verdicts else "no engine chosen: say --engine PROFILE"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report each chosen engine that does not simply take it."""
        for verdict in self.context.verdicts:
            if verdict.outcome is not VerdictOutcome.ACCEPTS:
                yield self.finding(archive, _describe(verdict))


def _describe(verdict: Verdict) -> str:
    does = "refuses it" if verdict.outcome is VerdictOutcome.REJECTS else "takes it, but broken"
    said = f' ("{verdict.message}")' if verdict.message else ""
    return f"{verdict.engine} {verdict.action} {does}: {verdict.reason}{said}"
