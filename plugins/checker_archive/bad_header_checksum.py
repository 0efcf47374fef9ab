"""ARC003: a header of the archive with a wrong checksum."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, Check, Finding, Severity


class BadHeaderChecksum(Check):
    """The checksum in a tar header does not match the header.

    What it means:
        Each entry of a tar begins with a header of 512 bytes that contains a checksum of its own
        bytes. Here the checksum does not match: the header was damaged, or other data is at this
        position. If the compressed stream around the tar is corrupt, only that is reported.

    Why it matters:
        Every engine stops at this header and rejects the archive. Python's tarfile stops here
        without an error, as if the archive ended, so everything after it is silently lost.

    How to fix it:
        Create the archive again, or download it again. Typical causes are a download that was
        resumed incorrectly and a text conversion during the transfer.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format", chksum
        - Go archive/tar, reader.go, readHeader
    """

    id = "ARC003"
    name = "bad-header-checksum"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the headers of the outer tar, unless a corrupt stream is the cause."""
        if archive.compression.error is not None:
            return
        for anomaly in archive.tar.of_kind(AnomalyKind.BAD_CHECKSUM):
            yield self.finding(
                archive,
                f"header at byte {anomaly.offset}: {anomaly.detail}; engines stop reading here",
                at={"member": anomaly.name or None, "offset": anomaly.offset},
            )
