"""ARC006: something behind the end of the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.tar import Anomaly, AnomalyKind
from checker_archive._outer import folder_reason

_OTHERS = {CompressionKind.GZIP: "Docker and containerd do not"}
_NEWER = "Docker does so up to 20.10, and with an import"


class DataAfterEnd(Check):
    """Something follows the end of the archive.

    What it means:
        Behind the two blocks of zeros that end a tar, only further zeros may follow. Here there is
        more. If it is another tar header, or if it follows the end of the compressed stream, the
        finding is an error. Zeros behind the end marker, which fill a record, are fine.

    Why it matters:
        Readers stop at the end marker, so what follows is hidden from them, while tools that
        ignore the marker (`tar --ignore-zeros`) see other members than the engine does. It is what
        `cat a.tar b.tar` makes. Behind a compressed stream, Podman and skopeo refuse such bytes;
        Docker and containerd pass over them behind gzip, behind the others Docker does so since 23,
        when it loads.

    How to fix it:
        Write the archive anew. To join two tars use `tar --concatenate`; to append to one use
        `tar --append`.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format": two blocks of zeros end an archive
        - Go archive/tar, reader.go, readHeader: io.EOF after two zero blocks
        - Go compress/gzip, gunzip.go: "invalid header" for what follows a member and is none
    """

    id = "ARC006"
    name = "data-after-end"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """A folder has no end."""
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look behind the end of the tar and of the compression."""
        for anomaly in archive.tar.of_kind(AnomalyKind.DATA_AFTER_END):
            yield self._behind_tar(archive, anomaly)
        if archive.compression.trailing is not None:
            yield self._behind_stream(archive, archive.compression.trailing)

    def _behind_tar(self, archive: Archive, anomaly: Anomaly) -> Finding:
        offset = anomaly.offset
        is_header = archive.tar.header_follows
        found = "another tar header" if is_header else "data that is no tar header"
        before = "" if len(archive.entries) else ", before any member"
        return self.finding(
            archive,
            f"the end marker stands at byte {archive.tar.end}{before}, {found} follows at byte "
            f"{offset}; no engine looks at it",
            at={"offset": offset},
            severity=Severity.ERROR if is_header else None,
        )

    def _behind_stream(self, archive: Archive, trailing: int) -> Finding:
        compression = archive.compression
        kind = compression.kind
        zeros = "zero " if compression.trailing_zeros else ""
        return self.finding(
            archive,
            f"the {compression.kind} stream ends at byte {trailing}, {archive.size - trailing} "
            f"{zeros}bytes follow; Podman and skopeo refuse that, {_OTHERS.get(kind, _NEWER)}",
            at={"offset": trailing},
            fix=f"head -c {trailing} FILE > MENDED",
            severity=Severity.ERROR,
        )
