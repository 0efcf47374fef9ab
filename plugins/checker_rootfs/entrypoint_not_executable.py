"""RFS003: an image whose command is not executable."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Entry, Finding, Rootfs, RootfsEntry, Severity
from checker_rootfs.accounts import ACCOUNTS
from checker_rootfs.command import HEADS, ConfigCheck, Start, find_start
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.identity import Identity, find_identity, may_read, obstacle
from checker_rootfs.places import octal


class EntrypointNotExecutable(ConfigCheck):
    """The command of an image is a directory, or a file without execute permission.

    What it means:
        The first word of Entrypoint, or of Cmd, refers to an entry that is not a regular file, or
        to a file without any of the three executable bits. A bare name is reported only if no
        directory of PATH contains an executable file of that name. If the image runs as a user
        other than root, the user or its groups must have permission to execute the file and to
        enter its parent directories, and to read a script.

    Why it matters:
        Every container fails to start with "permission denied", as root too, since the kernel does
        not execute a file without an executable bit.

    How to fix it:
        Set the bit before the build, or while copying. Archives made on Windows, and downloads,
        often lose it. If the command is a directory, name the program in it.

            before:  COPY app /bin/app
            after:   COPY --chmod=755 app /bin/app

    References:
        - OCI image-spec 1.1, config.md, "Entrypoint" and "Cmd"
        - execve(2), EACCES
    """

    id = "RFS003"
    name = "entrypoint-not-executable"
    severity = Severity.ERROR
    since = "0.1.0"
    reads = (ACCOUNTS, HEADS)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report a program that cannot be executed."""
        start = find_start(rootfs)
        if start is None or start.program.found is None:
            return
        if start.executable is not None:
            yield from self._check_user(rootfs, start, start.executable)
            return
        layer, entry = start.program.found.layer, start.program.found.entry
        yield self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}", but {entry.path} is {_describe(entry)} '
            f"(layer {layer.position})",
            at={"pointer": start.pointer, "path": entry.path},
            fix=None
            if entry.is_directory
            else fix_in_root(rootfs, "make it executable", "chmod", "+x", f"/{entry.path}"),
        )

    def _check_user(self, rootfs: Rootfs, start: Start, program: RootfsEntry) -> Iterator[Finding]:
        """Report a program that the user of the image cannot execute."""
        identity = find_identity(rootfs, start.config)
        if identity is None:
            return
        barrier = obstacle(rootfs, identity, program)
        if barrier is not None:
            verb = "enter the directory" if barrier.entry.is_directory else "execute"
            yield self._about_user(rootfs, start, identity, barrier, verb)
        elif not may_read(identity, program.entry) and _is_script(rootfs, program):
            yield self._about_user(rootfs, start, identity, program, "read the script")

    def _about_user(
        self, rootfs: Rootfs, start: Start, identity: Identity, barrier: RootfsEntry, verb: str
    ) -> Finding:
        layer, entry = barrier.layer, barrier.entry
        path = entry.path or "/"
        bit = "+r" if verb.startswith("read") else "+x"
        return self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}" as user {identity.uid}, who cannot '
            f"{verb} {path} (mode {octal(entry)}, owner {entry.uid}, group {entry.gid}, layer "
            f"{layer.position})",
            at={"pointer": start.pointer, "path": entry.path},
            fix=fix_in_root(
                rootfs, f"let user {identity.uid} {verb} it", "chmod", bit, f"/{entry.path}"
            ),
        )


def _is_script(rootfs: Rootfs, program: RootfsEntry) -> bool:
    return (rootfs.content(program) or b"").startswith(b"#!")


def _describe(entry: Entry) -> str:
    if entry.is_file or entry.is_hard_link:
        return f"a file with mode {octal(entry)}, which lacks execute permission"
    return f"a {entry.kind_name}"
