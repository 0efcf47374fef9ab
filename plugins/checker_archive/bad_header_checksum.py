"""ARC003: a header of the archive whose checksum is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.tar import AnomalyKind


class BadHeaderChecksum(Check):
    """A tar header's bytes do not add up to its checksum.

    What it means:
        Each entry of a tar begins with a header of 512 bytes that holds the sum of its own bytes.
        Here the sum is another one, so the header was damaged, or something else lies in its place.
        Where the compressed stream around the tar is corrupt, that alone is reported.

    Why it matters:
        Every engine stops at this header and refuses the archive. Python's tarfile ends here
        without a word, as if nothing followed, so what follows is silently lost.

    How to fix it:
        Write the archive again, or fetch it again: a download cut and resumed wrongly, or a text
        conversion on the way, leaves such headers.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format", chksum
        - Go archive/tar, reader.go, readHeader
    """

    id = "ARC003"
    name = "bad-header-checksum"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the headers of the outer tar, unless a corrupt stream spoiled them."""
        if archive.compression.error is not None:
            return
        for anomaly in archive.tar.of_kind(AnomalyKind.BAD_CHECKSUM):
            yield self.finding(
                archive,
                f"header at byte {anomaly.offset}: {anomaly.detail}; nothing from here on is read",
                at={"member": anomaly.name, "offset": anomaly.offset},
            )
