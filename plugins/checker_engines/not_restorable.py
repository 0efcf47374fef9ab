"""ENG002: no command restores the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.verdicts import Classification, Loadable
from checker_engines.causes import has_error


class NotRestorable(Check):
    """No command restores this archive: it is neither an image nor a root filesystem.

    What it means:
        The archive is readable, but its top level has neither ``manifest.json``, ``index.json`` nor
        the directories of a root filesystem. It contains an image one directory too deep, an image
        archive inside another archive, or unrelated files.

    Why it matters:
        ``docker load`` refuses it. ``docker import`` accepts any tar, but creates an image that
        cannot start.

    How to fix it:
        Extract the image, as the advice above the findings shows, or create the archive again with
        ``docker save`` or ``docker export``. If the archive is an intermediate file of a pipeline,
        state the next step with ``--as load`` or ``--as import``.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - OCI image-spec 1.1, image-layout.md
        - moby image/tarexport/load.go and daemon/images/image_import.go
    """

    id = "ENG002"
    name = "not-restorable"
    severity = Severity.ERROR
    since = "0.1.0"
    follows_findings = True

    def skip_reason(self, archive: Archive) -> str | None:
        """With an intended command ENG001 applies."""
        del archive
        if self.context.action is not None:
            return "wrong-command (ENG001) checks the intended command"
        return None if self.context.verdicts else "no engine was asked"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report what no engine takes, unless an error says why."""
        found = self.context.classification
        if found is None or _is_restorable(found) or has_error(self.context.findings):
            return
        reasons = dict.fromkeys((found.loadable_reason, found.importable_reason))
        yield self.finding(
            archive, f"neither docker load nor docker import restores it: {'; '.join(reasons)}"
        )


def _is_restorable(found: Classification) -> bool:
    return found.restore is not None or found.importable or found.loadable is not Loadable.NO
