"""ARC004: an archive whose end is cut off."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.tar import Anomaly, AnomalyKind
from checker_archive._outer import folder_reason, is_cut_by_limit

_CUTS = (
    AnomalyKind.TRUNCATED_HEADER,
    AnomalyKind.TRUNCATED_CONTENT,
    AnomalyKind.TRUNCATED_PADDING,
)


class TruncatedArchive(Check):
    """The archive is cut off before its end.

    What it means:
        The file ends inside a header, inside the content of a member, or before the compressed
        stream does. If only the padding behind a member's content is cut, that member is whole, and
        the finding is a warning, for members may have followed.

    Why it matters:
        What was behind the cut is gone. Engines stop with "unexpected EOF". A download or copy
        that broke off, or a full disk, is the usual cause.

    How to fix it:
        Fetch or write the file again, and compare its size or checksum with the original's.

    References:
        - Go archive/tar, reader.go: io.ErrUnexpectedEOF; the end inside the padding is tolerated
        - RFC 1952 (gzip), section 2.3: a member ends with CRC32 and ISIZE
    """

    id = "ARC004"
    name = "truncated-archive"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """A folder cannot be cut."""
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at how the file and its compression end."""
        if is_cut_by_limit(archive):
            return
        cuts = archive.tar.of_kind(*_CUTS)
        if archive.compression.truncated:
            yield self._cut_stream(archive, cuts[0] if cuts else None)
        elif archive.compression.error is None:
            yield from (self._cut_tar(archive, anomaly) for anomaly in cuts)

    def _cut_stream(self, archive: Archive, cut: Anomaly | None) -> Finding:
        """One finding for both: the tar is short because its compressed stream is."""
        compression = archive.compression
        return self.finding(
            archive,
            f"{compression.error} at byte {archive.size}, the end of the file; {_loss(archive)}",
            at={"offset": compression.error_offset, "member": cut.name if cut else None},
        )

    def _cut_tar(self, archive: Archive, cut: Anomaly) -> Finding:
        padding = cut.kind is AnomalyKind.TRUNCATED_PADDING
        whose = "the archive" if cut.name is None else cut.name
        return self.finding(
            archive,
            f"{whose} is cut off at byte {cut.offset}: {cut.detail}",
            at={"offset": cut.offset, "member": cut.name},
            severity=Severity.WARNING if padding else None,
        )


def _loss(archive: Archive) -> str:
    tar = archive.tar
    if tar.end is not None:
        return "the tar inside is whole, the end of the stream that follows it is missing"
    cut = next(iter(tar.of_kind(AnomalyKind.TRUNCATED_CONTENT)), None)
    if cut is not None and cut.name is not None:
        return f"inflated, it breaks off at byte {cut.offset} inside {cut.name}"
    return f"inflated, it breaks off at byte {tar.size}"
