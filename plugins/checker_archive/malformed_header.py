"""ARC011: a header that violates the format in another way than by a wrong checksum."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from checker import AnomalyKind, Archive, Check, Finding, Severity
from checker_archive.outer_tar import has_no_members
from checker_archive.scopes import LARGEST_ID

_SEVERITIES = {
    AnomalyKind.BAD_NUMBER: Severity.ERROR,
    AnomalyKind.NEGATIVE_SIZE: Severity.ERROR,
    AnomalyKind.BAD_PAX_RECORD: Severity.ERROR,
    AnomalyKind.BAD_SPARSE_MAP: Severity.ERROR,
    AnomalyKind.INCOMPLETE_SPARSE_MAP: Severity.ERROR,
    AnomalyKind.OVERSIZED_EXTENSION: Severity.ERROR,
    AnomalyKind.LONE_ZERO_BLOCK: Severity.ERROR,
    AnomalyKind.DANGLING_EXTENSION: Severity.WARNING,
    AnomalyKind.GLOBAL_OVERRIDE: Severity.WARNING,
}


class MalformedHeader(Check):
    """A tar header, or an extension of one, violates the format.

    What it means:
        A number is neither octal nor base-256, a size is negative, a PAX record does not have the
        form "LENGTH KEY=VALUE", a sparse map contradicts its file, an extension header is larger
        than readers accept, or a single block of zeros is between members. Three cases are
        warnings: an extension header that is not followed by a member, a global header that renames
        or resizes all members, which some readers apply and others ignore, and an owner or group
        that is negative or does not fit into 32 bits.

    Why it matters:
        Go's reader, which all engines use, stops at such a header, and the engine rejects the
        archive. Readers that tolerate it interpret the same bytes differently.

    How to fix it:
        Create the archive with a current tool. Usual causes are hand-written tar code and editing
        an archive in place.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"
        - GNU tar manual, "Storing Sparse Files"
        - Go archive/tar, reader.go and strconv.go: "invalid tar header"
    """

    id = "ARC011"
    name = "malformed-header"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report malformed headers, then owners that are out of range."""
        yield from self._anomalies(archive)
        if archive.rootfs is not None:
            # Owners in a root filesystem are reported by another rule.
            return
        entries = archive.entries
        for label, ids in (("owner", entries.uids), ("group", entries.gids)):
            if ids and not (min(ids) >= 0 and max(ids) <= LARGEST_ID):
                yield from self._ids(archive, label, ids)

    def _ids(self, archive: Archive, label: str, ids: array[int]) -> Iterator[Finding]:
        for position, number in enumerate(ids):
            if 0 <= number <= LARGEST_ID:
                continue
            name, offset = archive.entries.name(position), archive.entries.offsets[position]
            yield self.finding(
                archive,
                f"byte {offset} ({name}): the {label} ID is {number}, Linux allows 0 to "
                f"{LARGEST_ID}",
                at={"member": name, "offset": offset},
                severity=Severity.WARNING,
            )

    def _anomalies(self, archive: Archive) -> Iterator[Finding]:
        if has_no_members(archive.tar):
            return  # reported by empty-archive
        for anomaly in archive.tar.of_kind(*_SEVERITIES):
            whose = f" ({anomaly.name})" if anomaly.name else ""
            rest = "; engines stop reading here" if anomaly.fatal else ""
            yield self.finding(
                archive,
                f"byte {anomaly.offset}{whose}: {anomaly.detail}{rest}",
                at={"member": anomaly.name or None, "offset": anomaly.offset},
                severity=_SEVERITIES[anomaly.kind],
            )
