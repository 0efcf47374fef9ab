"""What is wrong with a policy is told in one line with file and line; the exit code is 2."""

from __future__ import annotations

import json
import os
import time
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from checker.errors import SettingsError
from checker.policy import Policy, PolicyFile
from checker.settings_file import Origin
from checker.settings_schema import schema_problems
from checker_policy.documents import read_document
from checker_policy.kinds import KEYS
from checker_policy.rules import rules_of
from tests.effort import examples

SAME = 'id = "POL001"\ncmd = true\n'
HEAD = '[[require]]\nname = "a"\n'
TOML = [
    ("", "requires nothing; it needs a key require"),
    ("requir = []", "unknown key 'requir'; did you mean 'require'?"),
    ("require = 1", "require: must be a list, found an integer"),
    ("require = [1]", "require: must be a table, found an integer"),
    ('[[require]]\nuser = "a"', "1: require: must have a name"),
    ('[[require]]\nname = "A b"', "2: require.name: must be in kebab case"),
    (HEAD, "1: require: a requires nothing; the keys for it are env, labels"),
    (HEAD + 'usr = "a"', "3: require: unknown key 'usr'; did you mean 'user'?"),
    (
        HEAD + "user = 1",
        "3: require.user: must be a string, a list of strings, a boolean or a table",
    ),
    (HEAD + "user = []", "3: require.user: must not be empty"),
    (HEAD + 'user = "a"\nseverity = "eror"', "4: require.severity: invalid value 'eror'"),
    (HEAD + 'user = "a"\nid = "POL1"', "4: require.id: must be POL and three digits"),
    (HEAD + 'user = "a"\nimage = []', "4: require.image: must not be an empty list"),
    (
        HEAD + 'user = { match = "a" }',
        "3: require.user: unknown key 'match'; did you mean 'matches'?",
    ),
    (HEAD + 'user = { matches = "(" }', "require.user.matches: is not a regular expression of RE2"),
    (HEAD + 'user = { matches = "(?=a)" }', "is not a regular expression of RE2"),
    (HEAD + f'user = {{ matches = "{"a" * 2001}" }}', "has more than 2,000 characters"),
    (HEAD + f'user = {{ matches = "{"((((a{9}){9}){9}){9})" * 40}" }}', "is not a regular"),
    (HEAD + "env = {}", "3: require.env: must not be empty"),
    (HEAD + "env = { A = 1 }", "require.env.A: must be a string"),
    (HEAD + 'cmd = "serve"', "3: require.cmd: must be a list of strings or a boolean"),
    (HEAD + "cmd = [1]", "require.cmd: must be a string, found an integer"),
    (HEAD + "ports = { some = [] }", "require.ports: unknown key 'some'"),
    (HEAD + "ports = {}", "require.ports: must have one of include, exclude, only"),
    (HEAD + "max-layers = -1", "3: require.max-layers: must be at least 0, found -1"),
    (HEAD + "max-layers = true", "require.max-layers: must be a whole number, found a boolean"),
    (HEAD + 'max-size = "20 XB"', "require.max-size: invalid size '20 XB'"),
    (HEAD + 'max-age = "soon"', "3: require.max-age: must be a number of hours, days or weeks"),
    (HEAD + 'bases = [{ digest = "sha256:1" }]', 'require.bases.digest: invalid digest "sha256:1"'),
    (HEAD + "bases = [{}]", "require.bases: must have one of name, digest, diff-ids"),
    (HEAD + "packages = {}", "3: require.packages: must have one of include, exclude"),
    (HEAD + 'packages = ["=1"]', "require.packages: must have a name"),
    (HEAD + "licenses = []", "3: require.licenses: must not be an empty list"),
    (
        HEAD + 'expression = "1 +"',
        "3: require.expression: is not an expression of CEL: <input>:1:4",
    ),
    (HEAD + f'expression = "{"(" * 60}"', "3: require.expression: is nested too deeply"),
    (HEAD + f'expression = "{"a" * 2001}"', "must not have more than 2,000 characters"),
    (HEAD + "files = []", "3: require.files: must not be empty"),
    (HEAD + '[[require.files]]\nmode = "0755"', "3: require.files: must have a path"),
    (
        HEAD + '[[require.files]]\npath = "a"\nmode = 755',
        "5: require.files.mode: must be permission",
    ),
    (
        HEAD + '[[require.files]]\npath = "a"\nmod = 7',
        "5: require.files: unknown key 'mod'; did you",
    ),
    (
        HEAD + '[[require.files]]\npath = "../a"',
        "4: require.files.path: must be a path in the root",
    ),
    (HEAD + '[[require.files]]\npath = "a"\nkind = "dir"', "5: require.files.kind: invalid value"),
    (
        HEAD + '[[require.files]]\npath = "a"\nsha256 = "1"',
        "5: require.files.sha256: must be a SHA",
    ),
    (
        HEAD + '[[require.files]]\npath = "a"\nlayer = "mid"',
        "5: require.files.layer: invalid value",
    ),
    (
        HEAD + '[[require.files]]\npath = "a"\nexists = false\nmode = "0755"',
        "6: require.files.mode: cannot be required of a file that must not exist",
    ),
    (
        HEAD + '[[require.files]]\npath = "**/*.c"\nmatches = "a"',
        '4: require.files.path: "**/*.c" must begin with a directory',
    ),
    (
        HEAD + '[[require.files]]\npath = "etc/*"\nsha256 = "' + "0" * 64 + '"',
        '4: require.files.path: "etc/*" must end with the name of a file',
    ),
    (HEAD + 'user = "a"\n' + HEAD + 'user = "a"', "4: require: the name a is already that of"),
    (
        f'{HEAD}{SAME}[[require]]\nname = "b"\n{SAME}',
        "5: require: the id POL001 is already that of",
    ),
]
YAML = [
    ("require: [", "not valid YAML"),
    ("require:\n- name: a\n  user: a\n  user: b", "4: the key 'user' is there twice"),
    ("- 1", "must be a table of keys and values"),
    ("--- {}\n--- {}", "has more than one document"),
    ("require:\n- name: a\n  user: !!python/name:os.system", "3: the tag tag:yaml.org,2002:python"),
    ("require:\n- name: a\n  user: !custom x", "3: the tag !custom cannot be used"),
    ("a: *b", "1: the alias *b means nothing before it"),
    ("a: &a [*a]", "1: the alias *a means nothing before it"),
    ("? [a]\n: 1", "1: a key must be a scalar"),
    ("a: {<<: 1}", "1: what is merged must be a mapping"),
    ("[" * 200 + "]" * 200, "nested too deeply"),
    (
        "require:\n- name: a\n  files:\n  - path: b\n    mode: 0755",
        "5: require.files.mode: must be",
    ),
    (f"a: {'9' * 5000}", "is not a valid value"),
    ("a: 2001-99-99", "is not a valid value"),
    ("\0", "not valid YAML"),
]
LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


