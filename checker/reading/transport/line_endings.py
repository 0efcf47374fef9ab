"""Line endings that were translated in binary data.

The translation of LF to CR LF puts a CR before every LF. In the bytes of an archive, other than in
text, both occur alone far more often than together.
"""

from __future__ import annotations

from checker.model.damage import LineEndingChange, LineEndings
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.reading.transport.sample import Sample
from checker.reading.transport.soundness import is_improved
from checker.records import NamedTuple

_LF, _CRLF = b"\n", b"\r\n"
# Without the evidence of a sound archive: so many LF in a row that all have a CR, which happens by
# chance one time in 256 to that power.
_SURE, _SURE_IN_STREAM = 16, 4
# In random bytes one LF in 256 follows a CR. That none of so many does has a chance of 0.01 %.
_SURE_WITHOUT = 2400
_MAGIC, _MAGIC_AT = b"ustar", 257


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
    if not _is_removed(sample, begin, count):
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
    return pairs >= _SURE and (_is_binary(data) or _is_header_late(sample))


def _is_binary(data: bytes) -> bool:
    return sum(byte > 0x7F for byte in data[: 1 << 16]) >= _SURE


def _is_removed(sample: Sample, begin: int, count: int) -> bool:
    if sample.is_readable or begin:
        return False
    if sample.compression.error is not None:
        return count >= _SURE_WITHOUT and not sample.is_cut
    if sample.is_cut:
        return _is_last_header_shifted(sample)
    return _is_header_early(sample, count)


class _Fault(NamedTuple):
    """Where a header is not, and the bytes around.

    Attributes:
        data: The bytes.
        at: Where the header should be in them.
        begin: Where the content before it begins in them; 0 if it begins before them.
    """

    data: bytes
    at: int
    begin: int


def _fault(sample: Sample) -> _Fault | None:
    fatal, offsets = sample.tar.fatal, sample.tar.entries.offsets
    if fatal is None or not len(offsets):
        return None
    data, base = (sample.window, sample.window_offset) if sample.window else (sample.head, 0)
    at = fatal.offset - fatal.offset % BLOCK - base
    if data[at + _MAGIC_AT :].startswith(_MAGIC):
        # The header is in its place.
        return None
    return _Fault(data, at, max(0, offsets[-1] + BLOCK - base))


def _is_header_early(sample: Sample, count: int) -> bool:
    """Whether the next header comes as many bytes too early as line endings may have lost a CR."""
    fault = _fault(sample)
    if fault is None:
        return False
    data = fault.data
    at = data.rfind(_MAGIC, fault.begin + _MAGIC_AT, fault.at + _MAGIC_AT + 4) - _MAGIC_AT
    lost = fault.at - at
    # A header whole blocks before is one of a tar inside the content.
    is_inside = at < fault.begin or lost % BLOCK == 0
    if is_inside or not looks_like_header(data[at : at + BLOCK]):
        return False
    if not sample.window:
        return lost <= data.count(_LF, fault.begin, at)
    # Of a longer content, the beginning shows how many there are; it may have half of the rate.
    return lost <= 2 * count * (sample.window_offset + at) // len(sample.head)


def _is_last_header_shifted(sample: Sample) -> bool:
    """Whether the last header is not at a whole block: more is missing than follows it."""
    data = sample.window or sample.head
    at = data.rfind(_MAGIC) - _MAGIC_AT
    is_shifted = (sample.window_offset + at) % BLOCK != 0
    return is_shifted and at >= 0 and looks_like_header(data[at : at + BLOCK])


def _is_header_late(sample: Sample) -> bool:
    """Whether the next header comes later than the one before it says."""
    fault = _fault(sample)
    if fault is None:
        return False
    at = fault.data.find(_MAGIC, fault.at + _MAGIC_AT + 1) - _MAGIC_AT
    return at > fault.at and looks_like_header(fault.data[at : at + BLOCK])
