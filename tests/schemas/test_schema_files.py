"""The schema files are sound in themselves and say all that an error message needs."""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from checker_schemas import names

FILES = sorted(
    (file for file in resources.files("checker_schemas").iterdir() if file.name.endswith(".json")),
    key=lambda file: file.name,
)
SCHEMAS = {file.name.removesuffix(".json"): json.loads(file.read_text("utf-8")) for file in FILES}
DEFINITIONS = "urn:archive-checker:schema:definitions#/$defs/"
WHOLE_FILE = "urn:archive-checker:schema:"


def test_names_are_the_files_without_the_shared_one() -> None:
    assert set(names()) == SCHEMAS.keys() - {"definitions"}
    assert list(names()) == sorted(names())


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_valid_against_its_metaschema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])

    assert SCHEMAS[name]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_says_what_it_is_and_where_it_is_from(name: str) -> None:
    schema = SCHEMAS[name]

    assert schema["$id"] == f"urn:archive-checker:schema:{name}"
    assert all(schema[key].strip() for key in ("title", "description", "$comment"))


@pytest.mark.parametrize("name", SCHEMAS["definitions"]["$defs"])
def test_definition_says_what_it_is_and_where_it_is_from(name: str) -> None:
    definition = SCHEMAS["definitions"]["$defs"][name]

    assert all(definition[key].strip() for key in ("title", "description", "$comment"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_reference_leads_somewhere(name: str) -> None:
    for node in subschemas(SCHEMAS[name]):
        if "$ref" in node:
            assert leads_somewhere(node["$ref"]), node["$ref"]


def test_every_definition_is_used() -> None:
    used = {
        node["$ref"].removeprefix(DEFINITIONS)
        for schema in SCHEMAS.values()
        for node in subschemas(schema)
        if node.get("$ref", "").startswith(DEFINITIONS)
    }

    assert used == SCHEMAS["definitions"]["$defs"].keys()


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_pattern_and_bound_has_words_for_a_person(name: str) -> None:
    for node in subschemas(SCHEMAS[name]):
        if node.keys() & {"pattern", "format", "minimum", "maximum", "minLength"}:
            assert node.get("x-expected"), node


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_pattern_lets_a_final_line_feed_through(name: str) -> None:
    for node in subschemas(SCHEMAS[name]):
        pattern = str(node.get("pattern", ""))
        assert "$" not in pattern.replace("$&", "") or pattern.endswith("$(?!\\n)"), pattern


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_required_member_is_described_beside_it(name: str) -> None:
    for node in subschemas(SCHEMAS[name]):
        assert set(node.get("required", ())) <= node.get("properties", {}).keys(), node


def leads_somewhere(reference: str) -> bool:
    if reference.startswith(DEFINITIONS):
        return reference.removeprefix(DEFINITIONS) in SCHEMAS["definitions"]["$defs"]
    return reference.removeprefix(WHOLE_FILE) in SCHEMAS


def subschemas(node: Any) -> Iterator[dict[str, Any]]:
    """Yield a node and every object below it; maps of subschemas do no harm."""
    if isinstance(node, list):
        for item in node:
            yield from subschemas(item)
    elif isinstance(node, dict):
        if not isinstance(node.get("required"), dict):
            yield node
        for item in node.values():
            yield from subschemas(item)
