"""Results from one process to another of the same run: a fork, or a worker of pytest-xdist.

Pickle is used between processes of one run only, never for what is kept.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from types import MappingProxyType

from checker.typing_names import Any

_PROTOCOL = 5


def _as_dict(mapping: MappingProxyType[Any, Any]) -> tuple[type[Any], tuple[dict[Any, Any]]]:
    return MappingProxyType, (dict(mapping),)


# Also what records have by default: read-only tables.
_TABLE = {**copyreg.dispatch_table, MappingProxyType: _as_dict}


def packed(value: object) -> bytes:
    """A value as bytes.

    Raises:
        Exception: A part of it, such as an object of a plugin, cannot be packed.
    """
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, _PROTOCOL)
    pickler.dispatch_table = _TABLE
    pickler.dump(value)
    return stream.getvalue()


def unpacked(data: bytes) -> Any:
    """The value that was packed.

    Raises:
        Exception: A part of it, such as an object of a plugin, cannot be unpacked.
    """
    return pickle.loads(data)  # noqa: S301 - written by a process of this run
