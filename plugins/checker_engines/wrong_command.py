"""ENG001: the archive is of a kind that the intended command refuses or ruins."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.verdicts import Classification, Loadable
from checker_engines.classification.by_kind import classify


class WrongCommand(Check):
    """The command that you mean to use is not the one for this kind of archive.

    What it means:
        ``docker load`` takes an image: layers, metadata, CMD and ENV, as ``docker save`` writes
        it. ``docker import`` takes a flat root filesystem, as ``docker export`` writes it. The
        archive is of the other kind, or of neither. The rule runs when ``--as load`` or
        ``--as import`` says what you mean to do.

    Why it matters:
        A root filesystem given to ``docker load`` ends in a message about a missing ``json``
        file. An image archive given to ``docker import`` is worse: the command succeeds and makes
        an image whose root holds ``manifest.json`` and blobs, and which cannot start.

    How to fix it:
        Use the command that the finding names.

    References:
        - Docker CLI reference, docker image load and docker image import
        - moby daemon/images/image_import.go and image/tarexport/load.go
    """

    id = "ENG001"
    name = "wrong-command"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Nothing to compare with unless the user says what is meant."""
        del archive
        if self.context.action is None:
            return "no intended command: say --as load or --as import"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the kind with the intended command."""
        quoted_path = "-" if archive.path == "-" else archive.path
        found = classify(archive, quoted_path)
        reason = self._reason(found)
        if reason is None:
            return
        yield self.finding(archive, f"this is of kind {archive.kind}: {reason}", fix=found.restore)

    def _reason(self, found: Classification) -> str | None:
        if self.context.action == "load" and found.loadable is Loadable.NO:
            return found.loadable_reason
        if self.context.action == "import" and not found.importable:
            return found.importable_reason
        return None
