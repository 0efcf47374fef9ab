"""RFS017: programs that run with the rights of their owner or group."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, RootfsEntry, Severity
from checker.checks.listing import first_few
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.places import is_windows, name_of, octal, place_of, shown

_SETUID, _SETGID = 0o4000, 0o2000
_GROUP_WRITE, _OTHERS_WRITE = 0o020, 0o002
_SHOWN = 20
_RELATED = 200


class SetuidProgram(Check):
    """The root filesystem contains setuid or setgid programs.

    What it means:
        Files with the setuid or setgid bit run with the rights of their owner or group. One note
        lists them all; every distribution has some, such as ``su`` and ``passwd``. One that others
        can write to is a separate error, and a setuid program that a group can write to is a
        warning. On directories the setgid bit only passes on the group, and is not reported.

    Why it matters:
        In a container that does not run as root they are ways to become root. Whoever can write to
        such a file can replace its code; Linux clears the bits at the first write, but tools that
        unpack or copy images may not.

    How to fix it:
        Remove the bits that the application does not need, or start containers without new
        privileges:

            RUN chmod a-s /usr/bin/su
            docker run --security-opt no-new-privileges app:1

    References:
        - execve(2), "Effect on process credentials"; inode(7)
        - CIS Docker Benchmark 1.6, 4.8; dockle, CIS-DI-0008; melange, linter "setuidgid"
    """

    id = "RFS017"
    name = "setuid-program"
    severity = Severity.NOTE
    security = 4.0
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """List the programs; report each that others can modify."""
        if is_windows(rootfs):
            return
        rows = rootfs.with_mode(_SETUID | _SETGID)
        programs = [placed for placed in rows if _is_file(placed)]
        for placed in programs:
            yield from self._check_writable(rootfs, placed)
        if programs:
            yield self._list(rootfs, programs)

    def _check_writable(self, rootfs: Rootfs, placed: RootfsEntry) -> Iterator[Finding]:
        entry = placed.entry
        if entry.mode & _OTHERS_WRITE:
            who, severity = "everyone", Severity.ERROR
        elif entry.mode & _SETUID and entry.mode & _GROUP_WRITE:
            who, severity = f"group {entry.gid}", Severity.WARNING
        else:
            return
        rights = f"user {entry.uid}" if entry.mode & _SETUID else f"group {entry.gid}"
        yield self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} has mode {octal(entry)}: it runs as {rights}, and {who} can "
            "write to it",
            at=place_of(rootfs, entry),
            severity=severity,
            fix=fix_in_root(
                rootfs, "let only the owner write to it", "chmod", "go-w", f"/{entry.path}"
            ),
        )

    def _list(self, rootfs: Rootfs, programs: list[RootfsEntry]) -> Finding:
        items = first_few(programs, _SHOWN, lambda one: f"{one.entry.path} ({octal(one.entry)})")
        count = "1 program" if len(programs) == 1 else f"{len(programs)} programs"
        first, *others = programs
        return self.finding(
            first.layer,
            f"{name_of(rootfs)} has {count} with the setuid or setgid bit: {items}",
            at=place_of(rootfs, first.entry),
            related=(
                placed.layer.location._replace(**place_of(rootfs, placed.entry))
                for placed in others[:_RELATED]
            ),
        )


def _is_file(placed: RootfsEntry) -> bool:
    return placed.entry.is_file or placed.entry.is_hard_link
