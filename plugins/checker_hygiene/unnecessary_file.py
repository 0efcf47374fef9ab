"""HYG020: files of writing and building a program that have no use in an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.rootfs import Rootfs
from checker_hygiene.finds import LEFTOVER_FILES, Find, finds_of
from checker_hygiene.leftovers import FOLDERS, LEFTOVERS


class UnnecessaryFile(Check):
    """The root filesystem holds files that only writing and building the program needs.

    What it means:
        There is a Dockerfile or compose file, a repository of git, Mercurial or Subversion,
        settings of an editor, a history of typed commands, a log of a build, or what a file manager
        leaves. Folders of tests, examples, documentation and installed packages are passed over.

    Why it matters:
        They take up space and tell strangers about the inside. A repository holds everything that
        was ever committed, secrets included; a history of commands often holds passwords.

    How to fix it:
        List them in ``.dockerignore``, copy single folders instead of everything, or build in one
        stage and copy the result into another.

    References:
        - Docker, "Building best practices", "Exclude with .dockerignore"
        - dockle DKL-LI-0003
    """

    id = "HYG020"
    name = "unnecessary-file"
    severity = Severity.NOTE
    reads = (LEFTOVER_FILES,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at the files of known names that are visible; a folder comes once."""
        told: set[str] = set()
        for find in finds_of(rootfs):
            what = None if find.is_hidden else _what(find)
            place = _place(find.path)
            if what is not None and place not in told:
                told.add(place)
                yield self.finding(
                    find.layer if rootfs.image else rootfs,
                    f"{place} is {what}, of no use in a container",
                    at={"path": place},
                )


def _what(find: Find) -> str | None:
    return next((what for end, what in LEFTOVERS.items() if find.ends_with(end)), None)


def _place(path: str) -> str:
    """The file, or the folder that is reported as a whole."""
    parent, _, _ = path.rpartition("/")
    return parent if parent.rpartition("/")[2] in FOLDERS else path
