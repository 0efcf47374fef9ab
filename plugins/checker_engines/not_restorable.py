"""ENG002: no command restores the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive, Kind
from checker_engines.classification.by_kind import classify

_NOT_RESTORABLE = frozenset({Kind.WRAPPED, Kind.NESTED, Kind.UNKNOWN})


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

    def skip_reason(self, archive: Archive) -> str | None:
        """With an intended command ENG001 applies; damaged and empty archives have other rules."""
        if self.context.action is not None:
            return "wrong-command (ENG001) checks the intended command"
        if archive.tar.fatal is not None or archive.compression.error is not None:
            return "the archive is damaged"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the kinds that no engine can restore."""
        if archive.kind in _NOT_RESTORABLE:
            found = classify(archive, archive.path)
            yield self.finding(
                archive,
                f"neither docker load nor docker import restores it: {found.loadable_reason}; "
                f"{found.importable_reason}",
            )
