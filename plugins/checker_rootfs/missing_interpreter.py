"""RFS005: a started program whose interpreter is missing."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Finding, Fix, Rootfs, RootfsEntry, Severity
from checker_rootfs.command import (
    HEADS,
    ConfigCheck,
    Lookup,
    Start,
    describe_missing,
    find_start,
    is_executable,
    look_up,
)
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.program import (
    BYTE_ORDER_MARK,
    Shebang,
    elf_interpreter,
    elf_interpreter_by_library,
    is_plain_text,
    machine_of,
    shebang_of,
)

_ENV = "/usr/bin/env"


class MissingInterpreter(ConfigCheck):
    """The program that an image starts needs an interpreter that is not in its root filesystem.

    What it means:
        A dynamically linked ELF program names its loader, such as /lib64/ld-linux-x86-64.so.2; a
        script names its interpreter after ``#!`` in the first line, or a program that /usr/bin/env
        searches in PATH. That file is missing, dangling or not executable. Also reported are a
        first line that ends in CR LF, where the carriage return becomes part of the name, and a
        text file without an interpreter line, or with a byte order mark before it. For a script,
        the loader of the interpreter is checked too.

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
    reads = (HEADS,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the interpreter of the started program, and the loader of that interpreter."""
        start = find_start(rootfs)
        if start is None or start.executable is None:
            return
        program = start.executable
        head = _whole_head(rootfs, program)
        if head is None:
            return
        script = shebang_of(head)
        if script is not None:
            yield from self._check_script(rootfs, start, program, script)
        elif machine_of(head) is not None:
            yield from self._check_loader(rootfs, start, program, head)
        elif is_plain_text(head):
            yield self._about(
                start,
                program,
                f'is {_kind_of(head)}, which the kernel rejects: "exec format error"',
                Fix("begin the file with #!/bin/sh or another interpreter"),
            )

    def _check_script(
        self, rootfs: Rootfs, start: Start, program: RootfsEntry, script: Shebang
    ) -> Iterator[Finding]:
        if script.interpreter.endswith("\r") or script.argument.endswith("\r"):
            yield self._about(
                start,
                program,
                "is a script whose first line ends in CR LF; the carriage return becomes part of "
                "the interpreter's name or argument",
                fix_in_root(
                    rootfs,
                    "remove the carriage returns",
                    *("sed", "-i", r"s/\r$//", f"/{program.entry.path}"),
                ),
            )
            return
        lookup = look_up(rootfs, start.config, _with_slash(script.interpreter))
        problem = _problem(rootfs, lookup)
        if problem is not None:
            yield self._about(start, program, f'is a script for "{script.interpreter}", {problem}')
            return
        yield from self._check_env(rootfs, start, program, script)
        interpreter = lookup.found
        head = None if interpreter is None else _whole_head(rootfs, interpreter)
        if interpreter is not None and head is not None:
            yield from self._check_loader(rootfs, start, interpreter, head)

    def _check_env(
        self, rootfs: Rootfs, start: Start, program: RootfsEntry, script: Shebang
    ) -> Iterator[Finding]:
        """Look up the program that env starts; lines with options or assignments are ignored."""
        name = script.argument
        if script.interpreter != _ENV or not name or name.startswith("-") or "=" in name:
            return
        problem = _problem(rootfs, look_up(rootfs, start.config, name))
        if problem is not None:
            yield self._about(start, program, f'is a script for "{_ENV} {name}", {problem}')

    def _check_loader(
        self, rootfs: Rootfs, start: Start, program: RootfsEntry, head: bytes
    ) -> Iterator[Finding]:
        loader = elf_interpreter(head)
        if loader is None:
            return
        problem = _problem(rootfs, look_up(rootfs, start.config, _with_slash(loader)))
        if problem is not None and elf_interpreter_by_library(head) == loader:
            yield self._about(start, program, f'needs the loader "{loader}", {problem}')

    def _about(
        self, start: Start, program: RootfsEntry, problem: str, fix: Fix | None = None
    ) -> Finding:
        path = program.entry.path
        return self.finding(
            start.config,
            f'{start.label} starts "{start.program.word}": {path} (layer {program.layer.position}) '
            f"{problem}",
            at={"pointer": start.pointer, "path": path},
            fix=fix,
        )


def _kind_of(text: bytes) -> str:
    """Describe a text file that names no interpreter."""
    if text.startswith(BYTE_ORDER_MARK.encode()):
        return "a text file that begins with a byte order mark"
    return "a text file without an interpreter line" if text else "empty"


def _with_slash(name: str) -> str:
    """The name as the kernel resolves it: never through PATH."""
    return name if "/" in name else f"./{name}"


def _problem(rootfs: Rootfs, lookup: Lookup) -> str | None:
    """What is wrong with a lookup; None if an executable file was found."""
    if lookup.found is None:
        return describe_missing(rootfs, lookup)
    entry = lookup.found.entry
    if is_executable(entry):
        return None
    what = "is not executable" if entry.is_file or entry.is_hard_link else f"is a {entry.kind_name}"
    return f"but {entry.path} {what}"


def _whole_head(rootfs: Rootfs, placed: RootfsEntry) -> bytes | None:
    """The first page of a file; None if it was not kept completely."""
    file = rootfs.file_of(placed)
    head = None if file is None else rootfs.content(file)
    if file is None or head is None or len(head) < min(file.entry.size, HEADS.limit):
        return None
    return head
