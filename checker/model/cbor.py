"""CBOR, as much of it as a COSE signature needs, read within bounds.

Source: RFC 8949. Items of indefinite length are refused: signatures are encoded
deterministically (RFC 9052, section 9).
"""

from __future__ import annotations

import struct

from checker.records import NamedTuple

_DEEPEST = 16
_MOST_ITEMS = 4096
_SIMPLE: dict[int, object] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_LENGTHS = {24: 1, 25: 2, 26: 4, 27: 8}


class CborError(ValueError):
    """The bytes are not CBOR, or are more than what is read."""


class Tagged(NamedTuple):
    """A value with a tag (RFC 8949, section 3.4).

    Attributes:
        tag: The number of the tag.
        value: What is tagged.
    """

    tag: int
    value: object


def decode_cbor(data: bytes) -> object:
    """One item: integers, bytes, strings, lists, dicts with simple keys, and ``Tagged`` values.

    Raises:
        CborError: The bytes are not exactly one item, or are nested too deeply or too many.
    """
    decoder = _Decoder(data)
    value = decoder.item(0)
    if decoder.position != len(data):
        raise CborError(f"data after the first item, at byte {decoder.position}")
    return value


def encode_bytes(data: bytes) -> bytes:
    """A byte string as CBOR."""
    return _head(2, len(data)) + data


def encode_text(text: str) -> bytes:
    """A text string as CBOR."""
    data = text.encode()
    return _head(3, len(data)) + data


def encode_array(*items: bytes) -> bytes:
    """An array of items that are encoded already."""
    return _head(4, len(items)) + b"".join(items)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    extra = next(extra for extra, length in _LENGTHS.items() if number < 1 << 8 * length)
    return bytes([major << 5 | extra]) + number.to_bytes(_LENGTHS[extra], "big")


class _Decoder:
    """Reads items one after the other.

    Attributes:
        position: Offset of the next byte.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._items = 0
        self.position = 0

    def item(self, depth: int) -> object:
        """The next item.

        Raises:
            CborError: It is not well-formed, or beyond the bounds.
        """
        self._items += 1
        if depth > _DEEPEST or self._items > _MOST_ITEMS:
            raise CborError("nested too deeply, or too many items")
        first = self._take(1)[0]
        major, extra = first >> 5, first & 31
        if major == 7:
            return self._simple(extra)
        number = self._number(extra)
        if major < 2:
            return number if major == 0 else -1 - number
        if major == 2:
            return self._take(number)
        if major == 3:
            return self._text(number)
        if major == 4:
            return [self.item(depth + 1) for _ in range(self._count(number))]
        if major == 5:
            return self._map(self._count(number), depth)
        return Tagged(number, self.item(depth + 1))

    def _take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self._data):
            raise CborError(f"truncated at byte {len(self._data)}")
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def _number(self, extra: int) -> int:
        if extra < 24:
            return extra
        length = _LENGTHS.get(extra)
        if length is None:
            raise CborError(f"an item of indefinite length at byte {self.position - 1}")
        return int.from_bytes(self._take(length), "big")

    def _count(self, number: int) -> int:
        # Each item takes a byte at least.
        if number > len(self._data) - self.position:
            raise CborError(f"truncated at byte {len(self._data)}")
        return number

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode()
        except UnicodeDecodeError as error:
            raise CborError("a text that is not UTF-8") from error

    def _map(self, count: int, depth: int) -> dict[int | str, object]:
        found: dict[int | str, object] = {}
        for _ in range(count):
            key = self.item(depth + 1)
            if isinstance(key, bool) or not isinstance(key, int | str) or key in found:
                raise CborError("a map with a repeated key, or one that is not a label")
            found[key] = self.item(depth + 1)
        return found

    def _simple(self, extra: int) -> object:
        if extra in _FLOATS:
            return struct.unpack(_FLOATS[extra], self._take(_LENGTHS[extra]))[0]
        if extra not in _SIMPLE:
            raise CborError(f"a simple value that is not known at byte {self.position - 1}")
        return _SIMPLE[extra]
