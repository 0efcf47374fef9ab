"""The names of ``typing`` that a run has without its import."""

from __future__ import annotations

import pickle
import typing
from collections.abc import Callable

import pytest

from checker import Option, typing_names
from checker.checks.check import Place


@pytest.mark.parametrize("name", typing_names.__all__)
def test_each_is_a_name_of_typing(name: str) -> None:
    assert hasattr(typing, name)
    assert hasattr(typing_names, name)


T = typing_names.TypeVar("T", bound=object)
Change: typing_names.TypeAlias = Callable[[T], T | None]


class Box(typing_names.Generic[T]):
    __slots__ = ("content",)

    def __init__(self, content: T) -> None:
        self.content = content


class Shape(typing_names.Protocol):
    def area(self) -> float: ...


class Square(Shape):
    def area(self) -> float:
        return 4


def test_classes_with_parameters_are_used_as_without() -> None:
    assert Box("a").content == "a"
    assert Box[int](1).content == 1
    assert type(Box[int](1)) is Box
    option = Option[int]("most", int, 3, "how many")
    assert option == Option("most", int, 3, "how many")
    assert pickle.loads(pickle.dumps(option)) == option


def test_protocols_can_be_bases() -> None:
    assert Square().area() == 4


def test_dictionaries_with_known_keys_are_dictionaries() -> None:
    assert Place(path="a") == {"path": "a"}


def test_a_cast_gives_the_value() -> None:
    value: object = "a"
    assert typing_names.cast("str", value) == "a"
