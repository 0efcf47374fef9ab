"""ARC004: an archive that is truncated."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Anomaly, AnomalyKind, Archive, Finding, Severity
from checker_archive.outer_tar import TarCheck, is_cut_by_limit

_CUTS = (
    AnomalyKind.TRUNCATED_HEADER,
    AnomalyKind.TRUNCATED_CONTENT,
    AnomalyKind.TRUNCATED_PADDING,
)


class TruncatedArchive(TarCheck):
    """The archive is truncated.

    What it means:
        The file ends within a header, within the content of a member, or before the end of the
        compressed stream. If only the padding after the content of a member is missing, that member
        is complete, and the finding is a warning, because more members may have followed.

    Why it matters:
        The rest of the archive is lost. Engines fail with "unexpected EOF". Usual causes are an
        interrupted download or copy and a full disk.

    How to fix it:
        Download or create the file again, and compare its size or checksum with the original.

    References:
        - Go archive/tar, reader.go: io.ErrUnexpectedEOF; an end within the padding is accepted
        - RFC 1952 (gzip), section 2.3: a member ends with CRC32 and ISIZE
    """

    id = "ARC004"
    name = "truncated-archive"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the end of the file and of its compressed stream."""
        if is_cut_by_limit(archive):
            return
        cuts = archive.tar.of_kind(*_CUTS)
        if archive.compression.truncated:
            yield self._cut_stream(archive, cuts[0] if cuts else None)
        elif archive.compression.error is None:
            yield from (self._cut_tar(archive, anomaly) for anomaly in cuts)

    def _cut_stream(self, archive: Archive, cut: Anomaly | None) -> Finding:
        """One finding for both: the tar is truncated because its compressed stream is."""
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
            f"{whose} is truncated at byte {cut.offset}: {cut.detail}",
            at={"offset": cut.offset, "member": cut.name},
            severity=Severity.WARNING if padding else None,
        )


def _loss(archive: Archive) -> str:
    tar = archive.tar
    if tar.end is not None:
        return "the tar inside is complete, the end of the compressed stream is missing"
    cut = next(iter(tar.of_kind(AnomalyKind.TRUNCATED_CONTENT)), None)
    if cut is not None and cut.name is not None:
        return f"the decompressed tar ends at byte {cut.offset}, within {cut.name}"
    return f"the decompressed tar ends at byte {tar.size}"
