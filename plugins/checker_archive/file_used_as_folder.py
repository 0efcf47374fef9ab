"""ARC020: members below a member that is no directory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import DIRECTORY, GLOBAL_HEADER, KIND_NAMES, SYMLINK
from checker_archive._outer import root_reason

# Extraction goes through symbolic links.
_FINE = frozenset(map(ord, (DIRECTORY, SYMLINK, GLOBAL_HEADER)))


class FileUsedAsFolder(Check):
    """A member lies below another one that is no directory.

    What it means:
        The archive has a file `a` and also a member `a/b`. Both cannot exist in one filesystem.
        In a root filesystem the rules about layers report it.

    Why it matters:
        Docker's classic store, and skopeo for OCI archives, extract the archive and stop: "not a
        directory". So does every import. Engines that only read the members they need do not
        notice. If the file comes last, some extractors delete the folder for it.

    How to fix it:
        Write the archive anew from a folder; no filesystem can hold such a tree.

    References:
        - Docker, pkg/archive, createTarFile; containers/storage, pkg/archive: ENOTDIR
        - POSIX.1-2017, section 4.13, "Pathname Resolution"
    """

    id = "ARC020"
    name = "file-used-as-folder"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """A folder cannot hold such a tree, and a root filesystem is another rule's."""
        return root_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the members that others lie below."""
        entries = archive.entries
        by_path, kinds = entries.by_path, entries.kinds
        found = [
            path
            for path in entries.folders
            if path in by_path and kinds[by_path[path]] not in _FINE
        ]
        ordered = sorted(by_path) if found else []
        for path in sorted(found, key=lambda path: by_path[path]):
            position = by_path[path]
            kind = KIND_NAMES.get(chr(kinds[position]), "member of unknown type")
            below = ordered[bisect_left(ordered, f"{path}/")]
            yield self.finding(
                archive,
                f"{path} at byte {entries.offsets[position]} is a {kind}, {below} lies below it; "
                "engines that extract the archive refuse that",
                at={"member": entries.name(position), "offset": entries.offsets[position]},
            )
