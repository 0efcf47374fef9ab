"""The command ``cache``."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator

from checker.cache.database import Database
from checker.cache.place import PlaceError
from checker.cache.store import SqliteLayerCache, Usage
from checker.cli.streams import tell
from checker.reports.json_report import json_text
from checker.reports.printable import printable
from checker.reports.wording import count_words

_DAMAGED = 1
_UNUSABLE = 3
_UNITS = ("bytes", "kB", "MB", "GB")


def run_cache(arguments: argparse.Namespace) -> int:
    """Show, remove or verify what is kept of layers; the exit code."""
    cache = SqliteLayerCache(Database())
    try:
        return _ACTIONS[arguments.action_of_cache](cache, arguments)
    except PlaceError as error:
        tell(f"cache: {error}")
        return _UNUSABLE


def _info(cache: SqliteLayerCache, arguments: argparse.Namespace) -> int:
    usage = cache.usage()
    if arguments.format == "json":
        print(json_text(usage._asdict()), end="")
    else:
        print("".join(f"{printable(line)}\n" for line in _lines(usage)), end="")
    return 0


def _lines(usage: Usage) -> Iterator[str]:
    yield f"directory  {usage.directory}"
    yield f"layers     {usage.layers:,}"
    yield f"size       {_bytes(usage.size)} of at most {_bytes(usage.most)}"
    yield f"on disk    {_bytes(usage.file_size)}"
    if usage.oldest is not None:
        oldest = dt.datetime.fromtimestamp(usage.oldest, tz=dt.UTC)
        yield f"oldest     last used {oldest:%Y-%m-%d %H:%M} UTC"


def _bytes(count: float) -> str:
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} {_UNITS[-1]}"


def _clear(cache: SqliteLayerCache, _arguments: argparse.Namespace) -> int:
    layers = cache.usage().layers
    cache.clear()
    print(f"removed the facts of {count_words(layers, 'layer')}")
    return 0


def _verify(cache: SqliteLayerCache, _arguments: argparse.Namespace) -> int:
    found = cache.verify()
    print(f"{count_words(found.sound, 'layer')} sound, {found.damaged} damaged and removed")
    return _DAMAGED if found.damaged else 0


_ACTIONS = {"info": _info, "clear": _clear, "verify": _verify}
