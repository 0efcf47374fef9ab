"""Refuses reports that would replace what the run reads."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator

from checker.records import NamedTuple
from checker.reports.output import (
    Output,
    OutputError,
    temporary_beside,
    unwritable,
    write_new,
)

_LAYOUT_NAMES = frozenset({"oci-layout", "index.json", "manifest.json", "version", "blobs"})


class _File(NamedTuple):
    """A file by what identifies it, whatever its name, links included."""

    device: int
    number: int


def check_targets(outputs: Iterable[Output], archives: Iterable[str], config: str | None) -> None:
    """Make sure that no report replaces an archive, the configuration, or code that is running.

    Args:
        outputs: The reports.
        archives: The paths of the archives.
        config: The path of the configuration file.

    Raises:
        OutputError: A report would replace one of them, or its path is a directory.
    """
    files = [output for output in outputs if output.file is not None]
    if not files:
        return
    paths = tuple(archives)
    known = {**dict(_modules()), **dict(_inputs(paths, config))}
    for output in files:
        _check(output.file or "", f"--format {output.report.name}=", known, paths)


def check_target(path: str, label: str, archives: Iterable[str], config: str | None) -> None:
    """Make sure that a file does not replace an archive, the configuration, or running code.

    Args:
        path: The file to write.
        label: What it is, for the message.
        archives: The paths of the archives.
        config: The path of the configuration file.

    Raises:
        OutputError: It would replace one of them, or is a directory.
    """
    paths = tuple(archives)
    _check(path, f"{label} ", {**dict(_modules()), **dict(_inputs(paths, config))}, paths)


def _check(path: str, label: str, known: dict[_File, str], archives: tuple[str, ...]) -> None:
    what = _replaced(path, known) or _part_of_layout(path, archives)
    if what is not None:
        raise OutputError(f"{label}{path}: this is {what}")


def try_targets(outputs: Iterable[Output]) -> None:
    """Make sure that reports can be written, before the archives are read.

    Missing parent directories are created. Existing files are not changed.

    Args:
        outputs: The reports.

    Raises:
        OutputError: A report cannot be written to its path.
    """
    for output in outputs:
        if output.file is None:
            continue
        try:
            _try_target(output.file)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise OutputError(unwritable(output, reason or str(error))) from error


def _try_target(path: str) -> None:
    # A link to a pipe, as /dev/stdout can be one, leads to no path that exists.
    if os.path.exists(path) and not os.path.isfile(path):
        if not os.access(path, os.W_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return
    target = os.path.realpath(path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with temporary_beside(target) as temporary:
        write_new(temporary, b"")


def _replaced(path: str, known: dict[_File, str]) -> str | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(status.st_mode):
        return "a directory; specify a file"
    what = known.get(_File(status.st_dev, status.st_ino))
    is_special = not stat.S_ISREG(status.st_mode)
    return None if what is None or is_special else f"{what}, which the report would replace"


def _inputs(archives: tuple[str, ...], config: str | None) -> Iterator[tuple[_File, str]]:
    if config is not None:
        yield from _identified(config, "the configuration file")
    for path in archives:
        yield from _identified(0 if path == "-" else path, "an archive to check")


def _modules() -> Iterator[tuple[_File, str]]:
    """The files of the code that is running, plugins included."""
    for module in tuple(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str):
            yield from _identified(path, "the code of the checker or of a plugin")


def _identified(path: str | int, what: str) -> Iterator[tuple[_File, str]]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return
    yield _File(status.st_dev, status.st_ino), what


def _part_of_layout(path: str, archives: tuple[str, ...]) -> str | None:
    """Whether a path is that of a part of a directory that is checked."""
    target = os.path.realpath(path)
    for archive in archives:
        start = os.path.join(os.path.realpath(archive), "")
        if os.path.isdir(archive) and target.startswith(start):
            first = target[len(start) :].partition(os.sep)[0]
            is_part = os.path.lexists(target) and not _is_layout(archive)
            if first in _LAYOUT_NAMES or is_part:
                return f"a part of {archive}, which is to be checked"
    return None


def _is_layout(directory: str) -> bool:
    """Whether a directory is an image layout, whose files have known names."""
    return any(os.path.lexists(os.path.join(directory, name)) for name in _LAYOUT_NAMES)
