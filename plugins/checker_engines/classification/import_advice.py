"""What to set when a root filesystem is imported, as far as the root has it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.rootfs import Rootfs

_SHELLS = ("bin/bash", "bin/sh", "bin/ash", "usr/bin/bash", "usr/bin/sh")
_INITS = ("sbin/init", "usr/sbin/init", "lib/systemd/systemd", "usr/lib/systemd/systemd")
_PROGRAM_DIRECTORIES = (*("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"),)
_EXECUTABLE = 0o111
_PERMISSIONS = 0o7777
_SET_PROGRAM = "set the program to start with `docker import --change`."
_NO_PROGRAM = f"No shell or init was found in it: {_SET_PROGRAM}"


def import_advice(rootfs: Rootfs, quoted_path: str, pack: str = "") -> tuple[str, ...]:
    """How to set the metadata during an import: nothing is suggested that the root lacks.

    Args:
        rootfs: A flat root filesystem.
        quoted_path: The path of its archive, quoted for a command line.
        pack: What precedes the command, such as one that writes the archive to a pipe.
    """
    program = _first_program(rootfs)
    if program is None:
        why = next(_obstacles(rootfs), None)
        return (_NO_PROGRAM if why is None else f"{why}: {_SET_PROGRAM}",)
    options = " ".join(f"--change '{change}'" for change in _changes(rootfs, program))
    command = f"{pack}docker import {options} {quoted_path} name:tag"
    return (f"Set the metadata during the import: `{command}`",)


def _changes(rootfs: Rootfs, program: str) -> Iterator[str]:
    yield f'CMD ["/{program}"]'
    directories = [f"/{path}" for path in _PROGRAM_DIRECTORIES if rootfs.exists(path)]
    if directories:
        yield f"ENV PATH={':'.join(directories)}"


def _first_program(rootfs: Rootfs) -> str | None:
    """A shell, else an init, that is an executable file, links followed inside the root."""
    return next((path for path in (*_SHELLS, *_INITS) if _is_program(rootfs, path)), None)


def _obstacles(rootfs: Rootfs) -> Iterator[str]:
    """Why the shells and inits that are there cannot be executed."""
    for path in (*_SHELLS, *_INITS):
        found = rootfs.resolve(path)
        file = None if found is None else rootfs.file_of(found)
        if file is not None and file.entry.is_file:
            mode = f"{file.entry.mode & _PERMISSIONS:04o}"
            yield f"/{path} cannot be executed, its mode is {mode}"
        elif file is not None:
            yield f"/{path} is not a regular file"
        elif rootfs.get(path) is not None:
            yield f"/{path} is a link to nothing"


def _is_program(rootfs: Rootfs, path: str) -> bool:
    found = rootfs.resolve(path)
    file = None if found is None else rootfs.file_of(found)
    return file is not None and file.entry.is_file and bool(file.entry.mode & _EXECUTABLE)
