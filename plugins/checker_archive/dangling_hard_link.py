"""ARC021: a hard link to a member that does not precede it."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.entries import DIRECTORY, HARD_LINK, clean_path, climbs_out
from checker_archive.outer_tar import ImageTarCheck

_DIRECTORY = ord(DIRECTORY)


class DanglingHardLink(ImageTarCheck):
    """The target of a hard link does not precede the link.

    What it means:
        A hard link in a tar is another name for a member that was extracted before. Here the target
        is not in the archive, follows the link, or is a directory. In a root filesystem the rules
        for layers report this.

    Why it matters:
        Engines that extract the archive fail: `docker load` (classic store), `docker import`,
        `podman import` and skopeo's oci-archive report "no such file or directory". Engines that
        read only the members they need ignore it.

    How to fix it:
        Create the archive again with the target included, before the link. Filtering or sorting the
        members of a tar loses or moves targets; `tar --hard-dereference` stores links as files.

    References:
        - Docker, pkg/archive, createTarFile: the target must have been extracted
        - POSIX.1-2017, pax, "ustar Interchange Format", typeflag 1
    """

    id = "ARC021"
    name = "dangling-hard-link"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look up the targets."""
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
        """Links whose target follows them, at least in its last copy."""
        entries = archive.entries
        targets = {i: clean_path(entries.linknames.get(i, "")) for i in doubtful}
        places = entries.positions(frozenset(targets.values()))
        for position, path in targets.items():
            first = places[path][0]
            if first >= position:
                what = f"follows it, at byte {entries.offsets[first]}"
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
