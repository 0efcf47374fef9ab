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
from typing import TYPE_CHECKING, Any, Self


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
    template = _template(len(fields))
    return {
        **namespace,
        **{field: vars(template)[f"field_{number}"] for number, field in enumerate(fields)},
        "__slots__": (),
        "__match_args__": fields,
        "__new__": _constructor(template, name, namespace, defaults),
        "_fields": fields,
        "_field_defaults": defaults,
    }


@cache
def _template(count: int) -> type[tuple[Any, ...]]:
    """A class with a number of fields, whose constructor and fields only lack the right names."""
    return namedtuple("_template", [f"field_{number}" for number in range(count)])  # noqa: PYI024


def _constructor(
    template: type[tuple[Any, ...]],
    name: str,
    namespace: Mapping[str, Any],
    defaults: Mapping[str, object],
) -> FunctionType:
    """The constructor of a template, with the names of the fields and their defaults."""
    made: Any = template.__new__
    annotations = namespace.get("__annotations__", {})
    title = f"{namespace.get('__qualname__', name)}.__new__"
    code = made.__code__.replace(
        co_name="__new__", co_qualname=title, co_varnames=("_cls", *annotations)
    )
    constructor = FunctionType(code, made.__globals__, "__new__", tuple(defaults.values()))
    constructor.__qualname__ = title
    constructor.__module__ = namespace["__module__"]
    constructor.__annotations__ = annotations
    return constructor


if TYPE_CHECKING:
    from typing import NamedTuple
else:
    NamedTuple = _RecordType("NamedTuple", (), {"__doc__": "The base of all records."})

__all__ = ("NamedTuple",)
