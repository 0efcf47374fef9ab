"""Copies bytes from one file to another, inside the kernel where the system can."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

from checker.conversion.records import ConversionError
from checker.model.entries import Span
from checker.reading.meter import SILENT, Meter

_AT_ONCE = 1 << 30
_PIECE = 1 << 21
# What a system says if it cannot copy between these two files.
_CANNOT = frozenset(
    {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.ETXTBSY}
)


def copy_span(source: int, span: Span, target: int, meter: Meter = SILENT) -> None:
    """Copy a part of a file to the position of another one.

    Args:
        source: Descriptor of the file to read.
        span: The part of it.
        target: Descriptor of the file to write.
        meter: Counts the bytes.

    Raises:
        ConversionError: The source became shorter.
        OSError: It cannot be read or written.
    """
    done = _copy_in_kernel(source, span, target)
    meter.count(done, "")
    while done < span.length:
        piece = os.pread(source, min(_PIECE, span.length - done), span.offset + done)
        if not piece:
            raise ConversionError("the archive became shorter while it was converted")
        write_all(target, piece)
        meter.count(len(piece), "")
        done += len(piece)


def _copy_in_kernel(source: int, span: Span, target: int) -> int:
    """Copy as much as the kernel copies itself; the number of bytes."""
    copy = getattr(os, "copy_file_range", None)
    done = 0
    while copy is not None and done < span.length:
        try:
            count = copy(
                source, target, min(_AT_ONCE, span.length - done), offset_src=span.offset + done
            )
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
            break
        if count == 0:
            break
        done += count
    return done


def write_all(target: int, data: bytes | bytearray | memoryview) -> None:
    """Write all bytes at the position of a file."""
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def write_chunks(target: int, chunks: Iterable[bytes]) -> int:
    """Write pieces at the position of a file; the number of bytes."""
    size = 0
    for chunk in chunks:
        write_all(target, chunk)
        size += len(chunk)
    return size