def refusal(folder: Path, name: str, data: str | bytes) -> str:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(SettingsError) as caught:
        rules_of(Policy(files=(PolicyFile(str(path)),)))
    text = str(caught.value)
    assert text.startswith(f"{path}:")
    assert "\n" not in text
    return text.removeprefix(f"{path}:").strip()


@pytest.mark.parametrize(("text", "message"), TOML)
def test_broken_toml(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, "policy.toml", text)


@pytest.mark.parametrize(("text", "message"), YAML)
def test_broken_yaml(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, "policy.yaml", text)


def test_aliases_do_not_multiply(tmp_path: Path) -> None:
    began = time.process_time()
    assert "has more than 100,000 values" in refusal(tmp_path, "policy.yml", LAUGHS)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("policy.json", '{"a": 1,\n"b" 2}', "2: not valid JSON"),
        ("policy.json", '{"a": 1, "a": 2}', "an object has the same key twice"),
        ("policy.json", '{"require": NaN}', "NaN is no value of JSON"),
        ("policy.json", "[" * 100_000, "nested too deeply"),
        (
            "policy.json",
            '{"require": [{"name": "a",\n\t"usr": "b"}]}',
            "2: require: unknown key 'usr'",
        ),
        ("policy.yaml", b"a: b\nc: \xff", "2: not valid UTF-8"),
        ("policy.yaml", b"#" * 1_048_577, "has more than 1,048,576 bytes"),
        ("policy.txt", b"", "the name must end with one of .toml, .yaml, .yml, .json"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, data: str | bytes, message: str) -> None:
    assert message in refusal(tmp_path, name, data)


def test_a_file_that_does_not_exist() -> None:
    place = "checker.toml:3: policy: "
    with pytest.raises(SettingsError) as caught:
        rules_of(Policy(files=(PolicyFile("no.yaml", place),)))
    assert str(caught.value) == f"{place}no.yaml: cannot be read: {os.strerror(2)}"


