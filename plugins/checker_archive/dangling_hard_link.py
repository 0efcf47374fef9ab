"""ARC021: a hard link to a member that does not come before it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import DIRECTORY, HARD_LINK, clean_path, climbs_out
from checker_archive._outer import root_reason

_DIRECTORY = ord(DIRECTORY)


class DanglingHardLink(Check):
    """A hard link leads to a member that does not come before it.

    What it means:
        A hard link in a tar is another name for a member that was extracted before. Here no such
        member is in the archive, or it comes only later, or it is a directory. In a root filesystem
        the rules about layers report it.

    Why it matters:
        Whoever extracts the archive stops: `docker load` (classic store), `docker import`, `podman
        import` and skopeo's oci-archive with "no such file or directory". Engines that only read
        the members they need pass over it.

    How to fix it:
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
        """Hard links of a folder cannot dangle, and a root filesystem is another rule's."""
        return root_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look the targets up."""
        entries = archive.entries
        doubtful: list[int] = []
        for position in entries.of_kind(HARD_LINK):
            target = entries.linknames.get(position, "")
            path = clean_path(target)
            found = entries.by_path.get(path)
            if climbs_out(target):
                continue
            if found is None:
                # Extraction goes through symbolic links among the parents.
                if not path or archive.members.find(path) is None:
                    yield self._report(archive, position, "is not in the archive")
            elif entries.kinds[found] == _DIRECTORY:
                yield self._report(archive, position, "is a directory")
            elif found >= position:
                doubtful.append(position)
        yield from self._later(archive, doubtful)

    def _later(self, archive: Archive, doubtful: list[int]) -> Iterator[Finding]:
        """Links whose target comes later, at least in its last copy."""
        entries = archive.entries
        targets = {i: clean_path(entries.linknames.get(i, "")) for i in doubtful}
        places = entries.places(frozenset(targets.values()))
        for position, path in targets.items():
            first = places[path][0]
            if first >= position:
                what = f"comes only later, at byte {entries.offsets[first]}"
                if first == position:
                    what = "is the link itself"
                yield self._report(archive, position, what)

    def _report(self, archive: Archive, position: int, problem: str) -> Finding:
        entries = archive.entries
        name, offset = entries.name(position), entries.offsets[position]
        target = entries.linknames.get(position, "") or "nothing"
        return self.finding(
            archive,
            f"{name} at byte {offset} is a hard link to {target}, which {problem}",
            at={"member": name, "offset": offset},
        )
