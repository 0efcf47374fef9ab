"""What is accepted without the JSON Schema library is what the library accepts."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker_schemas import names
from checker_schemas.quick import is_surely_valid
from checker_schemas.validation import schema_errors

EXAMPLES = Path(__file__).parent / "examples"
VALID = [
    (file.parent.parent.name, file.stem, json.loads(file.read_text("utf-8")))
    for file in sorted(EXAMPLES.glob("*/valid/*.json"))
]
INVALID = [
    (file.parent.parent.name, file.stem, json.loads(file.read_text("utf-8"))["document"])
    for file in sorted(EXAMPLES.glob("*/invalid/*.json"))
]
TIME = "2024-05-01T12:30:00Z"
DIGEST = "sha256:" + "a" * 64

values = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2, 2.0, 2.5, -1, 1.0, 2**63, 1e300, math.nan, math.inf]),
    st.sampled_from(["", "layers", "1.0.0", "a/b", "a/b\n", DIGEST, DIGEST + "\n", TIME]),
    st.sampled_from(["é/ü", "e30=", "a:b", "NAME=1", "=1", "\ud800", "80/tcp", "٣/tcp"]),
    st.sampled_from([[], {}, [None], [""], {"": None}, {"80/tcp": {}}, {"a": {"b": "c"}}]),
    st.sampled_from(["application/vnd.oci.empty.v1+json"]),
)


def library_accepts(schema: str, document: object) -> bool:
    return schema_errors(schema, document, 1) == ()


@pytest.mark.parametrize(("schema", "name", "document"), VALID, ids=lambda value: str(value)[:40])
def test_valid_example_is_accepted(schema: str, name: str, document: object) -> None:
    assert is_surely_valid(schema, document), name


@pytest.mark.parametrize(("schema", "name", "document"), INVALID, ids=lambda value: str(value)[:40])
def test_invalid_example_is_not_accepted(schema: str, name: str, document: object) -> None:
    assert not is_surely_valid(schema, document), name


@given(data=st.data(), example=st.sampled_from(VALID))
def test_what_is_accepted_is_valid(data: st.DataObject, example: tuple[str, str, Any]) -> None:
    schema, _, document = example
    changed = data.draw(mutated(document))

    assert is_surely_valid(schema, changed) == library_accepts(schema, changed)


@given(schema=st.sampled_from(names()), value=values)
def test_any_value_in_the_place_of_a_document(schema: str, value: object) -> None:
    assert is_surely_valid(schema, value) == library_accepts(schema, value)


@st.composite
def mutated(draw: st.DrawFn, node: Any) -> Any:
    """Drop, add or replace one value somewhere below a node."""
    if isinstance(node, dict) and node:
        key = draw(st.sampled_from(sorted(node)))
        match draw(st.sampled_from(["go deeper", "go deeper", "drop", "add", "replace"])):
            case "go deeper":
                return {**node, key: draw(mutated(node[key]))}
            case "drop":
                return {name: member for name, member in node.items() if name != key}
            case "add":
                return {**node, draw(st.sampled_from(["x", "", "80/tcp", "created"])): draw(values)}
    if isinstance(node, list) and node and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(node) - 1))
        return [*node[:place], draw(mutated(node[place])), *node[place + 1 :]]
    return draw(values)


@pytest.mark.parametrize("year", ["0000", "0001", "1900", "2000", "2023", "2024"])
@pytest.mark.parametrize("month", range(14))
@pytest.mark.parametrize("day", [0, 1, 28, 29, 30, 31, 32])
def test_day_of_a_month(year: str, month: int, day: int) -> None:
    config = {"architecture": "", "os": "", "rootfs": {"type": "layers", "diff_ids": []}}
    document = {**config, "created": f"{year}-{month:02}-{day:02}T23:59:59.000000001+05:30"}

    assert is_surely_valid("oci-config", document) == is_date(int(year), month, day)


def is_date(year: int, month: int, day: int) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return year > 0 and 1 <= month <= 12 and 1 <= day <= lengths[month - 1]


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("https://example.com/a/b.tar", True),
        ("http://localhost:5000/v2/", True),
        ("https://user@example.com/?a=b#c", True),
        ("https://example.com/a b", False),
        ("https://example.com/ü", False),
        ("https://example.com/\n", False),
        ("//example.com/a", False),
    ],
)
def test_url(url: str, accepted: bool) -> None:  # noqa: FBT001 -- what the case expects
    descriptor = {"mediaType": "a/b", "size": 0, "digest": DIGEST, "urls": [url]}

    assert is_surely_valid("oci-descriptor", descriptor) is accepted


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"patternProperties": {}},
        {"const": {}},
        {"format": "email"},
        {"type": "unknown"},
        {"properties": {"a": {"anyOf": []}}},
        {"if": {"not": {}}},
    ],
)
def test_schema_that_says_more_is_left_to_the_library(
    schema: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checker_schemas.documents.contents", lambda _: schema)

    assert not is_surely_valid("made-up", {"a": 1})


def test_sound_documents_need_no_library() -> None:
    program = """
import json, pathlib, sys
import checker_schemas
for file in map(pathlib.Path, sys.argv[1:]):
    document = json.loads(file.read_text("utf-8"))
    assert checker_schemas.validate(file.parent.parent.name, document) == ()
print(*sys.modules)
"""
    files = [
        EXAMPLES / schema / "valid" / f"{name}.json"
        for schema, name in (
            ("docker-manifest-json", "docker-save-25"),
            ("oci-layout", "written-by-skopeo-1.9"),
            ("oci-index", "written-by-skopeo-1.9"),
            ("oci-manifest", "written-by-skopeo-1.9-gzip"),
            ("oci-config", "written-by-podman-4.3-oci"),
        )
    ]
    finished = subprocess.run(
        [sys.executable, "-c", program, *map(str, files)],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(finished.stdout.split())

    assert "checker_schemas.quick" in loaded
    assert not {"jsonschema", "referencing", "rfc3339_validator", "rfc3986_validator"} & loaded
