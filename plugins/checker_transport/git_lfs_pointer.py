"""TRP007: a pointer of Git LFS, git-annex or DVC instead of the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.model.damage import SavedText, TextKind
from checker_transport.transport import TransportCheck

_POINTERS = {
    TextKind.LFS_POINTER: ("Git LFS pointer", "git lfs pull"),
    TextKind.ANNEX_POINTER: ("git-annex pointer", "git annex get ."),
    TextKind.DVC_POINTER: ("DVC file", "dvc pull"),
}


class GitLfsPointer(TransportCheck):
    """The file is a pointer of Git LFS, git-annex or DVC.

    What it means:
        The archive is stored with Git Large File Storage, git-annex or DVC. The file in the working
        tree is the small text that refers to it, with its digest and its size.

    Why it matters:
        The archive itself was not downloaded: the program is not installed, or the repository was
        cloned or archived without the large files. Engines refuse the file.

    How to fix it:
        Install git-lfs and download the content in the repository:

            git lfs install
            git lfs pull

        With git-annex the command is ``git annex get``, with DVC ``dvc pull``.

    References:
        - Git LFS specification, "The Pointer"
        - git-annex, internals/pointer_file
        - DVC, ".dvc Files"
    """

    id = "TRP007"
    name = "git-lfs-pointer"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report a pointer."""
        damage = archive.damage
        found = _POINTERS.get(damage.kind) if isinstance(damage, SavedText) else None
        if not isinstance(damage, SavedText) or found is None:
            return
        what, command = found
        yield self.finding(
            archive,
            f"the file is a {what} of {archive.size} bytes to the archive ({damage.quote}), which "
            "was not downloaded",
            at={"offset": 0},
            fix=Fix("download the content in the repository", Command(command)),
        )
