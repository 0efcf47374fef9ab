"""Where a conversion is written: complete and checked, or not at all.

A file is written without a name beside its target, where the system can do that, so that even a
process that is killed leaves nothing behind. It gets its name once it is checked.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from checker.conversion.copying import copy_span
from checker.conversion.records import SelectionError
from checker.model.entries import Span
from checker.reading.meter import SILENT, Meter

_MODE = 0o666
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_UNNAMED = getattr(os, "O_TMPFILE", 0)
# What a file system says that has no files without a name.
_NOT_SUPPORTED = frozenset(
    {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.ENOSYS}
)


def check_target(source: str, target: str, image: str | None = None, *, is_directory: bool) -> None:
    """Make sure that a target can be written, and is none of the archives that are read.

    Args:
        source: The archive to convert.
        target: Where the result is written.
        image: The archive of the image that has the settings, if there is one.
        is_directory: Whether the result is a directory.

    Raises:
        SelectionError: It cannot, or it is.
    """
    if not target:
        raise SelectionError("OUT: the name of a file is missing")
    if target == "-":
        if is_directory:
            raise SelectionError("OUT: a directory cannot be written to standard output")
        return
    if _is_inside(target, source):
        raise SelectionError(f"OUT {target}: this is inside the directory to convert")
    try:
        there = os.stat(target)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SelectionError(f"OUT {target}: {error.strerror}") from error
    _check_not_read(target, there, source, image)
    if is_directory and not (stat.S_ISDIR(there.st_mode) and not os.listdir(target)):
        raise SelectionError(f"OUT {target}: it exists; an image layout needs a new directory")
    if not is_directory and stat.S_ISDIR(there.st_mode):
        raise SelectionError(f"OUT {target}: this is a directory; name a file")


def _check_not_read(target: str, there: os.stat_result, source: str, image: str | None) -> None:
    if not stat.S_ISREG(there.st_mode):
        return
    if _is_same(source, there):
        raise SelectionError(f"OUT {target}: this is the archive to convert")
    if image is not None and _is_same(image, there):
        raise SelectionError(f"OUT {target}: this is the archive of --from-image")


def _is_inside(target: str, source: str) -> bool:
    """Whether a target is below a source that is a directory, links followed."""
    if source == "-" or not os.path.isdir(source):
        return False
    return os.path.realpath(target).startswith(os.path.join(os.path.realpath(source), ""))


def _is_same(source: str, there: os.stat_result) -> bool:
    try:
        own = os.fstat(0) if source == "-" else os.stat(source)
    except OSError:
        return False
    return (own.st_dev, own.st_ino) == (there.st_dev, there.st_ino)


class NewFile:
    """A file that is being written.

    Attributes:
        file: Its descriptor.
    """

    def __init__(self, file: int, target: str, temporary: str | None) -> None:
        self.file = file
        self._target = target
        self._temporary = temporary

    def size(self) -> int:
        """The bytes that are written."""
        return os.fstat(self.file).st_size

    def publish(self, meter: Meter = SILENT) -> None:
        """Give the file its name, in place of a file that had it.

        Args:
            meter: Counts what is sent to a device, a pipe or standard output.

        Raises:
            OSError: It cannot be renamed, or written.
        """
        if _is_special(self._target):
            self._send(meter)
            return
        target = os.path.realpath(self._target)
        with suppress(FileNotFoundError):
            os.fchmod(self.file, stat.S_IMODE(os.stat(target).st_mode))
            # What replaces a file must be on disk before.
            os.fsync(self.file)
        if self._temporary is None:
            self._temporary = _temporary_name(target)
            # With a descriptor, which an absolute path does not need, the link of proc is followed.
            link = f"/proc/self/fd/{self.file}"
            os.link(link, self._temporary, src_dir_fd=self.file, follow_symlinks=True)
        try:
            os.replace(self._temporary, target)
        except BaseException:
            self.discard()
            raise
        self._temporary = None

    def _send(self, meter: Meter) -> None:
        """Write to a device, a pipe or standard output."""
        is_standard = self._target == "-"
        out = os.dup(1) if is_standard else os.open(self._target, os.O_WRONLY)
        try:
            with _named("standard output" if is_standard else self._target):
                meter.begin(self.size())
                copy_span(self.file, Span(0, self.size()), out, meter)
                meter.end()
        finally:
            os.close(out)

    def discard(self) -> None:
        """Remove the file."""
        if self._temporary is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._temporary)
            self._temporary = None


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Name a file in the errors of writing to it.

    Raises:
        OSError: It cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from error


@contextmanager
def new_file(target: str) -> Iterator[NewFile]:
    """A file that becomes the target when it is published, and else is removed.

    Raises:
        OSError: The disk is full, or permission is missing.
    """
    if _is_special(target):
        with tempfile.TemporaryFile(prefix="checker-") as file:
            yield NewFile(file.fileno(), target, None)
        return
    found = _create(os.path.realpath(target))
    try:
        yield found
    finally:
        found.discard()
        os.close(found.file)


def _create(target: str) -> NewFile:
    directory = os.path.dirname(target)
    if _UNNAMED and os.path.exists("/proc/self/fd"):
        try:
            return NewFile(
                os.open(directory, os.O_RDWR | _UNNAMED | os.O_CLOEXEC, _MODE), target, None
            )
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise OSError(error.errno, error.strerror, directory) from error
    temporary = _temporary_name(target)
    with _named(directory):
        return NewFile(os.open(temporary, _CREATE, _MODE), target, temporary)


def _temporary_name(target: str) -> str:
    return os.path.join(os.path.dirname(target), f".checker-{os.urandom(6).hex()}.tmp")


def _is_special(target: str) -> bool:
    if target == "-":
        return True
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def new_directory(target: str) -> Iterator[str]:
    """A directory that becomes the target with ``publish_directory``, and else is removed."""
    target = os.path.realpath(target)
    temporary = _temporary_name(target)
    with _named(os.path.dirname(target)):
        os.mkdir(temporary)
    try:
        yield temporary
    finally:
        if os.path.isdir(temporary):
            shutil.rmtree(temporary, ignore_errors=True)


def publish_directory(temporary: str, target: str) -> None:
    """Give a directory its name, in place of an empty one.

    Raises:
        OSError: There is something in it.
    """
    os.rename(temporary, os.path.realpath(target))
