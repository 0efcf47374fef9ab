"""Which archives a command line names: paths, lists of paths, and what is below directories."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence

from checker.cli.streams import tell
from checker.errors import SettingsError
from checker.reports.wording import count_words
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.reading.search import Found

_INPUT = "-"
_MOST_BYTES = 64 << 20
_LISTS = "--files-from"


def archives_of(paths: Sequence[str], lists: Sequence[str], *, null: bool) -> tuple[str, ...]:
    """The archives to read, in the order in which they are named.

    A directory that is not an image or a root filesystem itself stands for the archives below it,
    which is told on standard error.

    Args:
        paths: Paths of archives and directories.
        lists: Files that contain further paths; ``-`` is standard input.
        null: Whether a zero byte ends each path in the lists, instead of the end of the line.

    Raises:
        SettingsError: A list cannot be read, there is nothing to read, or a directory has too much
            below it.
    """
    separator = b"\0" if null else b"\n"
    if null and not lists:
        raise SettingsError(f"-0: is for the paths in a list; name it with {_LISTS} FILE")
    if [*paths, *lists].count(_INPUT) > 1 and _INPUT in lists:
        raise SettingsError(f"{_LISTS} -: standard input cannot be a second list or an archive")
    if paths.count(_INPUT) > 1:
        raise SettingsError("-: standard input can only be one archive")
    listed = (path for file in lists for path in _paths_in(file, separator))
    named = (*paths, *listed)
    if not named:
        where = f"the list {', '.join(lists)} is empty" if lists else "specify PATH"
        raise SettingsError(f"no archives are named: {where}")
    return tuple(archive for path in named for archive in _below(path))


def _paths_in(file: str, separator: bytes) -> Iterator[str]:
    """The paths that a list contains.

    Raises:
        SettingsError: It cannot be read, or its paths are separated in another way.
    """
    data = _content(file)
    if separator != b"\0" and b"\0" in data:
        raise SettingsError(
            f"{_LISTS} {file}: contains zero bytes; if these separate the paths, add -0"
        )
    for path in data.split(separator):
        name = path.removesuffix(b"\r") if separator == b"\n" else path
        if name:
            yield os.fsdecode(name)


def _content(file: str) -> bytes:
    try:
        if file == _INPUT:
            data = sys.stdin.buffer.read(_MOST_BYTES + 1) if sys.stdin is not None else b""
        else:
            with open(file, "rb") as stream:
                data = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsError(f"{_LISTS} {file}: cannot be read: {reason}") from error
    if len(data) > _MOST_BYTES:
        raise SettingsError(f"{_LISTS} {file}: has more than {_MOST_BYTES} bytes")
    return data


def _below(path: str) -> Iterable[str]:
    """A path, or the archives below it if it is a directory of archives."""
    try:
        if path == _INPUT or not stat.S_ISDIR(os.stat(path).st_mode):
            return (path,)
    except (OSError, ValueError):
        return (path,)  # reading it says what is wrong
    return _below_directory(path)


def _below_directory(path: str) -> Iterable[str]:
    # Imported here, as most archives are files.
    from checker.reading.search import SearchError, find_archives, is_one_archive

    try:
        if is_one_archive(path):
            return (path,)
        found = find_archives(path)
    except (OSError, ValueError):
        return (path,)
    except SearchError as error:
        raise SettingsError(f"{error}; name the archives, or directories with fewer") from error
    # An image or a root filesystem may be incomplete, which reading it says as well.
    if not found.archives:
        tell(
            f"{path}: no archives are in it or below{_ignored(found, ' ({})')}; name a tar file, "
            "the directory of an image layout or that of a root filesystem"
        )
        return (path,)
    tell(f"{path}: {_words(found)}{_ignored(found, '; {}')}")
    return found.archives


def _words(found: Found) -> str:
    parts = [
        count_words(len(found.files), "archive") if found.files else "",
        count_words(len(found.directories), "directory", "directories")
        if found.directories
        else "",
    ]
    return f"found {' and '.join(filter(None, parts))}"


def _ignored(found: Found, form: str) -> str:
    """How many other files are there, in this form; empty if there are none."""
    return form.format(f"{count_words(found.others, 'other file')} ignored") if found.others else ""
