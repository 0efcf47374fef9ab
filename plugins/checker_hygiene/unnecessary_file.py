"""HYG020: files of the development of a program that have no use in an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, Severity
from checker_hygiene.kept_files import KeptFile
from checker_hygiene.known_files import LEFTOVER_FILES, find_known_files
from checker_hygiene.leftovers import DIRECTORIES, LEFTOVERS


class UnnecessaryFile(Check):
    """The root filesystem contains files that only development and build need.

    What it means:
        There is a Dockerfile or Compose file, a git, Mercurial or Subversion repository, an editor
        configuration, a command history, a build log, or a cache file of a file manager.
        Directories of tests, examples, documentation and installed packages are ignored.

    Why it matters:
        They use space and reveal internals. A repository contains everything that was ever
        committed, including secrets; a command history often contains passwords.

    How to fix it:
        List them in ``.dockerignore``, copy selected directories only, or use a multi-stage build:

            # .dockerignore
            .git
            Dockerfile
            *.log

    References:
        - Docker, "Building best practices", "Exclude with .dockerignore"
        - dockle DKL-LI-0003
    """

    id = "HYG020"
    name = "unnecessary-file"
    severity = Severity.NOTE
    since = "0.1.0"
    reads = (LEFTOVER_FILES,)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the visible files with known names; a directory is reported once."""
        reported: set[str] = set()
        for find in find_known_files(rootfs):
            what = None if find.is_hidden else _what(find)
            place = _place(find.path)
            if what is not None and place not in reported:
                reported.add(place)
                yield self.finding(
                    find.layer if rootfs.image else rootfs,
                    f"{place} is {what}, which containers do not need",
                    at={"path": place},
                )


def _what(find: KeptFile) -> str | None:
    return next((what for end, what in LEFTOVERS.items() if find.ends_with(end)), None)


def _place(path: str) -> str:
    """The file, or the directory that is reported as a whole."""
    parent, _, _ = path.rpartition("/")
    return parent if parent.rpartition("/")[2] in DIRECTORIES else path
