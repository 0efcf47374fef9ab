"""RFS013: base folders that are missing, no folders, or closed to those who need them."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.image import Config
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.folders import LEFTOVERS
from checker_rootfs.places import is_windows, name_of, octal, place_of, shown

_FOLDERS = ("bin", "sbin", "lib", "usr", "usr/bin", "usr/lib", "var", "home", "root", "run", "opt")
_ENTERED = ("", "bin", "etc", "lib", "lib64", "sbin", "usr", "usr/bin", "usr/lib", "var")
_TEMPORARY = ("tmp", "var/tmp")
_MOUNTED = ("dev", "proc", "sys")
_ENTER, _WRITE, _STICKY = 0o001, 0o002, 0o1000


class OddBaseFolder(Check):
    """A base folder is missing, is no folder, or has a mode that shuts people out.

    What it means:
        Looked at are the base folders of a Unix root. Warnings: one of them is a file; /tmp or
        /var/tmp may be written by everyone, but has no sticky bit; the root itself, /usr, /etc,
        /lib or the like may not be entered by others, and the image does not run as root. Notes:
        the same in an image that runs as root; a /tmp that only its owner may write to; a root
        with a shell that lacks /tmp, or a flat one that lacks /dev, /proc or /sys, which engines
        make in an image, but chroot and virtual machines do not.

    Why it matters:
        Without the sticky bit every user deletes and replaces the temporary files of the others.
        In a root that others may not enter, a program that runs as another user finds nothing: not
        its loader, not its own files. Programs that need a temporary file stop without /tmp.

    How to fix it:
        ``chmod 1777 tmp var/tmp`` and ``chmod 755`` for the others before the layer is packed. A
        root of mode 0700 mostly comes from a tar that was made of a temporary folder.

    References:
        - Filesystem Hierarchy Standard 3.0, chapter 3 and section 5.15
        - file-hierarchy(7); bootc, container lint, "api-base-directories"
    """

    id = "RFS013"
    name = "odd-base-folder"
    severity = Severity.WARNING

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at kind and mode of the base folders."""
        if is_windows(rootfs):
            return
        for path in _FOLDERS:
            found = rootfs.resolve(path)
            if found is not None and not found.entry.is_directory:
                kind = found.entry.kind_name
                yield self._report(rootfs, found, f"is a {kind}, where a folder belongs")
        yield from self._check_closed(rootfs)
        yield from self._check_temporary(rootfs)
        yield from self._check_missing(rootfs)

    def _check_closed(self, rootfs: Rootfs) -> Iterator[Finding]:
        closed = [placed for path in _ENTERED if (placed := _closed(rootfs, path)) is not None]
        if not closed:
            return
        user = _other_user(rootfs.config)
        suffers = "no user but its owner" if user is None else f'"{user}", whom the image runs as,'
        for placed in closed:
            yield self._report(
                rootfs,
                placed,
                f"has mode {octal(placed.entry)}, so that {suffers} can use what lies in it",
                Severity.NOTE if user is None else Severity.WARNING,
                f"chmod 755 /{placed.entry.path}",
            )

    def _check_temporary(self, rootfs: Rootfs) -> Iterator[Finding]:
        for path in _TEMPORARY:
            found = rootfs.get(path)
            mode = found.entry.mode if found is not None and found.entry.is_directory else None
            if found is None or mode is None:
                continue
            fix = f"chmod 1777 /{path}"
            if not mode & _WRITE:
                problem = (
                    f"has mode {octal(found.entry)}, so that not everyone can make files in it"
                )
                yield self._report(rootfs, found, problem, Severity.NOTE, fix)
            elif not mode & _STICKY:
                problem = (
                    f"has mode {octal(found.entry)}, without the sticky bit: everyone may delete "
                    "and replace the files of others"
                )
                yield self._report(rootfs, found, problem, None, fix)

    def _check_missing(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look for what is missing in a root that is more than a program and its files."""
        if rootfs.resolve("bin/sh") is None:
            return
        implied = {row.path.partition("/")[0] for row in rootfs.below(*LEFTOVERS)}
        # Into an image engines make the folders that they mount on.
        expected = ("tmp",) if rootfs.image is not None else (*_MOUNTED, "tmp")
        missing = [path for path in expected if path not in rootfs and path not in implied]
        if missing:
            yield self.finding(
                rootfs,
                f"{name_of(rootfs)} has a shell, but no folder {' and no '.join(missing)}",
                severity=Severity.NOTE,
                fix=f"mkdir {' '.join(f'/{path}' for path in missing)}",
            )

    def _report(
        self,
        rootfs: Rootfs,
        placed: Placed,
        problem: str,
        severity: Severity | None = None,
        fix: str | None = None,
    ) -> Finding:
        return self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} {problem}",
            at=place_of(rootfs, placed.entry),
            severity=severity,
            fix=fix,
        )


def _closed(rootfs: Rootfs, path: str) -> Placed | None:
    """The folder itself if others may not enter it."""
    placed = rootfs.get(path)
    if placed is None or not placed.entry.is_directory or placed.entry.mode & _ENTER:
        return None
    return placed


def _other_user(config: Config | None) -> str | None:
    """The user that an image runs as, if that is not root."""
    value = None if config is None else config.settings.get("User")
    user = value.partition(":")[0] if isinstance(value, str) else ""
    return None if user in ("", "0", "root") else user
