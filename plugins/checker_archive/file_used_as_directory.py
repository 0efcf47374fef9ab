"""ARC020: members below a member that is not a directory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.entries import DIRECTORY, GLOBAL_HEADER, KIND_NAMES, SYMLINK
from checker.typing_names import ClassVar
from checker_archive.outer_tar import ImageTarCheck

# Extraction goes through symbolic links.
_FINE = frozenset(map(ord, (DIRECTORY, SYMLINK, GLOBAL_HEADER)))


class FileUsedAsDirectory(ImageTarCheck):
    """A member is below another member that is not a directory.

    What it means:
        The archive contains a file `a` and also a member `a/b`. Both cannot exist in one
        filesystem. In a root filesystem the rules for layers report this.

    Why it matters:
        Docker's classic store, skopeo for OCI archives, and every import extract the archive and
        fail: "not a directory". Engines that read only the members they need do not notice. If the
        file is last, some extractors delete the directory for it.

    How to fix it:
        Create the archive again from a directory; a filesystem cannot contain such a tree.

    References:
        - Docker, pkg/archive, createTarFile; containers/storage, pkg/archive: ENOTDIR
        - POSIX.1-2017, section 4.13, "Pathname Resolution"
    """

    id = "ARC020"
    name = "file-used-as-directory"
    aliases: ClassVar[tuple[str, ...]] = ("file-used-as-folder",)
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the members that have others below them."""
        entries = archive.entries
        by_path, kinds = entries.by_path, entries.kinds
        found = [
            path
            for path in entries.directories
            if path in by_path and kinds[by_path[path]] not in _FINE
        ]
        ordered = sorted(by_path) if found else []
        for path in sorted(found, key=lambda path: by_path[path]):
            position = by_path[path]
            kind = KIND_NAMES.get(chr(kinds[position]), "member of unknown type")
            below = ordered[bisect_left(ordered, f"{path}/")]
            words = f", but {below} is below it; engines that extract the archive reject it"
            if by_path[below] < position:
                words = f" that replaces the directory of {below}; its content is lost"
            yield self.finding(
                archive,
                f"{path} at byte {entries.offsets[position]} is a {kind}{words}",
                at={"member": entries.name(position), "offset": entries.offsets[position]},
            )
