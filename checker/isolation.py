"""The boundary around code that may fail: whatever it raises becomes a record."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType

from checker.records import NamedTuple
from checker.typing_names import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")
Y = TypeVar("Y")
S = TypeVar("S")

_NO_THREAD = "can't start new thread"
"""What Python says if there is not enough memory, or not enough processes, for a thread."""

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
    """Call code that may fail; what it raises is given back as a ``Failure``.

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
    except BaseException as error:
        if is_lack_of_threads(error):
            raise MemoryError(_NO_THREAD) from error
        return failure_of(error)


def is_lack_of_threads(error: BaseException) -> bool:
    """Whether no thread could be started, which is a lack of memory in another form."""
    return isinstance(error, RuntimeError) and str(error) == _NO_THREAD


class Steps:
    """Runs steps of which each may fail without the others: a failure loses only its own answer.

    May be used from several threads at the same time.
    """

    def __init__(self) -> None:
        self._crashes: list[str] = []

    def run(self, name: str, step: Callable[[], T], otherwise: U) -> T | U:
        """Take a step.

        Args:
            name: What the step does, for the record.
            step: The step.
            otherwise: The answer if it fails.

        Raises:
            KeyboardInterrupt: The user interrupts.
            MemoryError: The memory is exhausted.
        """
        answer = attempt(step)
        if isinstance(answer, Failure):
            self._crashes.append(f"{name}: {answer.summary}")
            return otherwise
        return answer

    def go_through(self, name: str, step: Generator[Y, S, T]) -> Generator[Y, S, T | None]:
        """Take a step that asks for what it needs; None if it fails.

        Args:
            name: What the step does, for the record.
            step: The step, which has not begun.

        Raises:
            KeyboardInterrupt: The user interrupts.
            MemoryError: The memory is exhausted.
        """
        try:
            return (yield from step)
        except (KeyboardInterrupt, MemoryError, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - as in ``attempt``
            self._crashes.append(f"{name}: {failure_of(error).summary}")
            return None

    @property
    def crashes(self) -> tuple[str, ...]:
        """The steps that failed, one line each, each once."""
        return tuple(dict.fromkeys(self._crashes))


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


def misfit(record: object, wanted: type) -> str | None:
    """Why a record that a plugin made cannot be used; None if all fields have their types.

    Args:
        record: What the plugin gave.
        wanted: The class of records, a ``NamedTuple``.
    """
    if not isinstance(record, wanted):
        return f"{described(record)}, not a checker.{wanted.__name__}"
    for name, hint in _hints(wanted).items():
        value = getattr(record, name)
        if not _fits(value, hint):
            shown = str(getattr(hint, "__name__", hint)) if isinstance(hint, type) else str(hint)
            return f"a {wanted.__name__} whose {name} is {described(value)}, not of type {shown}"
    return None


@cache
def _hints(record: type) -> dict[str, object]:
    """The types of the fields, as ``typing.get_type_hints`` tells them, whose import takes long."""
    owner = next(each for each in record.__mro__ if "_fields" in vars(each))
    names = vars(sys.modules[owner.__module__])
    texts: dict[str, str] = owner.__new__.__annotations__
    return {name: _type_of(text, names) for name, text in texts.items()}


_BUILTINS: Mapping[str, type] = {
    **{each.__name__: each for each in (bool, bytes, float, int, object, str)},
    "None": NoneType,
}


def _type_of(text: str, names: Mapping[str, object]) -> Any:
    """The type of an annotation, which is compiled only if it has parameters."""
    parts = [names.get(part) or _BUILTINS.get(part) for part in text.split(" | ")]
    if all(isinstance(part, type) for part in parts):
        return reduce(or_, parts)
    return eval(text, dict(names))  # noqa: S307 - annotations of this program


def _fits(value: object, hint: object) -> bool:
    """Whether a value is of a type as the annotations of records name them."""
    if type(value) is hint and not isinstance(value, tuple):
        return True  # as most are
    arguments: tuple[object, ...] = getattr(hint, "__args__", ())
    if isinstance(hint, UnionType):
        if type(value) in arguments and not isinstance(value, tuple):
            return True
        return any(_fits(value, each) for each in arguments)
    origin = getattr(hint, "__origin__", None)
    if origin is frozenset:
        return isinstance(value, frozenset) and all(_fits(each, arguments[0]) for each in value)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(each, arguments[0]) for each in value)
    if not isinstance(hint, type) or hint is object:
        return True
    if not isinstance(value, hint):
        return False
    return not hasattr(hint, "_fields") or misfit(value, hint) is None
