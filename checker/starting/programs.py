"""Whether the kernel executes a file: its format, its interpreter, its loader.

Sources: Linux 6.6, fs/exec.c, fs/binfmt_script.c, fs/binfmt_elf.c; execve(2).
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.content import ContentRequest
from checker.model.elf import EXECUTABLE_TYPES, X32, ElfFile, Machine, machine_for, runs_too
from checker.model.rootfs import Rootfs, RootfsEntry
from checker.records import NamedTuple
from checker.starting.identity import ROOT, Identity, closed_directory, may_execute, may_read
from checker.starting.libraries import Library, Search, find_loader, library_obstacles
from checker.starting.lookup import (
    Lookup,
    describe_absence,
    is_executable,
    is_mounted,
    look_up,
    look_up_file,
)
from checker.starting.obstacle import Budget, Cause, Obstacle
from checker.starting.process import Process
from checker.starting.scripts import (
    LINE,
    Shebang,
    describe_text,
    foreign_system,
    is_plain_text,
    program_of_env,
    shebang_of,
)

HEADS = ContentRequest(executables=True, limit=LINE, libraries=True)
"""The first line of scripts, and what ELF files need."""

_NESTED_SCRIPTS = 5
"""Interpreters that are scripts themselves, as many as Linux follows (fs/exec.c)."""

# Formats that hosts may have a handler for (binfmt_misc): programs for Windows, archives and
# classes of Java, WebAssembly.
_HANDLED = (b"MZ", b"PK\3\4", b"\xca\xfe\xba\xbe", b"\0asm")
_NO_FILE = "no such file or directory"
_LOOP = "too many levels of symbolic links"
_DENIED = "permission denied"
_FORMAT = "exec format error"


class Setting(NamedTuple):
    """What a program is executed in.

    Attributes:
        rootfs: The root filesystem.
        process: The process.
        identity: The user; None if it is not known.
        architecture: CPU architecture of the host, such as ``amd64``.
        budget: How many libraries may be looked up.
    """

    rootfs: Rootfs
    process: Process
    identity: Identity | None
    architecture: str
    budget: Budget


def program_obstacles(setting: Setting, lookup: Lookup) -> Iterator[Obstacle]:
    """Why the program that a lookup found is not executed.

    Args:
        setting: What it is executed in.
        lookup: The program, which was found.
    """
    yield from _execute(setting, lookup, lookup.word, 0)


def unknown_obstacle(rootfs: Rootfs, lookup: Lookup) -> Obstacle:
    """A program that was not found in those directories of PATH that were searched."""
    reason = f"{describe_absence(rootfs, lookup)}, and the others were not searched"
    return Obstacle(Cause.TOO_MUCH, reason, "", is_certain=False)


def missing_obstacle(rootfs: Rootfs, lookup: Lookup) -> Obstacle:
    """Why a program is not found."""
    word = lookup.word
    path = lookup.place or None
    if not lookup.is_known:
        return unknown_obstacle(rootfs, lookup)
    if lookup.is_directory:
        reason = f"{lookup.path} is a directory"
        return Obstacle(Cause.PERMISSION, reason, f'exec: "{word}": is a directory', path=path)
    reason = describe_absence(rootfs, lookup)
    what = _NO_FILE if rootfs.follow(lookup.path) is not None else _LOOP
    message = f'exec: "{word}": stat {word}: {what}'
    if lookup.is_bare:
        message = f'exec: "{word}": executable file not found in $PATH'
    return Obstacle(Cause.MISSING, reason, message, path=path)


def _execute(setting: Setting, lookup: Lookup, started: str, depth: int) -> Iterator[Obstacle]:
    """Execute a file that exists.

    Args:
        setting: What it is executed in.
        lookup: The file.
        started: The program that was asked for, which messages name.
        depth: How many scripts led here.
    """
    rootfs = setting.rootfs
    found = lookup.found
    if found is None:
        return
    denied = _permission_obstacle(setting, lookup, found, started)
    if denied is not None:
        yield denied
        if denied.is_certain:
            return
    elf, head = rootfs.elf(found), _first_line(rootfs, found)
    if elf is not None:
        yield from _execute_elf(setting, lookup, found, elf, started)
    elif head is None:
        reason = f"{lookup.path} was not read, so that its format is not known"
        yield Obstacle(Cause.FORMAT, reason, "", is_certain=False, path=found.path, found=found)
    elif (script := shebang_of(head)) is not None:
        yield from _execute_script(setting, lookup, found, script, started, depth)
    else:
        yield _format_obstacle(lookup, found, head, started)


def _first_line(rootfs: Rootfs, found: RootfsEntry) -> bytes | None:
    """The first bytes of a file, as many as the kernel reads; None if they were not all kept."""
    file = rootfs.file_of(found)
    head = None if file is None else rootfs.content(file)
    if file is None or head is None or len(head) < min(file.entry.size, LINE):
        return None
    return head[:LINE]


def _permission_obstacle(
    setting: Setting, lookup: Lookup, found: RootfsEntry, started: str
) -> Obstacle | None:
    entry, path, identity = found.entry, lookup.path, setting.identity
    message = f"exec {started}: {_DENIED}"
    if entry.is_directory:
        message = f'exec: "{started}": is a directory'
        return Obstacle(
            Cause.PERMISSION, f"{path} is a directory", message, path=found.path, found=found
        )
    if lookup.word == started and not is_executable(entry):
        # The runtime finds out, not the kernel.
        what = "executable file not found in $PATH" if lookup.is_bare else _DENIED
        message = f'exec: "{started}": {what}'
    if not (entry.is_file or entry.is_hard_link):
        reason = f"{path} is a {entry.kind_name}"
        return Obstacle(Cause.PERMISSION, reason, message, path=found.path, found=found)
    if not is_executable(entry):
        return _denied(f"{path} has no execute permission", message, found)
    if identity is None:
        return None if entry.mode & 1 else _unknown_user(path, found)
    closed = closed_directory(setting.rootfs, identity, path)
    if closed is not None:
        reason = f"user {identity.uid} cannot enter the directory /{closed.path}"
        return _denied(reason, message, closed)
    if not may_execute(identity, entry):
        return _denied(f"user {identity.uid} cannot execute {path}", message, found)
    return None


def _denied(reason: str, message: str, found: RootfsEntry, permission: str = "x") -> Obstacle:
    return Obstacle(
        Cause.PERMISSION, reason, message, path=found.path, found=found, permission=permission
    )


def _unknown_user(path: str, found: RootfsEntry) -> Obstacle:
    reason = f"the IDs of the user are not known, so neither is whether it can execute {path}"
    return Obstacle(Cause.PERMISSION, reason, "", is_certain=False, path=found.path, found=found)


def _format_obstacle(lookup: Lookup, found: RootfsEntry, head: bytes, started: str) -> Obstacle:
    message = f"exec {started}: {_FORMAT}"
    system = foreign_system(head)
    if is_plain_text(head):
        reason = f"{lookup.path} is {describe_text(head)}"
        return Obstacle(Cause.FORMAT, reason, message, path=found.path, found=found)
    reason = f"{lookup.path} is neither an ELF file nor a script"
    cause = Cause.FORMAT
    if system is not None:
        cause, reason = Cause.ARCHITECTURE, f"{lookup.path} was built for {system}"
    if head.startswith(_HANDLED):
        reason += ", and a handler for its format may be registered on the host"
        return Obstacle(cause, reason, "", is_certain=False, path=found.path, found=found)
    return Obstacle(cause, reason, message, path=found.path, found=found)


# Scripts


def _execute_script(
    setting: Setting,
    lookup: Lookup,
    found: RootfsEntry,
    script: Shebang,
    started: str,
    depth: int,
) -> Iterator[Obstacle]:
    if depth >= _NESTED_SCRIPTS:
        reason = f"the interpreters of {_NESTED_SCRIPTS} scripts are scripts"
        message = f"exec {started}: {_LOOP}"
        yield Obstacle(Cause.INTERPRETER, reason, message, path=found.path, found=found)
        return
    identity = setting.identity
    file = setting.rootfs.file_of(found)
    if identity is not None and file is not None and not may_read(identity, file.entry):
        reason = f"user {identity.uid} cannot read the script {lookup.path}"
        message = f"{script.interpreter}: {lookup.path}: Permission denied"
        yield _denied(reason, message, found, "r")
    interpreter = look_up_file(setting.rootfs, setting.process, script.interpreter)
    if is_mounted(interpreter.path):
        yield _mounted_obstacle(interpreter.path)
        return
    if interpreter.found is None:
        yield _missing_interpreter(setting.rootfs, lookup, found, script, interpreter, started)
        return
    if script.ends_in_cr:
        yield _carriage_return(lookup, found, script, started)
        return
    yield from map(_through, _execute(setting, interpreter, started, depth + 1))
    yield from _execute_env(setting, lookup, found, script)


def _through(obstacle: Obstacle) -> Obstacle:
    """An obstacle of an interpreter."""
    is_own = obstacle.cause in (Cause.PERMISSION, Cause.FORMAT)
    return obstacle._replace(cause=Cause.INTERPRETER) if is_own else obstacle


def _carriage_return(lookup: Lookup, found: RootfsEntry, script: Shebang, started: str) -> Obstacle:
    message = f"exec {started}: {_NO_FILE}"
    if not script.interpreter.endswith("\r"):
        message = f"{script.interpreter}: invalid argument"
    reason = (
        f"the first line of {lookup.path} ends in CR LF, so the carriage return is part of the "
        "interpreter's name or argument"
    )
    return Obstacle(Cause.INTERPRETER, reason, message, path=found.path, found=found)


def _missing_interpreter(
    rootfs: Rootfs,
    lookup: Lookup,
    found: RootfsEntry,
    script: Shebang,
    interpreter: Lookup,
    started: str,
) -> Obstacle:
    if script.ends_in_cr:
        return _carriage_return(lookup, found, script, started)
    if interpreter.is_directory:
        return Obstacle(
            Cause.INTERPRETER,
            f"the interpreter {script.interpreter} of {lookup.path} is a directory",
            f"exec {started}: {_DENIED}",
            path=found.path,
            found=found,
        )
    missing = describe_absence(rootfs, interpreter)
    reason = f"interpreter of {lookup.path}: {missing}"
    message = f"exec {started}: {_NO_FILE}"
    return Obstacle(Cause.INTERPRETER, reason, message, path=found.path, found=found)


def _execute_env(
    setting: Setting, lookup: Lookup, found: RootfsEntry, script: Shebang
) -> Iterator[Obstacle]:
    """Execute what ``env`` starts."""
    if script.interpreter.rpartition("/")[2] != "env":
        return
    name = program_of_env(script.argument)
    if name is None:
        return
    program = look_up(setting.rootfs, setting.process, name)
    if is_mounted(program.path):
        yield _mounted_obstacle(program.path)
    elif not program.is_known:
        yield unknown_obstacle(setting.rootfs, program)
    elif program.found is None:
        yield Obstacle(
            Cause.INTERPRETER,
            f"interpreter of {lookup.path}: {describe_absence(setting.rootfs, program)}",
            f"env: {name}: No such file or directory",
            path=found.path,
            found=found,
        )
    else:
        inner = _execute(setting, program, name, 1)
        # What the kernel takes for no program, env gives to a shell (execvp(3)).
        yield from (_through(each) for each in inner if each.cause is not Cause.FORMAT)


def _mounted_obstacle(path: str) -> Obstacle:
    reason = f"{path} is on a filesystem that the runtime mounts"
    return Obstacle(Cause.MISSING, reason, "", is_certain=False, path=path)


# ELF files


def _execute_elf(
    setting: Setting, lookup: Lookup, found: RootfsEntry, elf: ElfFile, started: str
) -> Iterator[Obstacle]:
    foreign = _machine_obstacle(setting, lookup, found, elf, started)
    if foreign is not None:
        yield foreign
        if foreign.is_certain:
            return
    if elf.fault is not None or elf.kind not in EXECUTABLE_TYPES:
        fault = elf.fault or f"is an ELF file of type {elf.kind}, which is not executable"
        message = f"exec {started}: {_FORMAT}"
        yield Obstacle(
            Cause.FORMAT, f"{lookup.path} {fault}", message, path=found.path, found=found
        )
        return
    if elf.interpreter is not None:
        yield from _load(setting, lookup, found, elf, started)
    elif elf.needed is None:
        reason = f"what {lookup.path} needs could not be read"
        yield Obstacle(Cause.LIBRARY, reason, "", is_certain=False, path=found.path, found=found)


def _machine_obstacle(
    setting: Setting, lookup: Lookup, found: RootfsEntry, elf: ElfFile, started: str
) -> Obstacle | None:
    """Why the host's processor does not execute a program."""
    host = machine_for(setting.architecture)
    if host is None or elf.machine == host:
        return None
    reason = f"{lookup.path} was built for {elf.machine}, and the host is {setting.architecture}"
    if runs_too(elf.machine, host):
        if elf.machine.bits == 32 and elf.machine not in (X32, machine_for("arm")):
            return None
        reason += ", whose kernel or processor may not execute it"
        return _doubt(reason, found)
    if _is_emulated(elf.machine):
        return _doubt(f"{reason}, which needs an emulator for it", found)
    message = f"exec {started}: {_FORMAT}"
    return Obstacle(Cause.ARCHITECTURE, reason, message, path=found.path, found=found)


