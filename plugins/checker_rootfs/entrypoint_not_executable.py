"""RFS003: an image that starts something which cannot be executed."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import Entry
from checker.model.rootfs import Rootfs
from checker_rootfs.command import find_start, why_skipped


class EntrypointNotExecutable(Check):
    """What an image starts is a directory, or a file that nobody may execute.

    What it means:
        The first word of Entrypoint, or of Cmd, leads to something in the root filesystem that is
        no regular file, or to a file whose mode has none of the three executable bits. A bare name
        is reported only if no directory of PATH has an executable file of that name.

    Why it matters:
        Every container fails at its start with "permission denied", also for root, since the kernel
        executes no file without an executable bit.

    How to mend it:
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

    def skip_reason(self, archive: Archive) -> str | None:
        """Only images say what they start."""
        return why_skipped(archive)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report a program that cannot be executed."""
        start = find_start(rootfs)
        if start is None or start.program.found is None or start.executable is not None:
            return
        layer, entry = start.program.found
        yield self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}", but {entry.path} is {_describe(entry)} '
            f"(layer {layer.position})",
            at={"pointer": start.pointer, "path": entry.path},
            fix=None if entry.is_directory else f"chmod +x {entry.path}",
        )


def _describe(entry: Entry) -> str:
    if entry.is_file or entry.is_hard_link:
        return f"a file of mode {entry.mode & 0o7777:04o}, which nobody may execute"
    return f"a {entry.kind_name}"
