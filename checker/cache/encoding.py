"""Facts of layers as bytes: columns as they are in memory, and JSON for what few entries have.

What is decoded may have been changed by anything that can write the file. It is checked as what
comes from an archive is: nothing in it is executed, and what does not fit is damaged.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence

from checker.model.compression import Compression, CompressionKind, Part
from checker.model.elf import ElfFile, Machine
from checker.model.entries import OWN_SPELLING, SPELLINGS, Entries, Span
from checker.model.limits import LimitReached
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker.reading.layer_cache import LayerFacts
from checker.typing_names import Any

FORMAT = f"3 {sys.byteorder} {array('I').itemsize} {array('q').itemsize}"
"""The form of the bytes, which is that of the machine."""

_MOST_BYTES = 64 << 20
_LEVEL = 1
_COUNT = struct.Struct("<I")
_LENGTH = struct.Struct("<Q")
_NUMBERS = ("modes", "uids", "gids", "sizes", "mtimes", "offsets")
_DIGEST_SIZE = 32
# What the parts raise if they are not what they should be.
_WRONG = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)


class DamagedError(ValueError):
    """The bytes are not what was encoded."""


def encoded(facts: LayerFacts) -> bytes | None:
    """The facts as bytes; None if they are too many, or have a name that cannot be separated."""
    entries, tar = facts.tar.entries, facts.tar
    texts = (entries.paths, entries.linknames.values(), entries.own_names.values())
    parts = [
        _json_bytes(_small(facts)),
        *map(_joined, texts),
        bytes(entries.kinds),
        bytes(entries.spellings),
        *(getattr(entries, name).tobytes() for name in _NUMBERS),
        *map(_positions, (entries.linknames, entries.own_names)),
        *_values(tar.contents),
        *_values(tar.digests),
    ]
    if sum(map(len, parts)) > _MOST_BYTES:
        return None
    for joined, items in zip(parts[1:4], texts, strict=True):
        if joined.count(b"\0") != max(0, len(items) - 1):
            return None
    from isal import isal_zlib

    head = _COUNT.pack(len(parts)) + b"".join(_LENGTH.pack(len(part)) for part in parts)
    return bytes(isal_zlib.compress(b"".join((head, *parts)), _LEVEL))


def decoded(data: bytes) -> LayerFacts:
    """The facts that were encoded.

    Raises:
        DamagedError: The bytes are not those of facts.
    """
    try:
        return _facts(_Parts(_inflated(data)))
    except _WRONG as error:
        raise DamagedError(str(error)) from error


def _inflated(data: bytes) -> bytes:
    from isal import isal_zlib

    inflater = isal_zlib.decompressobj()
    try:
        plain = bytes(inflater.decompress(data, _MOST_BYTES + (1 << 20)))
    except Exception as error:  # the types of the library do not say what it raises
        raise DamagedError(str(error)) from error
    if not inflater.eof or inflater.unused_data:
        raise DamagedError("the compressed bytes have another end")
    return plain


class _Parts:
    """The parts, one after another."""

    def __init__(self, data: bytes) -> None:
        (count,) = _COUNT.unpack_from(data)
        at = _COUNT.size + count * _LENGTH.size
        lengths = [
            _LENGTH.unpack_from(data, _COUNT.size + number * _LENGTH.size)[0]
            for number in range(min(count, len(data)))
        ]
        if at + sum(lengths) != len(data):
            raise DamagedError("the parts have other lengths")
        self._parts = []
        for length in lengths:
            self._parts.append(data[at : at + length])
            at += length
        self._parts.reverse()

    def take(self) -> bytes:
        """The next part."""
        return self._parts.pop()

    def numbers(self, kind: str) -> array[int]:
        """The next part as a column of numbers."""
        column = array(kind)
        column.frombytes(self.take())
        return column

    def end(self) -> None:
        if self._parts:
            raise DamagedError("there are more parts")


def _small(facts: LayerFacts) -> dict[str, object]:
    """What is small, as JSON has it."""
    entries, tar = facts.tar.entries, facts.tar
    return {
        "compression": [_plain(value) for value in facts.compression],
        "inflated_size": facts.inflated_size,
        "diff_id": facts.diff_id,
        "records": facts.records,
        "entries": len(entries),
        "devices": _pairs(entries.devices),
        "xattrs": [
            [position, {name: value.decode("latin-1") for name, value in values.items()}]
            for position, values in entries.xattrs.items()
        ],
        "xattr_sizes": _pairs(entries.xattr_sizes),
        "unread_attributes": _pairs(entries.unread_attributes),
        "global_records": [[key, dict(value)] for key, value in entries.global_records.items()],
        "sparse": _pairs(entries.sparse),
        "stored_sizes": _pairs(entries.stored_sizes),
        "content_offsets": _pairs(entries.content_offsets),
        "anomalies": [list(anomaly) for anomaly in tar.anomalies],
        "size": tar.size,
        "end": tar.end,
        "end_blocks": tar.end_blocks,
        "after_end": tar.after_end.decode("latin-1"),
        "header_follows": tar.header_follows,
        "has_odd_headers": tar.has_odd_headers,
        "head": tar.head.decode("latin-1"),
        "tar_records": dict(tar.global_records),
        "elf_files": _pairs(tar.elf_files),
        "unsearched": None if tar.unsearched is None else list(tar.unsearched),
    }


def _facts(parts: _Parts) -> LayerFacts:
    small: dict[str, Any] = json.loads(parts.take())
    entries = _entries(small, parts)
    count = len(entries)
    tar = Tar(
        entries=entries,
        anomalies=tuple(
            Anomaly(AnomalyKind(kind), _int(at), _str(detail), _optional(str, name), _bool(fatal))
            for kind, at, detail, name, fatal in small["anomalies"]
        ),
        size=_int(small["size"]),
        end=_optional(int, small["end"]),
        end_blocks=_int(small["end_blocks"]),
        after_end=_bytes(small["after_end"]),
        header_follows=_bool(small["header_follows"]),
        has_odd_headers=_bool(small["has_odd_headers"]),
        head=_bytes(small["head"]),
        global_records=_texts(small["tar_records"]),
        contents=_table_of_bytes(parts, count),
        digests=_table_of_bytes(parts, count),
        elf_files={_at(key, count): _elf(value) for key, value in small["elf_files"]},
        unsearched=_limit(small["unsearched"]),
    )
    parts.end()
    if any(len(digest) != _DIGEST_SIZE for digest in tar.digests.values()):
        raise DamagedError("a digest has another length")
    return LayerFacts(
        compression=_compression(small["compression"]),
        inflated_size=_int(small["inflated_size"]),
        diff_id=_str(small["diff_id"]),
        tar=tar,
        records=_int(small["records"]),
    )


def _entries(small: Mapping[str, Any], parts: _Parts) -> Entries:
    count = _int(small["entries"])
    entries = Entries()
    entries.paths = _split(parts.take(), count)
    links, own = parts.take(), parts.take()
    entries.kinds = bytearray(parts.take())
    entries.spellings = bytearray(parts.take())
    for name in _NUMBERS:
        setattr(entries, name, parts.numbers("I" if name == "modes" else "q"))
    columns = (entries.kinds, entries.spellings, *(getattr(entries, name) for name in _NUMBERS))
    if any(len(column) != count for column in columns):
        raise DamagedError("the columns have other lengths")
    entries.linknames = _table_of_texts(links, parts, count)
    entries.own_names = _table_of_texts(own, parts, count)
    _check_spellings(entries)
    entries.devices = {
        _at(key, count): (_int(major), _int(minor)) for key, (major, minor) in small["devices"]
    }
    entries.xattrs = {
        _at(key, count): {_str(name): _bytes(value) for name, value in values.items()}
        for key, values in small["xattrs"]
    }
    entries.xattr_sizes = {
        _at(key, count): {_str(name): _int(size) for name, size in values.items()}
        for key, values in small["xattr_sizes"]
    }
    entries.unread_attributes = {
        _at(key, count): tuple(map(_str, names)) for key, names in small["unread_attributes"]
    }
    entries.global_records = {
        _at(key, count): _texts(records) for key, records in small["global_records"]
    }
    entries.sparse = {
        _at(key, count): tuple(Span(_int(offset), _int(length)) for offset, length in spans)
        for key, spans in small["sparse"]
    }
    entries.stored_sizes = _numbers(small["stored_sizes"], count)
    entries.content_offsets = _numbers(small["content_offsets"], count)
    return entries


def _check_spellings(entries: Entries) -> None:
    """Every name can be spelled: by a known prefix and suffix, or by itself."""
    spelled = entries.spellings
    if any(code >= len(SPELLINGS) and code != OWN_SPELLING for code in set(spelled)):
        raise DamagedError("a spelling is not known")
    own = spelled.count(OWN_SPELLING)
    if own != len(entries.own_names) or any(spelled[i] != OWN_SPELLING for i in entries.own_names):
        raise DamagedError("a name is missing")


def _compression(values: Sequence[Any]) -> Compression:
    found = Compression(*values)
    found = found._replace(
        kind=CompressionKind(found.kind),
        part=None if found.part is None else Part(found.part),
        head=_bytes(found.head),
        trailing_head=_bytes(found.trailing_head),
    )
    numbers = (found.error_offset, found.trailing, found.trailer_size)
    for number in (found.streams, found.window, *(each for each in numbers if each is not None)):
        _int(number)
    for truth in (found.skippable_first, found.truncated, found.trailing_zeros):
        _bool(truth)
    _bool(found.reserved_flags)
    _optional(str, found.error)
    return found


def _elf(values: Sequence[Any]) -> ElfFile:
    (bits, order, number), kind, interpreter, needed, *names = values
    soname, rpath, runpath, fault = (_optional(str, name) for name in names)
    return ElfFile(
        Machine(_int(bits), _str(order), _int(number)),
        _int(kind),
        _optional(str, interpreter),
        None if needed is None else tuple(map(_str, needed)),
        soname,
        rpath,
        runpath,
        fault,
    )


def _limit(values: Sequence[Any] | None) -> LimitReached | None:
    if values is None:
        return None
    limit, value, what, member, offset = values
    return LimitReached(
        _str(limit), _int(value), _str(what), _optional(str, member), _optional(int, offset)
    )


# Parts


def _joined(texts: Iterable[str]) -> bytes:
    return "\0".join(texts).encode("utf-8", "surrogatepass")


def _split(data: bytes, count: int) -> list[str]:
    found = data.decode("utf-8", "surrogatepass").split("\0") if count else []
    if len(found) != count or (data and not count):
        raise DamagedError("there are other texts")
    return found


def _positions(table: Mapping[int, object]) -> bytes:
    return array("q", table).tobytes()


def _values(table: Mapping[int, bytes]) -> tuple[bytes, bytes, bytes]:
    """The positions, lengths and values of a table."""
    lengths = array("q", map(len, table.values()))
    return _positions(table), lengths.tobytes(), b"".join(table.values())


def _table_of_texts(data: bytes, parts: _Parts, count: int) -> dict[int, str]:
    positions = _checked(parts.numbers("q"), count)
    return dict(zip(positions, _split(data, len(positions)), strict=True))


def _table_of_bytes(parts: _Parts, count: int) -> dict[int, bytes]:
    positions = _checked(parts.numbers("q"), count)
    lengths, data = parts.numbers("q"), parts.take()
    if sum(lengths) != len(data) or (lengths and min(lengths) < 0):
        raise DamagedError("values have other lengths")
    found: dict[int, bytes] = {}
    at = 0
    for position, length in zip(positions, lengths, strict=True):
        found[position] = data[at : at + length]
        at += length
    return found


def _checked(positions: array[int], count: int) -> array[int]:
    """Positions, all of which are those of entries, and each of which is there once."""
    if positions and not (min(positions) >= 0 and max(positions) < count):
        raise DamagedError("a position is not that of an entry")
    if len(set(positions)) != len(positions):
        raise DamagedError("a position is there twice")
    return positions


# Values of JSON


def _json_bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _pairs(table: Mapping[int, object]) -> list[tuple[int, object]]:
    return list(table.items())


def _plain(value: object) -> object:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _int(value: object) -> int:
    if type(value) is not int:
        raise DamagedError("a number is missing")
    return value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise DamagedError("a truth value is missing")
    return value


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise DamagedError("a text is missing")
    return value


def _bytes(value: object) -> bytes:
    return _str(value).encode("latin-1")


def _optional(kind: type[Any], value: object) -> Any:
    if value is not None and type(value) is not kind:
        raise DamagedError("a value has another type")
    return value


def _texts(value: Mapping[object, object]) -> dict[str, str]:
    return {_str(key): _str(text) for key, text in value.items()}


def _numbers(pairs: Iterable[Any], count: int) -> dict[int, int]:
    return {_at(key, count): _int(value) for key, value in pairs}


def _at(value: object, count: int) -> int:
    position = _int(value)
    if not 0 <= position < count:
        raise DamagedError("a position is not that of an entry")
    return position
