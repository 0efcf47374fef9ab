"""A file that is read by ranges, such as an object in a store: few requests, bounded memory.

What the headers of an archive are walked by is kept, so that small members, which are between them,
need no further requests. The content of large members is streamed in requests of one size, the next
of which is made while the last is used.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from threading import Lock

from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

FetchRange = Callable[[int, int], bytes]
"""Fetches exactly so many bytes from an offset on.

Raises:
    OSError: They cannot be had.
"""


class RequestSizes(NamedTuple):
    """How many bytes are asked for at once.

    Attributes:
        whole: Files of at most so many bytes are fetched in one request.
        first: After a jump, the bytes around a header.
        gap: A header at most so many bytes further on is fetched with all that is before it.
        stream: The content of large members.
        kept: Bytes that are kept of what was fetched for headers.
    """

    whole: int = 1 << 20
    first: int = 1 << 15
    gap: int = 1 << 20
    stream: int = 1 << 23
    kept: int = 1 << 24


class _Window(NamedTuple):
    start: int
    data: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.data)


class RangedFile:
    """A file of which any range can be fetched, for a price. Several threads may share it.

    Args:
        fetch: Fetches a range.
        size: Bytes of the file.
        sizes: How many bytes are asked for at once.

    Attributes:
        size: Bytes of the file.
        requests: Requests that were made.
        fetched: Bytes that were fetched.
    """

    def __init__(self, fetch: FetchRange, size: int, sizes: RequestSizes | None = None) -> None:
        self.size = size
        self.requests = 0
        self.fetched = 0
        self._fetch = fetch
        self._sizes = sizes or RequestSizes()
        self._lock = Lock()
        self._windows: OrderedDict[int, _Window] = OrderedDict()
        self._kept = 0
        self._streamed: dict[object, _Window] = {}
        self._position = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, as of a file object."""
        count = self.size - self._position if size < 0 else size
        data = self.read_at(self._position, count)
        self._position += len(data)
        return data

    def read_at(self, offset: int, count: int) -> bytes:
        """The bytes from an offset on; fewer only at the end of the file.

        Raises:
            OSError: They cannot be had.
        """
        pieces: list[bytes] = []
        end = min(offset + count, self.size)
        while offset < end:
            piece = self._read(offset, end - offset, end - offset)
            pieces.append(piece)
            offset += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_some(self, offset: int, count: int) -> bytes:
        """At least one byte from an offset on, and what else can be had without another request.

        Raises:
            OSError: They cannot be had.
        """
        return self._read(offset, count, 1)

    def _read(self, offset: int, count: int, needed: int) -> bytes:
        """Some bytes, of which so many are needed if a request is made at all."""
        count = min(count, self.size - offset)
        if count <= 0:
            return b""
        window = self._window_at(offset) or self._fetch_window(offset, needed)
        start = offset - window.start
        return window.data[start : start + count]

    def stream(self, offset: int, length: int) -> Generator[bytes]:
        """The bytes of a member, in order.

        Args:
            offset: Where it begins.
            length: Its bytes.

        Raises:
            OSError: They cannot be had.
        """
        end = min(offset + length, self.size)
        while offset < end and (window := self._window_at(offset)) is not None:
            piece = window.data[offset - window.start : end - window.start]
            yield piece
            offset += len(piece)
        if offset + self._sizes.stream < end:
            yield from self._stream(offset, end)
        elif offset < end:
            yield self._request(offset, end - offset)

    def _stream(self, offset: int, end: int) -> Generator[bytes]:
        """The same, of what is not there yet; the next request is under way meanwhile."""
        from concurrent.futures import ThreadPoolExecutor

        key = object()
        with ThreadPoolExecutor(1, "checker-ranges") as ahead:
            pending = self._ask_ahead(ahead, offset, end)
            try:
                while pending is not None:
                    data = pending.result()
                    self._streamed[key] = _Window(offset, data)
                    offset += len(data)
                    pending = self._ask_ahead(ahead, offset, end)
                    yield data
            finally:
                self._streamed.pop(key, None)

    def _ask_ahead(self, ahead: ThreadPoolExecutor, offset: int, end: int) -> Future[bytes] | None:
        count = min(self._sizes.stream, end - offset)
        return ahead.submit(self._request, offset, count) if count > 0 else None

    def _window_at(self, offset: int) -> _Window | None:
        """What is there of an offset and the bytes after it."""
        with self._lock:
            for key, window in self._windows.items():
                if window.start <= offset < window.end:
                    self._windows.move_to_end(key)
                    return window
            streamed = tuple(self._streamed.values())
        return next((one for one in streamed if one.start <= offset < one.end), None)

    def _fetch_window(self, offset: int, count: int) -> _Window:
        start, end = self._range_for(offset, count)
        window = _Window(start, self._request(start, end - start))
        with self._lock:
            self._keep(window)
        return window

    def _range_for(self, offset: int, count: int) -> tuple[int, int]:
        """What is fetched, so that the next that is asked for is probably there."""
        sizes = self._sizes
        if self.size <= sizes.whole:
            return 0, self.size
        with self._lock:
            last = next(reversed(self._windows.values()), None)
        end = offset + max(min(count, sizes.stream), sizes.first)
        if last is None or not last.end <= offset <= last.end + sizes.gap:
            return offset, min(end, self.size)
        # It goes on: what is asked for grows, up to a bound.
        ahead = last.end + min(2 * len(last.data), sizes.gap)
        return last.end, min(max(end, ahead), self.size)

    def _keep(self, window: _Window) -> None:
        self._windows[window.start] = window
        self._kept = sum(len(one.data) for one in self._windows.values())
        while self._kept > self._sizes.kept and len(self._windows) > 1:
            _, dropped = self._windows.popitem(last=False)
            self._kept -= len(dropped.data)

    def _request(self, offset: int, count: int) -> bytes:
        with self._lock:
            self.requests += 1
            self.fetched += count
        return self._fetch(offset, count)
