"""ARC011: a header with a wrong checksum aside, a header that breaks the format."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.tar import AnomalyKind

_SEVERITIES = {
    AnomalyKind.BAD_NUMBER: Severity.ERROR,
    AnomalyKind.NEGATIVE_SIZE: Severity.ERROR,
    AnomalyKind.BAD_PAX_RECORD: Severity.ERROR,
    AnomalyKind.BAD_SPARSE_MAP: Severity.ERROR,
    AnomalyKind.OVERSIZED_EXTENSION: Severity.ERROR,
    AnomalyKind.LONE_ZERO_BLOCK: Severity.ERROR,
    AnomalyKind.DANGLING_EXTENSION: Severity.WARNING,
    AnomalyKind.GLOBAL_OVERRIDE: Severity.WARNING,
}

_LARGEST_ID = 0xFFFFFFFE
"""Of a user or group; the largest number of 32 bits means none (chown(2))."""


class MalformedHeader(Check):
    """A tar header, or an extension of one, breaks the format.

    What it means:
        A number is neither octal nor base-256, a size is negative, a PAX record does not have the
        form "LENGTH KEY=VALUE", a sparse map contradicts its file, an extension header is larger
        than readers accept, or one lone block of zeros stands between members. Three cases are
        warnings: an extension header that no member follows, a global header that renames or
        resizes all members, which some readers obey and others do not, and an owner or group that
        is negative or does not fit 32 bits.

    Why it matters:
        Go's reader, which all engines use, stops at such a header, and the archive is refused.
        Where readers are lenient they read different things from the same bytes.

    How to fix it:
        Write the archive with a current tool. Hand-written tar code, and editing an archive in
        place, are the usual causes.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"
        - GNU tar manual, "Storing Sparse Files"
        - Go archive/tar, reader.go and strconv.go: "invalid tar header"
    """

    id = "ARC011"
    name = "malformed-header"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the oddities of headers, then owners that cannot be."""
        yield from self._anomalies(archive)
        if archive.rootfs is not None:
            # Owners in a root filesystem are another rule's.
            return
        entries = archive.entries
        for label, ids in (("owner", entries.uids), ("group", entries.gids)):
            if ids and not (min(ids) >= 0 and max(ids) <= _LARGEST_ID):
                yield from self._ids(archive, label, ids)

    def _ids(self, archive: Archive, label: str, ids: array[int]) -> Iterator[Finding]:
        for position, number in enumerate(ids):
            if 0 <= number <= _LARGEST_ID:
                continue
            name, offset = archive.entries.name(position), archive.entries.offsets[position]
            yield self.finding(
                archive,
                f"byte {offset} ({name}): the {label} is {number}, Linux has 0 to {_LARGEST_ID}",
                at={"member": name, "offset": offset},
                severity=Severity.WARNING,
            )

    def _anomalies(self, archive: Archive) -> Iterator[Finding]:
        for anomaly in archive.tar.of_kind(*_SEVERITIES):
            whose = f" ({anomaly.name})" if anomaly.name else ""
            rest = "; nothing from here on is read" if anomaly.fatal else ""
            yield self.finding(
                archive,
                f"byte {anomaly.offset}{whose}: {anomaly.detail}{rest}",
                at={"member": anomaly.name, "offset": anomaly.offset},
                severity=_SEVERITIES[anomaly.kind],
            )
