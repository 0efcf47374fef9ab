"""The libraries of the extra, which may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from checker.errors import SettingsError


@contextmanager
def of_the_extra() -> Iterator[None]:
    """Say how to install what cannot be imported.

    Raises:
        SettingsError: A library is missing.
    """
    try:
        yield
    except ImportError as error:
        name = (error.name or str(error)).partition(".")[0]
        raise SettingsError(
            f"sweep: {name} is not installed; run: pip install 'archive-checker[fleet]'"
        ) from error
