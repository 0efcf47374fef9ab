"""RFS003: an image that starts something which cannot be executed."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import Entry
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.accounts import ACCOUNTS
from checker_rootfs.command import HEADS, Start, find_start, why_skipped
from checker_rootfs.identity import Identity, find_identity, may_read, obstacle
from checker_rootfs.places import octal


class EntrypointNotExecutable(Check):
    """What an image starts is a directory, or a file that nobody may execute.

    What it means:
        The first word of Entrypoint, or of Cmd, leads to something in the root filesystem that is
        no regular file, or to a file whose mode has none of the three executable bits. A bare name
        is reported only if no directory of PATH has an executable file of that name. If the image
        runs as another user than root, the bits for that user and his groups must be set, of the
        file and of the folders that it lies in, and a script must be readable to him.

    Why it matters:
        Every container fails at its start with "permission denied", also for root, since the kernel
        executes no file without an executable bit, and without the one of the user only for root.

    How to fix it:
        Set the bit before the image is built (``chmod +x``) or while copying
        (``COPY --chmod=755``). Archives made on Windows, and downloads, often have lost it. If it
        is a directory, name the program in it.

    References:
        - OCI image-spec 1.1, config.md, "Entrypoint" and "Cmd"
        - execve(2), EACCES
    """

    id = "RFS003"
    name = "entrypoint-not-executable"
    severity = Severity.ERROR
    reads = (ACCOUNTS, HEADS)

    def skip_reason(self, archive: Archive) -> str | None:
        """Only images say what they start."""
        return why_skipped(archive)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report a program that cannot be executed."""
        start = find_start(rootfs)
        if start is None or start.program.found is None:
            return
        if start.executable is not None:
            yield from self._check_user(rootfs, start, start.executable)
            return
        layer, entry = start.program.found
        yield self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}", but {entry.path} is {_describe(entry)} '
            f"(layer {layer.position})",
            at={"pointer": start.pointer, "path": entry.path},
            fix=None if entry.is_directory else f"chmod +x {entry.path}",
        )

    def _check_user(self, rootfs: Rootfs, start: Start, program: Placed) -> Iterator[Finding]:
        """Report a program that the user of the image, in particular, may not execute."""
        identity = find_identity(rootfs, start.config)
        if identity is None:
            return
        barrier = obstacle(rootfs, identity, program)
        if barrier is not None:
            verb = "enter" if barrier.entry.is_directory else "execute"
            yield self._about_user(start, identity, barrier, verb, "+x")
        elif not may_read(identity, program.entry) and _is_script(rootfs, program):
            yield self._about_user(start, identity, program, "read, as a script must be,", "+r")

    def _about_user(
        self, start: Start, identity: Identity, barrier: Placed, verb: str, bit: str
    ) -> Finding:
        layer, entry = barrier
        path = entry.path or "/"
        return self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}" as user {identity.uid}, who may not '
            f"{verb} {path} of mode {octal(entry)}, owner {entry.uid} and group {entry.gid} "
            f"(layer {layer.position})",
            at={"pointer": start.pointer, "path": entry.path},
            fix=f"chmod {bit} {path}",
        )


def _is_script(rootfs: Rootfs, program: Placed) -> bool:
    return (rootfs.content(program) or b"").startswith(b"#!")


def _describe(entry: Entry) -> str:
    if entry.is_file or entry.is_hard_link:
        return f"a file of mode {octal(entry)}, which nobody may execute"
    return f"a {entry.kind_name}"
