"""ARC006: data after the end of the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Anomaly, AnomalyKind, Archive, Command, CompressionKind, Finding, Fix, Severity
from checker_archive.outer_tar import TarCheck

_AFTER_GZIP = "Podman and skopeo reject the file, Docker and containerd ignore the data"
_AFTER_OTHERS = "Podman and skopeo reject the file, as do Docker up to 20.10 and docker import"


class DataAfterEnd(TarCheck):
    """The archive contains data after its end.

    What it means:
        A tar ends with two blocks of zeros; only more zeros may follow. Here other data follows. If
        it is a tar header, or if the data follows the end of the compressed stream, the severity is
        error. Zeros after the end marker, which fill up a record, are not reported.

    Why it matters:
        Readers stop at the end marker, so they ignore the data, while tools that ignore the marker
        (`tar --ignore-zeros`) see other members than the engines. After a compressed stream, Podman
        and skopeo reject such data. Docker and containerd ignore it after gzip; after the other
        compressions Docker ignores it since 23.0, when loading.

    How to fix it:
        Create the archive again. Two tars cannot be joined with `cat`:

            cat a.tar b.tar > both.tar                 # b.tar is never read
            tar --concatenate --file=a.tar b.tar       # appends the members of b.tar

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format": two blocks of zeros end an archive
        - Go archive/tar, reader.go, readHeader: io.EOF after two zero blocks
        - Go compress/gzip, gunzip.go: "invalid header" for data after a gzip member
    """

    id = "ARC006"
    name = "data-after-end"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for data after the end of the tar and of the compressed stream."""
        for anomaly in archive.tar.of_kind(AnomalyKind.DATA_AFTER_END):
            yield self._after_tar(archive, anomaly)
        if archive.compression.trailing is not None:
            yield self._after_stream(archive, archive.compression.trailing)

    def _after_tar(self, archive: Archive, anomaly: Anomaly) -> Finding:
        offset = anomaly.offset
        is_header = archive.tar.header_follows
        found = "another tar header" if is_header else "other data"
        before = "" if len(archive.entries) else ", before any member"
        return self.finding(
            archive,
            f"the end-of-archive marker is at byte {archive.tar.end}{before}, but {found} follows "
            f"at byte {offset}; all engines ignore it",
            at={"offset": offset},
            severity=Severity.ERROR if is_header else None,
        )

    def _after_stream(self, archive: Archive, trailing: int) -> Finding:
        compression = archive.compression
        is_gzip = compression.kind is CompressionKind.GZIP
        zeros = "zero " if compression.trailing_zeros else ""
        return self.finding(
            archive,
            f"the {compression.kind} stream ends at byte {trailing}, {archive.size - trailing} "
            f"{zeros}bytes follow; {_AFTER_GZIP if is_gzip else _AFTER_OTHERS}",
            at={"offset": trailing},
            fix=Fix("remove what follows", Command(f"head -c {trailing} FILE > FIXED")),
            severity=Severity.ERROR,
        )
