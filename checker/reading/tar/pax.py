"""PAX extended header records, by the rules of Go's archive/tar (strconv.go, reader.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from checker.patterns import pattern

SPARSE_OFFSET = b"GNU.sparse.offset"
SPARSE_LENGTH = b"GNU.sparse.numbytes"
SPARSE_MAP = b"GNU.sparse.map"
XATTR_PREFIX = b"SCHILY.xattr."
OTHER_ATTRIBUTES = (b"LIBARCHIVE.xattr.", b"SCHILY.acl.", b"RHT.security.")
"""Extended attributes as bsdtar, star and GNU tar also write them; Go reads none of these."""

_SPARSE_KEYS = frozenset({SPARSE_OFFSET, SPARSE_LENGTH})
_SPARSE_PREFIX = b"GNU.sparse."
_NO_NUL_IN_VALUE = frozenset({b"path", b"linkpath", b"uname", b"gname"})
_NEWLINE = ord("\n")
# Longest run of digits that can still be a length below the limit on extension headers.
_LENGTH_DIGITS = 10

_TEXT = pattern(rb"[^\0]+")
_ID = pattern(rb"\d{1,9}")
_SIZE = pattern(rb"\d{1,18}")
_TIME = pattern(rb"-?\d{1,18}(\.\d+)?")
_USUAL_VALUES: Mapping[bytes, re.Pattern[bytes]] = {
    **dict.fromkeys((b"path", b"linkpath", b"uname", b"gname"), _TEXT),
    **dict.fromkeys((b"uid", b"gid"), _ID),
    **dict.fromkeys((b"mtime", b"atime", b"ctime"), _TIME),
    b"size": _SIZE,
    b"comment": _TEXT,
}


# Their lengths, and what follows these; the values are usual, but perhaps no UTF-8. It is tried at
# beginnings of lines only, so that the time is in proportion to the body whatever is in it.
_USUAL_RECORDS = pattern(
    rb"(?m)^(\d{1,10}) ((?:[amc]time=-?\d{1,18}(?:\.\d+)?"
    rb"|(?:path|linkpath|uname|gname|comment)=[^\0\n]+"
    rb"|[ug]id=\d{1,9}|size=\d{1,18}"
    rb"|SCHILY\.xattr\.[^=\0\n]+=[^\n]*))\n"
)


class PaxError(ValueError):
    """A record that readers refuse.

    Attributes:
        offset: Byte offset of the record in the body of the header.
    """

    def __init__(self, offset: int, detail: str) -> None:
        super().__init__(detail)
        self.offset = offset


def parse_pax(body: bytes) -> dict[bytes, bytes]:
    """Read the records of one extended header.

    The offset and length records of GNU sparse 0.0, which repeat, come out joined with commas under
    ``GNU.sparse.map``, the form of version 0.1.

    Raises:
        PaxError: A record breaks the rules.
    """
    records = _plain_records(body)
    return _any_records(body) if records is None else records


def usual_records(body: bytes) -> dict[bytes, bytes] | None:
    """Read the records of an extended header that all programs take in the same way.

    Returns:
        What ``parse_pax`` gives; None where it takes that, and ``is_usual``, to tell.
    """
    found = _USUAL_RECORDS.findall(body)
    records: dict[bytes, bytes] = {}
    size = 0
    for digits, record in found:
        length = len(digits) + len(record) + 2
        if int(digits) != length:
            return None
        size += length
        key, _, value = record.partition(b"=")
        records[key] = value
    if size != len(body) or len(records) != len(found):
        return None
    return records if body.isascii() or is_usual(body, records) else None


def is_usual(body: bytes, records: Mapping[bytes, bytes]) -> bool:
    """Whether all programs take the records of an extended header in the same way.

    Args:
        body: The header.
        records: Its records.
    """
    is_one_a_line = body.count(b"\n") == len(records)
    return is_one_a_line and all(_has_usual_value(*record) for record in records.items())


def _has_usual_value(key: bytes, value: bytes) -> bool:
    pattern = _USUAL_VALUES.get(key)
    if pattern is None:
        return key.startswith(XATTR_PREFIX) and key != XATTR_PREFIX
    return pattern.fullmatch(value) is not None and (value.isascii() or _is_utf8(value))


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _plain_records(body: bytes) -> dict[bytes, bytes] | None:
    """Records of one line each, as nearly all are, without the cost of the full rules.

    None if it takes the full rules to tell.
    """
    lines = body.split(b"\n")
    if lines.pop() or b"\0" in body or _SPARSE_PREFIX in body:
        return None
    records: dict[bytes, bytes] = {}
    for line in lines:
        digits, _, record = line.partition(b" ")
        key, equals, value = record.partition(b"=")
        if not equals or not key or not digits.isdigit() or len(digits) > _LENGTH_DIGITS:
            return None
        if int(digits) != len(line) + 1:
            return None
        records[key] = value
    return records


def _any_records(body: bytes) -> dict[bytes, bytes]:
    records: dict[bytes, bytes] = {}
    sparse: list[bytes] = []
    position = 0
    while position < len(body):
        key, value, end = _record(body, position)
        if key in _SPARSE_KEYS:
            expected = SPARSE_LENGTH if len(sparse) % 2 else SPARSE_OFFSET
            if key != expected or b"," in value:
                raise PaxError(position, f"found {_text(key)}, expected {_text(expected)}")
            sparse.append(value)
        else:
            records[key] = value
        position = end
    if sparse:
        records[SPARSE_MAP] = b",".join(sparse)
    return records


def _record(body: bytes, position: int) -> tuple[bytes, bytes, int]:
    """The record at a position: key, value, and where the next one begins."""
    space = body.find(b" ", position)
    digits = body[position:space] if space >= 0 else b""
    if not digits.isdigit():
        raise PaxError(position, "a record does not begin with its length")
    # Go takes any number of zeros. Python refuses to convert thousands of digits.
    significant = digits.lstrip(b"0")
    if len(significant) > _LENGTH_DIGITS:
        raise PaxError(position, f"a record states a length of {len(significant)} digits")
    length = int(significant or b"0")
    end = position + length
    if not space + 2 <= end <= len(body):
        raise PaxError(position, f"a record states a length of {length}, which does not fit")
    if body[end - 1] != _NEWLINE:
        raise PaxError(position, "a record does not end with a newline")
    key, equals, value = body[space + 1 : end - 1].partition(b"=")
    if not equals or not key:
        raise PaxError(position, "a record is not of the form KEY=VALUE")
    if b"\0" in (value if key in _NO_NUL_IN_VALUE else key):
        raise PaxError(position, f"record {_text(key)!r} contains a NUL byte")
    return key, value, end


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")