def test_yaml_is_read_as_people_mean_it(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "x-base: &base\n  user: app\n  cmd: [serve]\n"
        "require:\n- name: a\n  <<: *base\n  user: root\n"
        "- {name: b, max-layers: 3, owner: 1000:50}\n"
    )
    document = read_document(PolicyFile(str(path)), (".yaml",))
    assert document.origin.table["require"] == [
        {"user": "root", "cmd": ["serve"], "name": "a"},
        {"name": "b", "max-layers": 3, "owner": "1000:50"},
    ]
    places = [("require", 0, "user"), ("require", 0, "cmd"), ("require", 1, "owner")]
    assert [document.origin.place(*place) for place in places] == [
        f"{path}:7",
        f"{path}:3",
        f"{path}:8",
    ]
    assert document.texts == {("require", 1, "max-layers"): "3"}
    path.write_text(path.read_text().replace(", owner: 1000:50", ""))
    assert [rule.name for rule in rules_of(Policy(files=(PolicyFile(str(path)),)))] == ["a", "b"]


WORDS = st.sampled_from(
    [
        *(
            "app",
            "/srv",
            "linux/amd64",
            "90d",
            "20MiB",
            "0755",
            "file",
            "base",
            "top",
            "a*",
            "(",
            "^a",
        ),
        *("POL001", "note", "x-y", "", " ", "sha256:" + "0" * 64, "0" * 64, "etc/*", "1000:1000"),
    ]
)
SUBKEYS = st.sampled_from(
    [
        *(
            "path",
            "exists",
            "kind",
            "mode",
            "mode-without",
            "owner",
            "min-size",
            "max-size",
            "layer",
        ),
        *("executable", "sha256", "matches", "must-not-match", "one-of", "include", "exclude"),
        *("only", "name", "digest", "diff-ids"),
    ]
)
SCALARS = WORDS | st.booleans() | st.integers(-2, 2**64) | st.floats(allow_nan=False) | st.dates()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SUBKEYS, inner, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(
    st.sampled_from(
        [
            *(KEYS.keys() - {"expression"}),
            "message",
            "severity",
            "id",
            "image",
            "platform",
            "archive",
        ]
    ),
    VALUES,
    max_size=3,
)


def refusal_of(table: dict[str, object]) -> str | None:
    return refusal_of_policy(Policy(tables=(Origin("settings", table),)))


def refusal_of_policy(policy: Policy) -> str | None:
    try:
        rules_of(policy)
    except SettingsError as error:
        return str(error)
    return None


@settings(deadline=None, max_examples=examples(500))
@given(TABLES)
def test_any_table(table: dict[str, object]) -> None:
    """A requirement is taken, or refused in one line; the schema takes all that is taken."""
    table = {"name": "a", **table}
    refused = refusal_of(table)
    if refused is not None:
        assert refused.startswith("settings: require")
        assert "\n" not in refused
    else:
        assert schema_problems(Origin("settings", {"require": [table]})) == ()


LINES = st.sampled_from(
    [
        *(
            "require:",
            "- name: a",
            "  user: b",
            "  <<: *a",
            "&a x",
            "- &a {b: *a}",
            "{",
            "}",
            "[",
            "]",
        ),
        *(
            "schemaVersion: 2.0.0",
            "metadataTest:",
            "  cmd: [a, 1]",
            "commandTests:",
            "? a",
            ": b",
            "|",
        ),
        *(
            "---",
            "...",
            "!!set {a}",
            "!!binary =",
            "12:30",
            "2001-01-01",
            "~",
            "\t",
            "%YAML 1.1",
            "'",
        ),
    ]
)


@settings(deadline=None, max_examples=examples(500))
@given(
    st.lists(LINES).map(lambda lines: "\n".join(lines).encode()) | st.binary(max_size=50),
    st.sampled_from(["yaml", "json", "toml"]),
)
def test_any_file(tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(data)
    file = (PolicyFile(str(path)),)
    for policy in (Policy(files=file), Policy(structure_tests=file)):
        refused = refusal_of_policy(policy)
        if refused is not None:
            assert refused.startswith(f"{path}:")
            assert "\n" not in refused


def test_the_schema_of_files_of_their_own() -> None:
    folder = resources.files("checker_schemas").joinpath("settings")
    documents = {
        name: json.loads(folder.joinpath(name).read_text("utf-8"))
        for name in ("policy.json", "checker-toml.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(document)) for name, document in documents.items()
    )
    validator = Draft202012Validator({"$ref": "policy.json"}, registry=registry)
    valid = {"x-base": {"a": 1}, "require": [{"name": "a", "user": "b"}]}
    assert list(validator.iter_errors(valid)) == []
    texts = ("{}", '{"requir": []}', '{"require": [{"name": "a", "usr": "b"}]}')
    assert all(list(validator.iter_errors(json.loads(text))) for text in texts)
