"""RFS002: an image whose command is not in its root filesystem."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Finding, Rootfs, Severity
from checker.starting.lookup import describe_missing
from checker.starting.wrapped import find_wrapped
from checker_rootfs.command import ConfigCheck, Start, find_start
from checker_rootfs.places import is_empty


class MissingEntrypoint(ConfigCheck):
    """The program that an image starts is not in its root filesystem.

    What it means:
        The first word of Entrypoint, or of Cmd if there is no Entrypoint, names a program. An
        absolute path is used as it is, a path with a slash is resolved against WorkingDir, a bare
        name is searched in the directories of PATH in Env; symlinks are resolved inside the root.
        The program was not found. In the shell form (``CMD app --serve``) the program is /bin/sh.
        If the shell exists and its command is a simple one, the program in it is checked too, as is
        the program that tini, dumb-init or catatonit starts; these are warnings. An image
        with neither Entrypoint nor Cmd is accepted, as base images and data images have none.
        Programs below /dev, /proc and /sys, and images for Windows and WebAssembly, are ignored.

    Why it matters:
        The image can be loaded and pulled, but every container fails to start: "executable file not
        found" or "no such file or directory".

    How to fix it:
        Copy the program into the image, or correct Entrypoint, Cmd, WorkingDir or PATH. If a later
        step deletes the program, or a layer replaces a symlink such as /bin with a directory, fix
        that step. If a volume provides the program at run time, waive this rule for the image. In
        an image without a shell use the exec form:

            before:  CMD app --serve
            after:   CMD ["/usr/bin/app", "--serve"]

    References:
        - OCI image-spec 1.1, config.md, "Entrypoint" and "Cmd"
        - Dockerfile reference, "Shell and exec form"
    """

    id = "RFS002"
    name = "missing-entrypoint"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report a missing program."""
        start = find_start(rootfs)
        # What has layers and yet no files is reported by empty-rootfs.
        if start is None or (rootfs.layers and is_empty(rootfs)):
            return
        if start.program.found is not None:
            yield from self._check_wrapped(rootfs, start)
            return
        if start.program.is_directory:
            # Reported by entrypoint-not-executable.
            return
        missing = describe_missing(rootfs, start.program)
        yield self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}", {missing}',
            at={"pointer": start.pointer, "path": start.program.place or None},
            fix=_advice(start),
        )

    def _check_wrapped(self, rootfs: Rootfs, start: Start) -> Iterator[Finding]:
        """Look up the program that a shell or an init starts."""
        wrapped = find_wrapped(rootfs, start.process)
        if wrapped is None or wrapped.lookup.found is not None:
            return
        program = wrapped.lookup
        yield self.finding(
            start.config,
            f'{start.label} starts "{program.word}" through "{start.program.word}", '
            f"{describe_missing(rootfs, program)}",
            at={"pointer": start.pointer_of(wrapped.position), "path": program.place or None},
            severity=Severity.WARNING,
        )


def _advice(start: Start) -> str:
    if start.process.arguments[:2] == ("/bin/sh", "-c"):
        return "use the exec form (a list) for the command, or add a shell to the image"
    return "copy the program into the image, or correct Entrypoint, Cmd, WorkingDir or PATH"
