"""Records: what ``typing.NamedTuple`` gives, defined in a fifth of the time.

A run defines more than two hundred classes of records. ``typing`` compiles every annotation, which
nothing needs, and ``collections.namedtuple`` compiles a constructor for every class. Here
a constructor is compiled once for each number of fields.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Mapping
from functools import cache
from types import FunctionType

from checker.typing_names import TYPE_CHECKING, Any, Self


class _Record(tuple[Any, ...]):
    """What all records have; the attributes and methods of ``collections.namedtuple``."""

    __slots__ = ()
    _fields = tuple[str, ...]()  # without an annotation, which would be one of a field

    @classmethod
    def _make(cls, values: Iterable[object]) -> Self:
        """Make a record from all of its values, in their order."""
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **changes: object) -> Self:
        """The same record with some values replaced."""
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return made

    __replace__ = _replace

    def _asdict(self) -> dict[str, object]:
        """The values by the names of the fields."""
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        values = (f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({', '.join(values)})"

    def __getnewargs__(self) -> tuple[object, ...]:
        return tuple(self)


class _RecordType(type):
    """Makes a class of records of a class statement; subclasses of that are ordinary classes."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _RecordType:
        """Make the class; ``_Record`` takes the place of the first base."""
        if not bases or type(bases[0]) is not cls or bases[0].__bases__ != (object,):
            return super().__new__(cls, name, bases, namespace)
        return super().__new__(cls, name, (_Record, *bases[1:]), _with_fields(name, namespace))


def _with_fields(name: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """What a class statement says, with what makes its fields those of a tuple."""
    fields = tuple(namespace.get("__annotations__", ()))
    defaults = {field: namespace[field] for field in fields if field in namespace}
    if tuple(defaults) != fields[len(fields) - len(defaults) :]:
        raise TypeError(f"{name}: a field without a default follows one that has a default")
    getters = _getters(max(len(fields), _USUALLY_MOST))
    return {
        **namespace,
        **dict(zip(fields, getters, strict=False)),
        "__slots__": (),
        "__match_args__": fields,
        "__new__": _constructor(name, namespace, fields, defaults),
        "_fields": fields,
        "_field_defaults": defaults,
    }


@cache
def _getters(count: int) -> tuple[object, ...]:
    """What gives the fields of a record with at least so many fields."""
    return _getters_of(namedtuple("_template", [f"field_{number}" for number in range(count)]))  # noqa: PYI024


def _getters_of(template: Any) -> tuple[object, ...]:
    # The class is referred to here: a collection of garbage empties the dictionary of any other.
    return tuple(vars(template)[name] for name in template._fields)


def _constructor(
    name: str, namespace: Mapping[str, Any], fields: tuple[str, ...], defaults: Mapping[str, object]
) -> FunctionType:
    """A constructor with the names of the fields and their defaults."""
    made = _constructor_of(len(fields))
    title = f"{namespace.get('__qualname__', name)}.__new__"
    code = made.__code__.replace(
        co_name="__new__", co_qualname=title, co_varnames=("_cls", *fields)
    )
    constructor = FunctionType(code, made.__globals__, "__new__", tuple(defaults.values()))
    constructor.__qualname__ = title
    constructor.__module__ = namespace["__module__"]
    constructor.__annotations__ = namespace.get("__annotations__", {})
    return constructor


@cache
def _constructor_of(count: int) -> Any:
    """The constructor of a record with a number of fields, whose names are not the right ones."""
    if count < len(_CONSTRUCTORS):
        return _CONSTRUCTORS[count]
    names = ", ".join(f"field_{number}" for number in range(count))
    return eval(f"lambda _cls, {names}: _new(_cls, ({names}))", globals())  # noqa: S307 - no input


_new = tuple.__new__
# Fields of nearly all records: to make what gives them takes as long as to define ten records.
_USUALLY_MOST = 32
# To compile these for a run takes as long as to define sixty records.
_CONSTRUCTORS = (
    lambda _cls: _new(_cls, ()),
    lambda _cls, a: _new(_cls, (a,)),
    lambda _cls, a, b: _new(_cls, (a, b)),
    lambda _cls, a, b, c: _new(_cls, (a, b, c)),
    lambda _cls, a, b, c, d: _new(_cls, (a, b, c, d)),
    lambda _cls, a, b, c, d, e: _new(_cls, (a, b, c, d, e)),
    lambda _cls, a, b, c, d, e, f: _new(_cls, (a, b, c, d, e, f)),
    lambda _cls, a, b, c, d, e, f, g: _new(_cls, (a, b, c, d, e, f, g)),
    lambda _cls, a, b, c, d, e, f, g, h: _new(_cls, (a, b, c, d, e, f, g, h)),
    lambda _cls, a, b, c, d, e, f, g, h, i: _new(_cls, (a, b, c, d, e, f, g, h, i)),
    lambda _cls, a, b, c, d, e, f, g, h, i, j: _new(_cls, (a, b, c, d, e, f, g, h, i, j)),
    lambda _cls, a, b, c, d, e, f, g, h, i, j, k: _new(_cls, (a, b, c, d, e, f, g, h, i, j, k)),
    lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m: _new(
        _cls, (a, b, c, d, e, f, g, h, i, j, k, m)
    ),
    lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n: _new(
        _cls, (a, b, c, d, e, f, g, h, i, j, k, m, n)
    ),
    lambda _cls, a, b, c, d, e, f, g, h, i, j, k, m, n, o: _new(
        _cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, o)
    ),
)


if TYPE_CHECKING:
    from typing import NamedTuple
else:
    NamedTuple = _RecordType("NamedTuple", (), {"__doc__": "The base of all records."})

__all__ = ("NamedTuple",)
