"""Keeps optional packages from being imported by a library that would only be slowed down."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def held_back(names: Sequence[str]) -> Iterator[None]:
    """Make packages look as if they were not installed, for the time of an import.

    A package that is already loaded stays as it is, and afterwards every one can be imported
    again. What the library has learnt meanwhile stays: it takes them for not installed until
    the process ends. For `jsonschema` this means that its own ``FormatChecker`` lacks their
    formats, unless the process had imported it before.

    Args:
        names: Top-level packages.

    Yields:
        Nothing; the packages are held back inside the ``with`` block.
    """
    absent = [name for name in names if name not in sys.modules]
    # The import system answers None with ModuleNotFoundError (Python Language Reference, 5.3.1).
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # the stubs do not know None
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
