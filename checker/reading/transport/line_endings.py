"""Line endings that were translated in binary data.

The translation of LF to CR LF puts a CR before every LF. In the bytes of an archive, other than in
text, both occur alone far more often than together.
"""

from __future__ import annotations

from checker.model.damage import LineEndingChange, LineEndings
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.reading.transport.sample import Sample
from checker.reading.transport.soundness import is_improved

_LF, _CRLF = b"\n", b"\r\n"
# Without the evidence of a sound archive: so many LF in a row that all have a CR, which happens by
# chance one time in 256 to that power.
_SURE, _SURE_IN_STREAM = 16, 4
# In random bytes one LF in 256 follows a CR. That none of so many does has a chance of 0.01 %.
_SURE_WITHOUT = 2400
_MOST_SHIFTED = 1 << 16
_MAGIC_AT = 257


def find_line_endings(sample: Sample, begin: int) -> LineEndings | None:
    """Find whether the line endings of the archive were translated.

    Args:
        sample: What is examined.
        begin: Byte offset at which the archive begins in it.
    """
    data = sample.head[begin:]
    count = data.count(_LF)
    pairs = data.count(_CRLF)
    if not count or 0 < pairs < count:
        return None
    if pairs:
        return _added(sample, data, begin) if _is_added(sample, data, pairs) else None
    if not _is_removed(sample, data, begin, count):
        return None
    return LineEndings(LineEndingChange.REMOVED, count, len(data), None, sample.within)


def _added(sample: Sample, data: bytes, begin: int) -> LineEndings:
    return LineEndings(
        LineEndingChange.ADDED,
        data.count(_CRLF),
        len(data),
        begin + data.find(_CRLF),
        sample.within,
    )


def _is_added(sample: Sample, data: bytes, pairs: int) -> bool:
    if is_improved(data, data.replace(_CRLF, _LF)):
        return True
    if sample.is_cut or sample.is_readable:
        return False
    if sample.compression.error is not None:
        return pairs >= _SURE_IN_STREAM
    return pairs >= _SURE and _is_binary(data)


def _is_binary(data: bytes) -> bool:
    return sum(byte > 0x7F for byte in data[: 1 << 16]) >= _SURE


def _is_removed(sample: Sample, data: bytes, begin: int, count: int) -> bool:
    if sample.is_cut or sample.is_readable:
        return False
    if sample.compression.error is not None:
        return count >= _SURE_WITHOUT
    return _is_header_early(sample, data, begin)


def _is_header_early(sample: Sample, data: bytes, begin: int) -> bool:
    """Whether the next header comes as many bytes too early as line endings may have lost a CR."""
    fatal = sample.tar.fatal
    offsets = sample.tar.entries.offsets
    if fatal is None or begin or not len(offsets):
        return False
    after = offsets[-1] + BLOCK
    expected = fatal.offset - fatal.offset % BLOCK
    at = data.rfind(b"ustar", after + _MAGIC_AT, expected + _MAGIC_AT + 4) - _MAGIC_AT
    lost = expected - at
    if at < after or lost > _MOST_SHIFTED or not looks_like_header(data[at : at + BLOCK]):
        return False
    return lost <= data.count(_LF, after, at)
