"""What an error says, and that there is a bound to all of it."""

import resource
import sys

import pytest

from checker_schemas import MAX_ERRORS, SchemaError, validate

DIGEST = "sha256:" + "0a" * 32
CONFIG = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 2}
MANIFEST = {"schemaVersion": 2, "config": CONFIG, "layers": []}
A_DIGEST = "expected a digest, such as sha256: and 64 lowercase hex digits"


def messages(schema: str, value: object) -> list[str]:
    return [error.message for error in validate(schema, value)]


def descriptor_messages(**members: object) -> list[str]:
    return messages("oci-descriptor", {**CONFIG, **members})


def author_found(value: object) -> str:
    config = {"architecture": "", "os": "", "rootfs": {"type": "layers", "diff_ids": []}}
    (error,) = validate("oci-config", {**config, "author": value})
    return error.found


def test_error_names_the_place_both_sides_and_nothing_else() -> None:
    errors = validate("oci-manifest", {**MANIFEST, "config": {**CONFIG, "digest": "sha256:AB"}})

    assert errors == (
        SchemaError(
            pointer="/config/digest",
            found='the string "sha256:AB"',
            expected="a digest, such as sha256: and 64 lowercase hex digits",
        ),
    )
    assert errors[0].message == f'/config/digest: found the string "sha256:AB", {A_DIGEST}'


def test_missing_member_is_found_as_nothing_in_its_place() -> None:
    assert messages("oci-descriptor", {**CONFIG, "digest": None}) == [
        f"/digest: found null, {A_DIGEST}"
    ]
    assert messages("oci-descriptor", {"mediaType": "a/b", "size": 1}) == [
        f"/digest: found nothing, {A_DIGEST}"
    ]


def test_each_missing_member_is_named_once() -> None:
    assert [error.pointer for error in validate("oci-descriptor", {})] == [
        "/digest",
        "/mediaType",
        "/size",
    ]


def test_document_of_another_type_is_called_the_document() -> None:
    assert messages("docker-manifest-json", None) == [
        "the document: found null, expected an array of images"
    ]


def test_alternatives_are_joined() -> None:
    assert messages("docker-v1-config", {"id": "0a" * 32, "author": 5}) == [
        "/author: found the number 5, expected a string or null"
    ]


def test_constant_is_named() -> None:
    (message,) = messages("oci-manifest", {**MANIFEST, "mediaType": ["a/b"]})

    assert message == (
        "/mediaType: found an array of 1 item, "
        'expected the string "application/vnd.oci.image.manifest.v1+json"'
    )


def test_reason_for_a_conditional_member_is_told() -> None:
    empty = {**CONFIG, "mediaType": "application/vnd.oci.empty.v1+json"}

    assert messages("oci-manifest", {**MANIFEST, "config": empty}) == [
        (
            "/artifactType: found nothing, "
            "expected the media type of the artifact, because the config is the empty one"
        )
    ]


def test_name_of_a_member_is_told_as_a_name() -> None:
    assert messages("docker-repositories", {"app": {"a/b\x07": "0a" * 32}}) == [
        (
            '/app/a~1b\\x07: found the name "a/b\\x07", expected a tag of at most 128 letters, '
            "digits, _, . and -, not starting with . or -"
        )
    ]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (5, "the number 5"),
        (-0.5, "the number -0.5"),
        (10**99, f"the number 1{'0' * 59}…"),
        (True, "true"),
        (False, "false"),
        ([], "an empty array"),
        ([1], "an array of 1 item"),
        ([1, 2], "an array of 2 items"),
        ({}, "an empty object"),
        ({"a": 1}, "an object of 1 member"),
        ({"a": 1, "b": 2}, "an object of 2 members"),
    ],
)
def test_value_is_described(value: object, found: str) -> None:
    assert author_found(value) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", 'the string ""'),
        ("naïve 名", 'the string "naïve 名"'),
        ("a\x1b[31m\r\n\0", 'the string "a\\x1b[31m\\r\\n\\x00"'),
        ("\u202eevil\u2028", 'the string "\\u202eevil\\u2028"'),
        ("\ud800", 'the string "\\ud800"'),
        ("\U000e0001", 'the string "\\U000e0001"'),
        ("x" * 60, f'the string "{"x" * 60}"'),
        ("x" * 61, f'the string "{"x" * 60}…" of 61 characters'),
        ("\0" * 10**6, f'the string "{chr(92) + "x00"}'),
    ],
)
def test_text_is_made_printable_and_short(text: str, found: str) -> None:
    (error,) = validate("oci-descriptor", {**CONFIG, "mediaType": f"{text}"})

    assert error.found.startswith(found)
    assert error.found.isprintable()
    assert len(error.found) < 110


