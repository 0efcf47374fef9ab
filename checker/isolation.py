"""The boundary around code of plugins: whatever it raises becomes a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_MOST_CHARACTERS = 1000


class Failure(NamedTuple):
    """What code of a plugin raised.

    Attributes:
        summary: Type and text of the exception, in one line.
        traceback: The traceback.
    """

    summary: str
    traceback: str


def attempt(call: Callable[[], T]) -> T | Failure:
    """Call code of a plugin; what it raises is given back as a ``Failure``.

    ``SystemExit`` is treated like any other, since a plugin must not end the run. An interrupt by
    the user and a lack of memory concern the whole run, and are raised.

    Raises:
        KeyboardInterrupt: The user interrupts.
        MemoryError: The memory is exhausted.
    """
    try:
        return call()
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # noqa: BLE001 - a plugin can raise anything, SystemExit included
        return failure_of(error)


def attempt_each(items: Callable[[], Iterable[object]]) -> Iterator[object]:
    """Iterate over what a plugin gives; an exception is the last item, as a ``Failure``.

    Raises:
        KeyboardInterrupt: The user interrupts.
        MemoryError: The memory is exhausted.
    """
    iterator = attempt(lambda: iter(items()))
    if isinstance(iterator, Failure):
        yield iterator
        return
    while True:
        item = attempt(lambda: next(iterator, _END))
        if item is _END:
            return
        yield item
        if isinstance(item, Failure):
            return


_END = object()


def failure_of(error: BaseException) -> Failure:
    """The record of an exception, whose own methods may raise as well."""
    import traceback

    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the exception is a plugin's
        text = "(its text cannot be made)"
    summary = f"{kind}: {text}" if text else kind
    try:
        trace = "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001 - as above
        trace = summary
    return Failure(" ".join(summary.split())[:_MOST_CHARACTERS], trace)


def described(value: object) -> str:
    """How messages show a value that a plugin gave; its ``repr`` may raise."""
    shown = attempt(lambda: repr(value))
    return f"a {type(value).__name__}" if isinstance(shown, Failure) else shown[:_MOST_CHARACTERS]
