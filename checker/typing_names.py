"""Names of ``typing`` for annotations, without its import.

A type checker sees the names of ``typing``. A run evaluates no annotation, so that it needs only
something that has these names; to import ``typing`` takes as long as to import thirty modules.
"""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias


class _Generic:
    """The base of classes with parameters."""

    __slots__ = ()

    def __class_getitem__(cls, parameters: object) -> GenericAlias:
        return GenericAlias(cls, parameters)


class _TypedDict(dict[str, object]):
    """The base of dictionaries with known keys."""

    __slots__ = ()

    def __init_subclass__(cls, *, total: bool = True) -> None:
        super().__init_subclass__()


def _type_var(_name: str, *_constraints: object, **_options: object) -> type:
    return object


def _cast(_type: object, value: object) -> object:
    return value


def _overload(function: Callable[..., object]) -> Callable[..., object]:
    return function


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (
        IO,
        Any,
        AnyStr,
        BinaryIO,
        ClassVar,
        Final,
        Generic,
        NoReturn,
        Protocol,
        Self,
        TextIO,
        TypeAlias,
        TypedDict,
        TypeGuard,
        TypeVar,
        cast,
        overload,
    )
else:
    Any = AnyStr = BinaryIO = ClassVar = Final = NoReturn = object
    Self = TextIO = TypeAlias = TypeGuard = object
    Generic = IO = Protocol = _Generic
    TypedDict = _TypedDict
    TypeVar = _type_var
    cast = _cast
    overload = _overload

__all__ = (
    "IO",
    "TYPE_CHECKING",
    "Any",
    "AnyStr",
    "BinaryIO",
    "ClassVar",
    "Final",
    "Generic",
    "NoReturn",
    "Protocol",
    "Self",
    "TextIO",
    "TypeAlias",
    "TypeGuard",
    "TypeVar",
    "TypedDict",
    "cast",
    "overload",
)
