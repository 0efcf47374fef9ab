"""Where the cache is: a directory that only the user has permission to enter."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress

_NAME = "archive-checker"
_PRIVATE = 0o700
_OTHERS = 0o077


class PlaceError(Exception):
    """The cache directory cannot be used; the text says why."""


def cache_directory() -> str:
    """The directory: in ``XDG_CACHE_HOME``, ``~/.cache``, or ``~/Library/Caches`` on macOS.

    Raises:
        PlaceError: The user has no home directory.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of XDG: a path that is not absolute is ignored.
    if os.path.isabs(given):
        return os.path.join(given, _NAME)
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        raise PlaceError("the user has no home directory")
    caches = ("Library", "Caches") if sys.platform == "darwin" else (".cache",)
    return os.path.join(home, *caches, _NAME)


def private_directory(path: str) -> str:
    """The directory, made if need be.

    Raises:
        PlaceError: It cannot be made, or others can enter it, who could put facts in it.
    """
    try:
        os.makedirs(os.path.dirname(path), _PRIVATE, exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(path, _PRIVATE)
        status = os.lstat(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PlaceError(f"{path}: {reason or error}") from error
    if not stat.S_ISDIR(status.st_mode):
        raise PlaceError(f"{path}: not a directory")
    if status.st_uid != os.geteuid():
        raise PlaceError(f"{path}: belongs to another user")
    if stat.S_IMODE(status.st_mode) & _OTHERS:
        raise PlaceError(f"{path}: others can enter it; run 'chmod 700' on it, or remove it")
    return path
