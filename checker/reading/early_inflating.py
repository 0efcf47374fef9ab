"""Decompression that begins while the program is still loading its plugins.

To decompress a layer takes longer than all else, and needs to know nothing of checks. What comes
out waits, up to a bound, until it is known what is to be kept of it. This is for zstd alone, whose
part in C does not need the interpreter, and for data without any fault: what is odd about other
data is found when it is read again without this.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

from checker.model.compression import HEAD_SIZE, Compression, CompressionKind
from checker.model.entries import Span
from checker.model.limits import Limits
from checker.reading.compression import MAGIC_SIZE, detect, sound_zstd, zstd_window_log
from checker.reading.zstd_library import find_library
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.compiled.zstd import Inflating

# Those of the settings are not known yet.
_LIMITS = Limits()
_BOUNDS = (_LIMITS.expansion, _LIMITS.expansion_from, _LIMITS.inflated, _LIMITS.frames)


class EarlyInflating:
    """Decompresses one member on another thread.

    Args:
        file: The archive. It is closed at the end.
        span: The member, in bytes; it is compressed with zstd.
        inflating: Decompresses it.

    Attributes:
        span: The member.
    """

    def __init__(self, file: int, span: Span, inflating: Inflating) -> None:
        self.span = span
        self._file = file
        self._inflating = inflating
        self._is_claimed = self._is_closed = False
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def taken(self) -> int:
        """Bytes of the member that are decompressed."""
        return self._inflating.taken

    def claimed(self, limits: Limits) -> EarlyInflating | None:
        """This, for the first who asks, if the limits are those that apply; None for others."""
        if self._is_claimed or limits != _LIMITS:
            return None
        self._is_claimed = True
        return self

    def pieces(self) -> Iterator[bytes]:
        """What comes out, in pieces of at most 1 MiB.

        Raises:
            ValueError: There is something odd about the data, or it cannot be read.
        """
        while (piece := self._inflating.take()) is not None:
            yield piece

    def finish(self) -> Compression:
        """What was found, when there are no more pieces."""
        head = os.pread(self._file, min(HEAD_SIZE, self.span.length), self.span.offset)
        return sound_zstd(head, self._inflating.streams)

    def close(self) -> None:
        """Stop, however far it came, and give back what waits."""
        if self._is_closed:
            return
        self._is_closed = True
        self._inflating.close()
        self._thread.join()
        os.close(self._file)

    def _run(self) -> None:
        with suppress(MemoryError):  # who takes the pieces is told
            self._inflating.run()


def inflate_early(file: int, span: Span) -> EarlyInflating | None:
    """Begin to decompress a member of an archive, if it is compressed with zstd."""
    if detect(os.pread(file, MAGIC_SIZE, span.offset)) is not CompressionKind.ZSTD:
        return None
    try:
        from checker.compiled.zstd import Inflating

        library = find_library()
    except ImportError:
        return None
    window_log = zstd_window_log(_LIMITS)
    own = os.dup(file)
    return EarlyInflating(own, span, Inflating(library, own, *span, window_log, _BOUNDS))
