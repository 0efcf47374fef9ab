"""ARC012: a member of a type that engines do not extract."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, Check, Finding, Severity
from checker.model.entries import CONTIGUOUS, GNU_SPARSE, KIND_NAMES

_CONSEQUENCE = (
    "docker load (classic store), docker import, podman import and skopeo's oci-archive fail to "
    "extract it"
)


class UnsupportedEntryType(Check):
    """A member has a type that engines do not extract.

    What it means:
        The type flag of a tar header says what a member is: file, link, directory, device, fifo.
        This one is an old GNU sparse file (`S`), a contiguous file (`7`), or of an unknown type.

    Why it matters:
        `docker load` (classic store), `docker import`, `podman import` and skopeo's oci-archive
        extract every member and fail: "unhandled tar header type". Engines that read only the
        members they need ignore it, so the same archive works with one engine and fails with
        another.

    How to fix it:
        Create the archive with `tar --format=posix`. Together with `--sparse`, GNU tar then writes
        PAX sparse files, which engines support:

            tar --sparse -cf root.tar .                     # type flag S
            tar --format=posix --sparse -cf root.tar .

    References:
        - Docker, pkg/archive and moby/go-archive, createTarFile: "unhandled tar header type"
        - POSIX.1-2017, pax, "ustar Interchange Format", typeflag
    """

    id = "ARC012"
    name = "unsupported-entry-type"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the type flags."""
        entries = archive.entries
        for position in entries.of_kind(GNU_SPARSE, CONTIGUOUS):
            flag = chr(entries.kinds[position])
            what = f"the type flag is {flag!r}, {KIND_NAMES[flag]}; {_CONSEQUENCE}"
            yield self._report(archive, entries.name(position), entries.offsets[position], what)
        for anomaly in archive.tar.of_kind(AnomalyKind.UNKNOWN_TYPE):
            what = f"{anomaly.detail}; {_CONSEQUENCE}"
            yield self._report(archive, anomaly.name, anomaly.offset, what)

    def _report(self, archive: Archive, name: str | None, offset: int, what: str) -> Finding:
        return self.finding(
            archive,
            f"{name or 'a member'} at byte {offset}: {what}",
            at={"member": name, "offset": offset},
        )
