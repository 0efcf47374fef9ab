"""ARC005: a tar that does not end with two blocks of zeros."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.tar import AnomalyKind
from checker_archive._outer import folder_reason, is_read_to_end


class MissingEndMarker(Check):
    """The archive does not end with two blocks of zeros.

    What it means:
        A tar ends with two blocks of 512 zero bytes. Here the file simply stops after a member.
        With one block of zeros instead of two the finding is a note.

    Why it matters:
        Engines take such an archive, and so none of them notices when a file was cut off exactly
        between two members: the members behind the cut are missing without an error. All usual
        writers of archives write the end marker.

    How to fix it:
        Compare the file with its source; if it is whole, write it again with a tool that closes
        the archive properly. In Go, call Close on the tar.Writer.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format": two blocks of zeros end an archive
        - Go archive/tar, reader.go, readHeader: the end of the file is taken for the end
    """

    id = "ARC005"
    name = "missing-end-marker"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """A folder has no end marker."""
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the end of the tar."""
        if not len(archive.entries) or not is_read_to_end(archive):
            return
        for anomaly in archive.tar.of_kind(AnomalyKind.MISSING_END):
            last = len(archive.entries) - 1
            name = archive.entries.name(last)
            yield self.finding(
                archive,
                f"the archive ends at byte {anomaly.offset}, behind {name}, with {anomaly.detail}; "
                "whether more members followed cannot be told",
                at={"offset": anomaly.offset},
                severity=Severity.NOTE if archive.tar.end_blocks else None,
            )
