"""TRP007: a Git LFS pointer instead of the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.model.damage import SavedText, TextKind
from checker_transport.transport import TransportCheck


class GitLfsPointer(TransportCheck):
    """The file is a Git LFS pointer.

    What it means:
        The archive is stored with Git Large File Storage. The file in the working tree is the small
        text that refers to it, with its digest and its size.

    Why it matters:
        The archive itself was not downloaded: git-lfs is not installed, or the repository was
        cloned or archived without the large files. Engines refuse the file.

    How to fix it:
        Install git-lfs and download the content in the repository:

            git lfs install
            git lfs pull

    References:
        - Git LFS specification, "The Pointer"
    """

    id = "TRP007"
    name = "git-lfs-pointer"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report a pointer."""
        damage = archive.damage
        if isinstance(damage, SavedText) and damage.kind is TextKind.LFS_POINTER:
            yield self.finding(
                archive,
                f"the file is a Git LFS pointer of {archive.size} bytes to the archive "
                f"({damage.quote}), which was not downloaded",
                at={"offset": 0},
                fix=Fix("download the content in the repository", Command("git lfs pull")),
            )
