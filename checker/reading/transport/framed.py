"""Archives in the frames of a transport: the streams of Docker's API, and chunks of HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from checker.model.damage import OtherFormat
from checker.model.formats import Format
from checker.reading.transport.sample import Sample
from checker.reading.transport.soundness import start_of
from checker.typing_names import Final

DOCKER_STREAM: Final = Format(
    "a stream of the Docker API whose frames are not separated (attach, exec or logs without a "
    "terminal)",
    b"",
    "a client of the API that separates standard output from standard error",
)
CHUNKED: Final = Format(
    "an HTTP body in chunked transfer encoding",
    b"",
    "an HTTP client, such as curl without --raw",
)

# Docker Engine API, "Attach to a container", stream format: a header of 8 bytes before the data.
_FRAME: Final = re.compile(rb"([\x00-\x02])\0\0\0(.{4})", re.DOTALL)
_OUTPUT: Final = b"\x01"
# RFC 9112, section 7.1: the size in hexadecimal digits, extensions, CR LF; CR LF after the data.
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n]{0,256})?\r\n")
_NEWLINE: Final = b"\r\n"
_MOST_FRAMES: Final = 10_000
_ENOUGH: Final = 1 << 18


def find_frames(sample: Sample) -> OtherFormat | None:
    """Find whether the file is a framed stream with an archive in it."""
    for format_, frames in _FORMATS:
        content = _content(frames(sample))
        if content and start_of(content) is not None:
            return OtherFormat(format_)
    return None


def _content(frames: Iterator[bytes]) -> bytes:
    content = bytearray()
    for frame in frames:
        content += frame
        if len(content) >= _ENOUGH:
            break
    return bytes(content)


def _docker_frames(sample: Sample) -> Iterator[bytes]:
    """The data of standard output, as far as one frame follows the other."""
    data, at = sample.head, 0
    for _ in range(_MOST_FRAMES):
        match = _FRAME.match(data, at)
        if match is None:
            return
        end = match.end() + int.from_bytes(match[2], "big")
        if end > sample.size:
            return
        if match[1] == _OUTPUT:
            yield data[match.end() : min(end, match.end() + _ENOUGH)]
        at = end


def _chunks(sample: Sample) -> Iterator[bytes]:
    """The data of chunks, as far as one follows the other."""
    data, at = sample.head, 0
    for _ in range(_MOST_FRAMES):
        match = _CHUNK.match(data, at)
        if match is None:
            return
        end = match.end() + int(match[1], 16)
        # Without the end of the chunk, the first line may be any text before an archive.
        is_examined = end < len(data)
        if end >= sample.size or (is_examined and not data.startswith(_NEWLINE, end)):
            return
        yield data[match.end() : min(end, match.end() + _ENOUGH)]
        at = end + len(_NEWLINE)


_FORMATS: Final[tuple[tuple[Format, Callable[[Sample], Iterator[bytes]]], ...]] = (
    (DOCKER_STREAM, _docker_frames),
    (CHUNKED, _chunks),
)
