"""RFS005: a started program whose interpreter is missing."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Finding, Fix, Rootfs, Severity
from checker.starting.obstacle import Cause, Obstacle
from checker_rootfs.command import START_CONTENT, ConfigCheck, find_obstacles, find_start
from checker_rootfs.fixes import fix_in_root


class MissingInterpreter(ConfigCheck):
    """The program that an image starts needs an interpreter that is not in its root filesystem.

    What it means:
        A dynamically linked ELF program names its loader, such as /lib64/ld-linux-x86-64.so.2; a
        script names its interpreter after ``#!`` in the first line, or a program that /usr/bin/env
        searches in PATH. That file is missing, dangling or not executable. Also reported are a
        first line that ends in CR LF, where the carriage return becomes part of the name, and a
        text file without an interpreter line, or with a byte order mark before it, and other files
        that the kernel does not take for a program. For a script, the interpreter is checked in
        the same way, and so is what ``env`` starts.

    Why it matters:
        The kernel refuses to start the program. The error reads as if the program itself were
        missing ("no such file or directory") or broken ("exec format error"), which is misleading.

    How to fix it:
        Copy the loader and libraries too, link statically, or use a base image with the same C
        library: programs built for glibc do not start on Alpine (musl), or vice versa. For scripts
        install the interpreter, begin the file with ``#!/bin/sh`` or similar, and save it with LF
        line endings.

            dos2unix docker-entrypoint.sh

    References:
        - Linux, fs/binfmt_elf.c and fs/binfmt_script.c; execve(2), "Interpreter scripts", ENOEXEC
        - System V ABI, chapter 5, "Program Interpreter"
    """

    id = "RFS005"
    name = "missing-interpreter"
    severity = Severity.ERROR
    since = "0.1.0"
    reads = START_CONTENT
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the interpreters and loaders that the started program needs."""
        start = find_start(rootfs)
        if start is None:
            return
        for obstacle in find_obstacles(self, rootfs, start, Cause.FORMAT, Cause.INTERPRETER):
            yield self.finding(
                start.config,
                f'{start.label} starts "{start.program.word}": {obstacle.reason} '
                f"({_message(obstacle)})",
                at={"pointer": start.pointer, "path": obstacle.path},
                fix=_fix(rootfs, obstacle),
            )


def _message(obstacle: Obstacle) -> str:
    layer = "" if obstacle.found is None else f"layer {obstacle.found.layer.position}; "
    return f'{layer}"{obstacle.message}"'


def _fix(rootfs: Rootfs, obstacle: Obstacle) -> Fix | None:
    if "CR LF" in obstacle.reason:
        words = ("sed", "-i", r"s/\r$//", f"/{obstacle.path}")
        return fix_in_root(rootfs, "remove the carriage returns", *words)
    if obstacle.cause is Cause.FORMAT:
        return Fix("begin the file with #!/bin/sh or another interpreter")
    return None
