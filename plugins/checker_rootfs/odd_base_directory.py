"""RFS013: base directories that are missing, not directories, or inaccessible."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Fix, Rootfs, RootfsEntry, Severity
from checker.model.entries import CONTIGUOUS, DIRECTORY, GNU_SPARSE
from checker.typing_names import ClassVar
from checker_rootfs.directories import LEFTOVERS
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.places import is_windows, name_of, octal, place_of, shown

_DIRECTORIES = (
    "bin",
    "sbin",
    "lib",
    "usr",
    "usr/bin",
    "usr/lib",
    "var",
    "home",
    "root",
    "run",
    "opt",
)
_NOT_ODD = (DIRECTORY, CONTIGUOUS, GNU_SPARSE)
_ENTERED = ("", "bin", "etc", "lib", "lib64", "sbin", "usr", "usr/bin", "usr/lib", "var")
_TEMPORARY = ("tmp", "var/tmp")
_MOUNTED = ("dev", "proc", "sys")
_ENTER, _WRITE, _STICKY = 0o001, 0o002, 0o1000


class OddBaseDirectory(Check):
    """A base directory is missing, is not a directory, or has permissions that block users.

    What it means:
        The base directories of a Unix root filesystem are checked. Warnings: one of them is a file;
        /tmp or /var/tmp is writable by everyone, but has no sticky bit; the root, /usr, /etc, /lib
        or another cannot be entered by others, and the image does not run as root. Notes: the same
        in an image that runs as root; a /tmp that only its owner can write to; a root filesystem
        with a shell that lacks /tmp, or a flat one that lacks /dev, /proc or /sys, which engines
        create in an image, but chroot and virtual machines do not.

    Why it matters:
        Without the sticky bit every user can delete and replace the temporary files of others. If
        others cannot enter the root, a program that runs as another user finds neither its loader
        nor its files. Programs that need temporary files fail without /tmp.

    How to fix it:
        Set the modes before the layer is packed. A root with mode 0700 usually comes from a tar of
        a temporary directory.

            chmod 755 ROOT ROOT/usr ROOT/etc
            chmod 1777 ROOT/tmp ROOT/var/tmp

    References:
        - Filesystem Hierarchy Standard 3.0, chapter 3 and section 5.15
        - file-hierarchy(7); bootc, container lint, "api-base-directories"
    """

    id = "RFS013"
    name = "odd-base-directory"
    aliases: ClassVar[tuple[str, ...]] = ("odd-base-folder",)
    severity = Severity.WARNING
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check type and mode of the base directories."""
        if is_windows(rootfs):
            return
        for path in _DIRECTORIES:
            found = rootfs.resolve(path)
            # A kind that engines do not unpack is reported by LYR007 and ARC012.
            if found is not None and found.entry.kind not in _NOT_ODD:
                kind = found.entry.kind_name
                yield self._report(rootfs, found, f"is a {kind}, expected a directory")
        yield from self._check_closed(rootfs)
        yield from self._check_temporary(rootfs)
        yield from self._check_missing(rootfs)

    def _check_closed(self, rootfs: Rootfs) -> Iterator[Finding]:
        closed = [placed for path in _ENTERED if (placed := _closed(rootfs, path)) is not None]
        if not closed:
            return
        user = _other_user(rootfs.config)
        blocked = "users other than its owner" if user is None else f'"{user}", the image\'s user,'
        for placed in closed:
            yield self._report(
                rootfs,
                placed,
                f"has mode {octal(placed.entry)}, so {blocked} cannot access its content",
                Severity.NOTE if user is None else Severity.WARNING,
                fix_in_root(rootfs, "set its mode to 755", "chmod", "755", f"/{placed.entry.path}"),
            )

    def _check_temporary(self, rootfs: Rootfs) -> Iterator[Finding]:
        for path in _TEMPORARY:
            found = rootfs.get(path)
            mode = found.entry.mode if found is not None and found.entry.is_directory else None
            if found is None or mode is None:
                continue
            fix = fix_in_root(rootfs, "set its mode to 1777", "chmod", "1777", f"/{path}")
            if not mode & _WRITE:
                problem = f"has mode {octal(found.entry)}, so not every user can create files in it"
                yield self._report(rootfs, found, problem, Severity.NOTE, fix)
            elif not mode & _STICKY:
                problem = (
                    f"has mode {octal(found.entry)}, without the sticky bit: every user can delete "
                    "and replace the files of others"
                )
                yield self._report(rootfs, found, problem, None, fix)

    def _check_missing(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Find missing directories of a root that is more than a program and its files."""
        if rootfs.resolve("bin/sh") is None:
            return
        implied = {row.path.partition("/")[0] for row in rootfs.below(*LEFTOVERS)}
        # In an image engines create the directories that they mount on.
        expected = ("tmp",) if rootfs.image is not None else (*_MOUNTED, "tmp")
        missing = [path for path in expected if path not in rootfs and path not in implied]
        if missing:
            yield self.finding(
                rootfs,
                f"{name_of(rootfs)} has a shell, but no directory {' and no '.join(missing)}",
                severity=Severity.NOTE,
                fix=fix_in_root(
                    rootfs, "create the directories", "mkdir", *(f"/{path}" for path in missing)
                ),
            )

    def _report(
        self,
        rootfs: Rootfs,
        placed: RootfsEntry,
        problem: str,
        severity: Severity | None = None,
        fix: Fix | None = None,
    ) -> Finding:
        return self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} {problem}",
            at=place_of(rootfs, placed.entry),
            severity=severity,
            fix=fix,
        )


def _closed(rootfs: Rootfs, path: str) -> RootfsEntry | None:
    """The directory, if others cannot enter it."""
    placed = rootfs.get(path)
    if placed is None or not placed.entry.is_directory or placed.entry.mode & _ENTER:
        return None
    return placed


def _other_user(config: Config | None) -> str | None:
    """The user that an image runs as, unless it is root."""
    value = None if config is None else config.settings.get("User")
    user = value.partition(":")[0] if isinstance(value, str) else ""
    return None if user in ("", "0", "root") else user
