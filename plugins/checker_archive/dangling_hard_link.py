"""ARC021: a hard link to a member that does not come before it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import DIRECTORY, HARD_LINK, Entries, clean_path
from checker_archive._outer import folder_reason
from checker_archive.escaping_name import leaves_root

_DIRECTORY = ord(DIRECTORY)


class DanglingHardLink(Check):
    """A hard link leads to a member that does not come before it.

    What it means:
        A hard link in a tar is another name for a member that was extracted before. Here no such
        member is in the archive, or it comes only later, or it is a directory.

    Why it matters:
        Whoever extracts the archive stops: `docker load` (classic store), `docker import`, `podman
        import` and skopeo's oci-archive with "no such file or directory". Engines that only read
        the members they need pass over it.

    How to mend it:
        Write the archive again with the target in it, and first. Tars that were filtered or sorted
        lose targets that way; `tar --hard-dereference` makes files of the links.

    References:
        - Docker, pkg/archive, createTarFile: the target must have been extracted
        - POSIX.1-2017, pax, "ustar Interchange Format", typeflag 1
    """

    id = "ARC021"
    name = "dangling-hard-link"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Hard links of a folder cannot dangle."""
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look the targets up."""
        entries = archive.entries
        for position in entries.of_kind(HARD_LINK):
            target = entries.linknames.get(position, "")
            problem = None if leaves_root(target) else _problem(archive, position, target)
            if problem is not None:
                name = entries.name(position)
                yield self.finding(
                    archive,
                    f"{name} at byte {entries.offsets[position]} is a hard link to "
                    f"{target or 'nothing'}, which {problem}",
                    at={"member": name, "offset": entries.offsets[position]},
                )


def _problem(archive: Archive, position: int, target: str) -> str | None:
    entries = archive.entries
    path = clean_path(target)
    found = entries.by_path.get(path)
    if found is None:
        # Extraction goes through symbolic links among the parents.
        return None if path and archive.members.find(path) else "is not in the archive"
    if entries.kinds[found] == _DIRECTORY:
        return "is a directory"
    if found < position or _came_before(entries, path, position):
        return None
    return f"comes only later, at byte {entries.offsets[found]}"


def _came_before(entries: Entries, path: str, position: int) -> bool:
    """Whether an earlier member of the same path comes first, where the last one does not."""
    return bool(entries.repeated) and entries.places((path,))[path][0] < position
