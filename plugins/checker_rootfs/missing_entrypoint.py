"""RFS002: an image that starts a program which it does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.rootfs import Rootfs
from checker_rootfs.command import (
    Start,
    describe_missing,
    find_start,
    find_wrapped,
    is_mounted,
    pointer_of,
    why_skipped,
)


class MissingEntrypoint(Check):
    """The program that an image starts is not in its root filesystem.

    What it means:
        The first word of Entrypoint, or of Cmd where there is no Entrypoint, names a program. An
        absolute path is looked up as it is, a path with a slash below WorkingDir, a bare name in
        the directories of PATH in Env; symlinks are followed inside the root. Nothing was found.
        In the shell form (``CMD app --serve``) the program is /bin/sh. If that is there, and the
        line for it begins with an absolute path, that path is looked for too, as is what tini,
        dumb-init or catatonit is told to start; these are warnings. An image with neither
        Entrypoint nor Cmd passes: base images and data images are made so. Programs below /dev,
        /proc and /sys, and images for Windows and WebAssembly, are not judged.

    Why it matters:
        The image loads and pulls well, and every container made of it fails at its start:
        "executable file not found" or "no such file or directory".

    How to fix it:
        Copy the program into the image, or correct Entrypoint, Cmd, WorkingDir or PATH. In an image
        without a shell give the command as a list. If a later step deletes the program, or a layer
        puts a directory in place of a symlink such as /bin, mend that step. Where a volume brings
        the program at run time, waive this rule for the image.

    References:
        - OCI image-spec 1.1, config.md, "Entrypoint" and "Cmd"
        - Dockerfile reference, "Shell and exec form"
    """

    id = "RFS002"
    name = "missing-entrypoint"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Only images say what they start."""
        return why_skipped(archive)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report a program that is not there."""
        start = find_start(rootfs)
        if start is None:
            return
        if start.program.found is not None:
            yield from self._check_wrapped(rootfs, start)
            return
        missing = describe_missing(rootfs, start.program)
        yield self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}", {missing}',
            at={"pointer": start.pointer, "path": start.program.place or None},
            fix=_advice(start),
        )

    def _check_wrapped(self, rootfs: Rootfs, start: Start) -> Iterator[Finding]:
        """Look for what a shell or an init starts in its turn."""
        wrapped = find_wrapped(rootfs, start)
        if wrapped is None or wrapped[1].found is not None or is_mounted(wrapped[1].path):
            return
        position, program = wrapped
        yield self.finding(
            start.config,
            f'{start.label} starts "{program.word}" through "{start.program.word}", '
            f"{describe_missing(rootfs, program)}",
            at={"pointer": pointer_of(start, position), "path": program.place or None},
            severity=Severity.WARNING,
        )


def _advice(start: Start) -> str:
    if start.words[:2] == ("/bin/sh", "-c"):
        return "write the command as a list, without a shell, or add a shell to the image"
    return "copy the program into the image, or correct Entrypoint, Cmd, WorkingDir or PATH"
