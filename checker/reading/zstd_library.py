"""The libzstd that a module of Python has, for the part in C that decompresses with it."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.compiled.zstd import Library

_NAME = "_zstd" if sys.version_info >= (3, 14) else "backports.zstd._zstd"


def find_library() -> Library:
    """The functions of libzstd.

    The package around the module is not imported, which takes ten times as long.

    Raises:
        ImportError: The part in C is not there, or does not find them.
    """
    from checker.compiled.zstd import Library

    place: list[str] | None = None
    file: str | None = None
    parts = _NAME.split(".")
    for count in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:count]), place)
        if spec is None:
            raise ImportError(f"the module {_NAME} is not installed")
        place, file = spec.submodule_search_locations, spec.origin
    if file is None:
        raise ImportError(f"the module {_NAME} has no file")
    return Library(file)
