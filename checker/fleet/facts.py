"""Facts of a layer as bytes, for the registry of judged layers.

They are pickled, since they are columns of millions of entries. What reads them creates records of
the model and plain values alone, whatever the bytes are: a registry is in a store that others may
write to.
"""

from __future__ import annotations

import io
import pickle
import zlib
from array import _array_reconstructor, array  # type: ignore[attr-defined]
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind, Part
from checker.model.elf import ElfFile, Machine
from checker.model.entries import COLUMNS, Entries, Span
from checker.model.limits import LimitReached
from checker.model.location import Location
from checker.model.tar import Anomaly, AnomalyKind, Tar

_LEVEL = 3
_MOST_BYTES = 1 << 30
_PROTOCOL = 5


class LayerFacts(NamedTuple):
    """What is known of a layer.

    Attributes:
        size: Its bytes as stored.
        head: Hash of its first bytes, by which another one of this size is told apart.
        blob: The facts.
    """

    size: int
    head: bytes
    blob: Blob


class FactsError(ValueError):
    """Bytes that are not those of facts."""


def dump_facts(facts: LayerFacts) -> bytes:
    """The bytes of the facts of a layer."""
    buffer = io.BytesIO()
    _Pickler(buffer, _PROTOCOL).dump(facts)
    return zlib.compress(buffer.getbuffer(), _LEVEL)


def load_facts(data: bytes) -> LayerFacts:
    """The facts that were written by ``dump_facts``.

    Raises:
        FactsError: They are damaged, too large, or contain something else.
    """
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, _MOST_BYTES)
        # Of an incomplete stream the pickle is incomplete as well.
        found = _Unpickler(io.BytesIO(plain)).load()
    except FactsError:
        raise
    except Exception as error:  # damaged pickles raise anything
        raise FactsError(f"{type(error).__name__}: {error}") from error
    if not isinstance(found, LayerFacts) or not isinstance(found.blob, Blob):
        raise FactsError("no facts of a layer")
    return found


def _entries(columns: Mapping[str, Any]) -> Entries:
    """Entries with these columns."""
    entries = Entries()
    for name in COLUMNS:
        setattr(entries, name, columns[name])
    return entries


def _frozen(values: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(values)


_KNOWN = {
    (each.__module__, each.__qualname__): each
    for each in (
        *(LayerFacts, Blob, Location, Compression, CompressionKind, Part, Tar, Anomaly),
        *(AnomalyKind, LimitReached, ElfFile, Machine, Span, _entries, _frozen),
    )
} | {
    ("array", "array"): array,
    ("array", "_array_reconstructor"): _array_reconstructor,
    ("builtins", "bytearray"): bytearray,
}


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:
        if isinstance(value, MappingProxyType):
            return _frozen, (dict(value),)
        if isinstance(value, Entries):
            return _entries, ({name: getattr(value, name) for name in COLUMNS},)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise FactsError(f"contains {module}.{name}") from None
