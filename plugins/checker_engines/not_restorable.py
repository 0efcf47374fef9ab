"""ENG002: no command brings the archive back."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive, Kind
from checker_engines.classification.by_kind import classify

_NOBODYS = frozenset({Kind.WRAPPED, Kind.NESTED, Kind.UNKNOWN})


class NotRestorable(Check):
    """No command brings this archive back: it is neither an image nor a root filesystem.

    What it means:
        The archive can be read, but where engines look for ``manifest.json``, ``index.json`` or the
        folders of a root filesystem there is something else: an image one folder too deep, an image
        archive inside another archive, or files of another kind.

    Why it matters:
        ``docker load`` refuses it. ``docker import`` takes any tar, and makes an image in which
        nothing can be started.

    How to fix it:
        Take the image out, as the advice above the findings says, or write the archive again with
        ``docker save`` or ``docker export``. If only a part of a pipeline is meant to be checked,
        say what comes next with ``--as load`` or ``--as import``.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - OCI image-spec 1.1, image-layout.md
        - moby image/tarexport/load.go and daemon/images/image_import.go
    """

    id = "ENG002"
    name = "not-restorable"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """With an intended command ENG001 speaks; what is damaged or empty has rules of its own."""
        if self.context.action is not None:
            return "wrong-command (ENG001) compares with the intended command"
        if archive.tar.fatal is not None or archive.compression.error is not None:
            return "the archive is damaged"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the kinds that no engine has a use for."""
        if archive.kind in _NOBODYS:
            found = classify(archive, archive.path)
            yield self.finding(
                archive,
                f"neither docker load nor docker import brings this back: {found.loadable_reason}; "
                f"{found.importable_reason}",
            )