def test_message_with_a_hostile_name_is_printable_and_short() -> None:
    (error,) = validate("oci-descriptor", {**CONFIG, "annotations": {"\x1b[2J" * 10**5: 5}})

    assert error.pointer == "/annotations/" + "\x1b[2J" * 10**5
    assert error.message.isprintable()
    assert len(error.message) < 400


def test_errors_are_sorted_by_pointer() -> None:
    pointers = [error.pointer for error in validate("oci-manifest", {"config": 1, "layers": [2]})]

    assert pointers == ["/config", "/layers/0", "/schemaVersion"]


@pytest.mark.parametrize("count", [MAX_ERRORS - 1, MAX_ERRORS, MAX_ERRORS + 1, 10**6])
def test_number_of_errors_has_a_bound(count: int) -> None:
    errors = validate("oci-manifest", {**MANIFEST, "layers": [None] * count})

    assert len(errors) == min(count, MAX_ERRORS)


def test_number_of_missing_members_has_the_same_bound() -> None:
    assert len(validate("oci-manifest", {**MANIFEST, "layers": [{}] * 1000})) == MAX_ERRORS


def test_deep_value_is_answered() -> None:
    value: object = 1
    for _ in range(200):
        value = [value]

    assert descriptor_messages(size=value) == [
        (
            "/size: found an array of 1 item, "
            "expected a size in bytes: a whole number from 0 to 9223372036854775807"
        )
    ]
    assert descriptor_messages(unknown=value) == []


def test_largest_number_that_python_reads_is_answered() -> None:
    (message,) = descriptor_messages(size=10**4299)

    assert message.startswith(f"/size: found the number 1{'0' * 59}…, expected a size")


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"digest": "a." * 10**7}, "/digest"),
        ({"digest": "a." * 10**7 + "a:" + "A" * 10**6 + "*"}, "/digest"),
        ({"mediaType": "a/" * 10**7}, "/mediaType"),
        ({"data": "A" * (4 * 10**7 + 1)}, "/data"),
        ({"urls": ["a:" + "b/" * 10**7]}, "/urls/0"),
    ],
    ids=["algorithm", "hash", "media type", "data", "url"],
)
def test_memory_for_a_hostile_string_has_a_bound(members: dict[str, object], pointer: str) -> None:
    descriptor = {**CONFIG, **members}
    validate("oci-descriptor", {**CONFIG, "urls": ["a:b"]})

    before = peak_memory()
    errors = validate("oci-descriptor", descriptor)

    assert [error.pointer for error in errors] == [pointer]
    assert peak_memory() - before < 128 * 2**20


def peak_memory() -> int:
    """Return the most memory that this process has held so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def test_url_as_long_as_allowed_is_read() -> None:
    assert descriptor_messages(urls=["a:" + "b" * 65_534]) == []


def test_unknown_schema_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"no schema is named 'oci'; there are .*oci-index"):
        validate("oci", {})


def test_shared_definitions_are_no_schema() -> None:
    with pytest.raises(ValueError, match="no schema is named 'definitions'"):
        validate("definitions", {})


def test_error_cannot_be_changed() -> None:
    error = SchemaError("", "nothing", "a string")

    with pytest.raises(AttributeError):
        error.found = "x"  # type: ignore[misc]  # that is the point