def _is_emulated(machine: Machine) -> bool:
    """Whether there is an emulator that hosts may have registered (binfmt_misc, QEMU)."""
    return not str(machine).startswith("ELF machine")


def _doubt(reason: str, found: RootfsEntry) -> Obstacle:
    return Obstacle(Cause.ARCHITECTURE, reason, "", is_certain=False, path=found.path, found=found)


def _load(
    setting: Setting, lookup: Lookup, found: RootfsEntry, elf: ElfFile, started: str
) -> Iterator[Obstacle]:
    """Load the dynamic loader, which loads the libraries."""
    name = elf.interpreter or ""
    loader = look_up_file(setting.rootfs, setting.process, name)
    message = f"exec {started}: {_NO_FILE}"
    if is_mounted(loader.path):
        yield _mounted_obstacle(loader.path)
        return
    if loader.found is None:
        reason = f"interpreter {describe_absence(setting.rootfs, loader)}"
        if loader.is_directory:
            reason, message = f"interpreter {name} is a directory", f"exec {started}: {_DENIED}"
        if lookup.word != started:
            reason += f", and {lookup.path} needs it"
        yield Obstacle(Cause.INTERPRETER, reason, message, path=found.path, found=found)
        return
    denied = _permission_obstacle(setting, loader, loader.found, started)
    if denied is not None:
        yield denied._replace(cause=Cause.INTERPRETER)
        if denied.is_certain:
            return
    fault = _loader_fault(setting, loader.found, elf)
    if fault is not None:
        message = f"exec {started}: accessing a corrupted shared library"
        yield Obstacle(
            Cause.INTERPRETER, f"interpreter {name} {fault}", message, path=found.path, found=found
        )
        return
    program = Library(lookup.path, found, elf)
    yield from library_obstacles(
        Search(
            setting.rootfs,
            setting.process,
            setting.identity or ROOT,
            find_loader(setting.rootfs, loader.path, loader.found, elf.machine),
            program,
            setting.budget,
        )
    )


def _loader_fault(setting: Setting, loader: RootfsEntry, program: ElfFile) -> str | None:
    """Why the kernel does not take a file for the loader of a program."""
    elf = setting.rootfs.elf(loader)
    if elf is not None:
        if elf.machine != program.machine:
            return f"was built for {elf.machine}, and the program for {program.machine}"
        return elf.fault
    head = setting.rootfs.content(loader)
    return None if head is None else "is not an ELF file"
