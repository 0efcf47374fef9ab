"""ENG001: the intended command cannot restore an archive of this kind."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.fix import Command, Fix
from checker.model.archive import FLAT_KINDS, IMAGE_KINDS, Archive, Kind
from checker.verdicts import Classification, Loadable
from checker_engines.causes import has_error


class WrongCommand(Check):
    """The intended command is not the one for this kind of archive.

    What it means:
        ``docker load`` restores an image written by ``docker save``, with its layers and metadata
        such as CMD and ENV. ``docker import`` restores a flat root filesystem written by
        ``docker export``. The archive is of the other kind, or of neither. The rule runs when
        ``--as load`` or ``--as import`` states the intended command.

    Why it matters:
        ``docker load`` of a root filesystem fails with an error about a missing ``json`` file.
        ``docker import`` of an image archive exits 0, but creates an image whose root filesystem
        consists of ``manifest.json`` and blobs, and which cannot start.

    How to fix it:
        Use the command that the finding names.

    References:
        - Docker CLI reference, docker image load and docker image import
        - moby daemon/images/image_import.go and image/tarexport/load.go
    """

    id = "ENG001"
    name = "wrong-command"
    severity = Severity.ERROR
    since = "0.1.0"
    follows_findings = True

    def skip_reason(self, archive: Archive) -> str | None:
        """Not applicable unless the user states the intended command."""
        del archive
        if self.context.action is None:
            return "no intended command: use --as load or --as import"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the intended command with what the engines do."""
        found = self.context.classification
        reason = None if found is None else self._reason(found)
        if found is None or reason is None or self._is_explained(archive):
            return
        if archive.kind is Kind.UNKNOWN:
            known = f"docker {self.context.action} does not restore the archive"
        else:
            known = f"the archive is of kind {archive.kind}"
        yield self.finding(archive, f"{known}: {reason}", fix=_fix(found.restore))

    def _reason(self, found: Classification) -> str | None:
        if self.context.action == "load" and found.loadable is Loadable.NO:
            return found.loadable_reason
        if self.context.action == "import" and not found.importable:
            return found.importable_reason
        return None

    def _is_explained(self, archive: Archive) -> bool:
        """Whether the command fits the kind, and an error says why it fails all the same.

        Damage in transport is such an error for both commands.
        """
        kinds = IMAGE_KINDS if self.context.action == "load" else FLAT_KINDS
        is_fit = archive.damage is not None or archive.kind in kinds
        return is_fit and has_error(self.context.findings)


def _fix(command: str | None) -> Fix | None:
    if command is None:
        return None
    return Fix("use the command for this kind of archive", Command(command))
