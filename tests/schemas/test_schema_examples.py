"""Every example document is valid, or departs from its schema in exactly the places it names.

`examples/<schema>/valid/*.json` are documents; `examples/<schema>/invalid/*.json` hold a document
and the pointers of its errors.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker_schemas import MAX_ERRORS, names, validate

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples"
CONFORMANCE_CASES = {"config": 10, "descriptor": 31, "index": 12, "layout": 2, "manifest": 12}


@dataclass(frozen=True, slots=True)
class Example:
    """A document, its schema and where it departs from it."""

    name: str
    schema: str
    document: Any
    pointers: list[str]


def valid_example(file: Path) -> Example:
    return Example(name_of(file), schema_of(file), json.loads(file.read_text("utf-8")), [])


def invalid_example(file: Path) -> Example:
    content = json.loads(file.read_text("utf-8"))
    return Example(name_of(file), schema_of(file), content["document"], content["pointers"])


def schema_of(file: Path) -> str:
    return file.parent.parent.name


def name_of(file: Path) -> str:
    return file.relative_to(EXAMPLES).with_suffix("").as_posix()


VALID = [valid_example(file) for file in sorted(EXAMPLES.glob("*/valid/*.json"))]
INVALID = [invalid_example(file) for file in sorted(EXAMPLES.glob("*/invalid/*.json"))]


@pytest.mark.parametrize("example", VALID, ids=lambda example: example.name)
def test_valid_example_has_no_error(example: Example) -> None:
    assert [error.message for error in validate(example.schema, example.document)] == []


@pytest.mark.parametrize("example", INVALID, ids=lambda example: example.name)
def test_invalid_example_has_errors_in_the_places_it_names(example: Example) -> None:
    errors = validate(example.schema, example.document)

    assert [error.pointer for error in errors] == example.pointers
    assert all(error.message.isprintable() for error in errors)


@pytest.mark.parametrize("schema", names())
def test_every_schema_has_examples_of_both_kinds(schema: str) -> None:
    assert any(example.schema == schema for example in VALID)
    assert any(example.schema == schema for example in INVALID)


def test_every_example_belongs_to_a_schema() -> None:
    assert {folder.name for folder in EXAMPLES.iterdir()} == set(names())


@pytest.mark.parametrize(("group", "count"), CONFORMANCE_CASES.items())
def test_every_case_of_the_published_tables_has_an_example(group: str, count: int) -> None:
    cases = tomllib.loads((HERE / "conformance.toml").read_text("utf-8"))[group]
    known = {example.name for example in [*VALID, *INVALID]}

    assert len(set(cases)) == count
    assert {f"oci-{group}/{case}" for case in cases} <= known


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=20,
)


@given(schema=st.sampled_from(names()), value=json_values)
def test_any_json_value_is_answered(schema: str, value: object) -> None:
    errors = validate(schema, value)

    assert len(errors) <= MAX_ERRORS
    assert all(error.message.isprintable() for error in errors)


@given(data=st.data(), example=st.sampled_from(VALID), value=json_values)
def test_any_json_value_inside_a_document_is_answered(
    data: st.DataObject, example: Example, value: object
) -> None:
    document = data.draw(grafted(example.document, value))

    errors = validate(example.schema, document)

    assert list(errors) == sorted(set(errors), key=tuple)
    assert all(resolves(document, error.pointer) for error in errors)


@st.composite
def grafted(draw: st.DrawFn, document: object, value: object) -> object:
    """Put a value in the place of any node of a document."""
    if isinstance(document, dict) and document and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(document)))
        return {**document, key: draw(grafted(document[key], value))}
    if isinstance(document, list) and document and draw(st.booleans()):
        index = draw(st.integers(0, len(document) - 1))
        return [
            *document[:index],
            draw(grafted(document[index], value)),
            *document[index + 1 :],
        ]
    return value


def resolves(document: Any, pointer: str) -> bool:
    """Tell whether a pointer names a value, or a missing member of an object that is there."""
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    for token in tokens[:-1]:
        document = document[int(token)] if isinstance(document, list) else document[token]
    if not tokens:
        return True
    return isinstance(document, dict) or int(tokens[-1]) < len(document)
