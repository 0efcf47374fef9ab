"""ARC005: a tar that does not end with two blocks of zeros."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, Finding, Severity
from checker_archive.outer_tar import TarCheck, is_read_to_end


class MissingEndMarker(TarCheck):
    """The archive does not end with two blocks of zeros.

    What it means:
        A tar ends with two blocks of 512 zero bytes. Here the file ends directly after a member. If
        one of the two blocks is present, the finding is a note.

    Why it matters:
        Engines accept such an archive, so they do not notice if a file was truncated exactly
        between two members: the members after that point are missing without an error. All common
        tools write the end marker.

    How to fix it:
        Compare the file with its source. If it is complete, create it again with a tool that closes
        the archive properly. In Go, call Close on the tar.Writer.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format": two blocks of zeros end an archive
        - Go archive/tar, reader.go, readHeader: the end of the file is accepted as the end
    """

    id = "ARC005"
    name = "missing-end-marker"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the end of the tar."""
        if not len(archive.entries) or not is_read_to_end(archive):
            return
        for anomaly in archive.tar.of_kind(AnomalyKind.MISSING_END):
            last = len(archive.entries) - 1
            name = archive.entries.name(last)
            yield self.finding(
                archive,
                f"the archive ends at byte {anomaly.offset}, after {name}: {anomaly.detail}; more "
                "members may have followed",
                at={"offset": anomaly.offset},
                severity=Severity.NOTE if archive.tar.end_blocks else None,
            )
