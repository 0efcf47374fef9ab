"""PAX extended header records, by the rules of Go's archive/tar (strconv.go, reader.go)."""

from __future__ import annotations

SPARSE_OFFSET = "GNU.sparse.offset"
SPARSE_LENGTH = "GNU.sparse.numbytes"
SPARSE_MAP = "GNU.sparse.map"
XATTR_PREFIX = "SCHILY.xattr."

_SPARSE_KEYS = frozenset({SPARSE_OFFSET, SPARSE_LENGTH})
_NEWLINE = ord("\n")
_NO_NUL_IN_VALUE = frozenset({"path", "linkpath", "uname", "gname"})
# Longest run of digits that can still be a length below the limit on extension headers.
_LENGTH_DIGITS = 10


class PaxError(ValueError):
    """A record that readers refuse.

    Attributes:
        offset: Byte offset of the record in the body of the header.
        records: The records before it.
    """

    def __init__(self, offset: int, detail: str, records: dict[str, bytes]) -> None:
        super().__init__(detail)
        self.offset = offset
        self.records = records


def parse_pax(body: bytes) -> dict[str, bytes]:
    """Read the records of one extended header.

    The offset and length records of GNU sparse 0.0, which repeat, come out joined with commas under
    ``GNU.sparse.map``, the form of version 0.1.

    Raises:
        PaxError: A record breaks the rules.
    """
    records: dict[str, bytes] = {}
    sparse: list[bytes] = []
    position, size = 0, len(body)
    while position < size:
        space = body.find(b" ", position, position + _LENGTH_DIGITS + 1)
        digits = body[position:space] if space >= 0 else b""
        if not digits.isdigit():
            raise PaxError(position, "a record does not begin with its length", records)
        end = position + int(digits)
        if end > size or end < space + 2:
            raise PaxError(
                position, f"a record says it has {int(digits)} bytes, which do not fit", records
            )
        if body[end - 1] != _NEWLINE:
            raise PaxError(position, "a record does not end with a newline", records)
        raw_key, equals, value = body[space + 1 : end - 1].partition(b"=")
        if not equals or not raw_key:
            raise PaxError(position, "a record has no key and value", records)
        key = raw_key.decode("utf-8", "surrogateescape")
        if 0 in (value if key in _NO_NUL_IN_VALUE else raw_key):
            raise PaxError(position, f"record {key!r} holds a NUL byte", records)
        if key in _SPARSE_KEYS:
            expected = SPARSE_LENGTH if len(sparse) % 2 else SPARSE_OFFSET
            if key != expected or b"," in value:
                raise PaxError(position, f"{key} stands where {expected} is due", records)
            sparse.append(value)
        else:
            records[key] = value
        position = end
    if sparse:
        records[SPARSE_MAP] = b",".join(sparse)
    return records
