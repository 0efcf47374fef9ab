"""Records behave as those of ``typing.NamedTuple``."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import types
import typing
from typing import Any, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import records
from checker.isolation import misfit

T = TypeVar("T")


class Point(records.NamedTuple):
    """A point with a name."""

    x: int
    y: int = 0
    name: str | None = None

    @property
    def total(self) -> int:
        return self.x + self.y

    def __str__(self) -> str:
        return f"({self.x}, {self.y})"


class Plain(typing.NamedTuple):
    x: int
    y: int = 0
    name: str | None = None


class Box(records.NamedTuple, Generic[T]):
    content: T


class Empty(records.NamedTuple):
    pass


class Named(Point):
    """A subclass is an ordinary class."""

    __slots__ = ()


VALUES = st.one_of(st.integers(), st.none(), st.text(max_size=3))


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_values_are_those_of_a_named_tuple(values: list[Any]) -> None:
    record, plain = Point(*values), Plain(*values)
    assert tuple(record) == tuple(plain)
    assert record.__eq__(plain)
    assert hash(record) == hash(plain)
    assert record._asdict() == plain._asdict()
    assert (record.x, record.y, record.name) == (plain.x, plain.y, plain.name)
    assert repr(record) == repr(plain).replace("Plain", "Point")
    assert Point._make(tuple(record)) == record


@given(st.dictionaries(st.sampled_from(["x", "y", "name"]), VALUES))
def test_values_are_replaced_by_name(changes: dict[str, Any]) -> None:
    assert tuple(Point(1)._replace(**changes)) == tuple(Plain(1)._replace(**changes))


@pytest.mark.parametrize("record", [Point(1, name="a"), Box("a"), Empty(), Named(2)], ids=repr)
def test_copies_are_equal_and_of_the_same_class(record: tuple[object, ...]) -> None:
    for again in (pickle.loads(pickle.dumps(record)), copy.copy(record), copy.deepcopy(record)):
        assert again == record
        assert type(again) is type(record)


def test_the_class_tells_what_a_named_tuple_tells() -> None:
    assert Point._fields == Plain._fields
    assert Point._field_defaults == Plain._field_defaults
    assert Point.__match_args__ == Plain.__match_args__
    assert Point.__doc__ == "A point with a name."
    assert list(inspect.signature(Point).parameters) == ["x", "y", "name"]
    assert typing.get_type_hints(Point) == typing.get_type_hints(Plain)


def test_what_a_class_statement_defines_is_kept() -> None:
    assert Point(1, 2).total == 3
    assert str(Point(1, 2)) == "(1, 2)"
    assert Named(1, 2).total == 3


def test_fields_are_matched_by_position() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


@pytest.mark.parametrize("name", ["x", "other"])
def test_a_record_cannot_be_changed(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Point(1), name, 2)


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((), {}, "missing 1 required positional argument: 'x'"),
        ((1, 2, "a", 4), {}, "takes from 2 to 4 positional arguments but 5 were given"),
        ((1,), {"x": 2}, "got multiple values for argument 'x'"),
        ((1,), {"z": 2}, "got an unexpected keyword argument 'z'"),
    ],
)
def test_wrong_arguments_are_named(
    arguments: tuple[Any, ...], named: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=rf"Point.*{message}"):
        Point(*arguments, **named)


def test_an_unknown_field_is_not_replaced() -> None:
    with pytest.raises(ValueError, match="unexpected field names: \\['z'\\]"):
        Point(1)._replace(z=2)  # type: ignore[call-arg]


def test_a_wrong_number_of_values_is_refused() -> None:
    with pytest.raises(TypeError, match="Expected 3 arguments, got 1"):
        Point._make([1])


def test_a_field_without_a_default_cannot_follow_one_with_a_default() -> None:
    namespace = {"a": 1, "__annotations__": {"a": "int", "b": "int"}, "__module__": __name__}
    with pytest.raises(TypeError, match="Wrong: a field without a default follows one that has"):
        types.new_class("Wrong", (records.NamedTuple,), {}, lambda body: body.update(namespace))


def test_values_are_compared_with_annotations() -> None:
    assert misfit(Point(1), Point) is None
    assert misfit(Point("a"), Point) == "a Point whose x is 'a', not of type int"  # type: ignore[arg-type]


def test_records_are_defined_whenever_garbage_is_collected() -> None:
    source = "class Made(NamedTuple):\n" + "".join(f"    f{number}: int\n" for number in range(45))
    places = {"NamedTuple": records.NamedTuple, "__name__": "made"}
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for fields in range(15, 45):
            exec("\n".join(source.split("\n")[: fields + 1]), places)
            made: Any = places["Made"]
            assert made(*range(fields)) == tuple(range(fields))
            assert made(*range(fields)).f0 == 0
    finally:
        gc.set_threshold(*threshold)
