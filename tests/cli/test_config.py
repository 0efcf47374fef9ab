"""The command config: what is in force, and where it comes from."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from checker.model.limits import Limits
from checker.profiles import PROFILES
from checker.settings import load_settings
from checker.settings_schema import settings_schema

from .conftest import Checker

FILE = """\
profile = "release"
ignore = ["HYG013"]
[severity]
HYG012 = "warning"
[limits]
entries = 5000
[[waive]]
rule = "ARC003"
reason = "known"
until = 2999-01-01
[[archive]]
path = ["*.tar", "*.tgz"]
as = "import"
ignore = ["ARC"]
[archive.limits]
entries = 7
"""


def in_force(checker: Checker, *words: str) -> dict[str, tuple[Any, list[str]]]:
    done = checker("config", "--json", *words)
    assert (done.code, done.err) == (0, "")
    return {each["key"]: (each["value"], each["sources"]) for each in done.report["settings"]}


def test_every_setting_has_a_source(checker: Checker) -> None:
    found = in_force(checker)
    assert {name for _, sources in found.values() for name in sources} == {"default"}
    tops = {key.partition(".")[0] for key in found}
    assert tops | {"severity", "rules", "plugins", "archive"} == set(
        settings_schema()["properties"]
    )
    assert {key for key in found if "." in key} == {f"limits.{name}" for name in Limits._fields}


def test_layers(checker: Checker) -> None:
    checker.folder.joinpath("checker.toml").write_text(FILE)
    found = in_force(checker, "--ignore", "ARC017", "--limit", "names=5", "--fail-on", "note")
    assert found["profile"] == ("release", ["checker.toml:1"])
    assert found["ignore"] == (["HYG013", "ARC017"], ["checker.toml:2", "command line"])
    assert found["severity.HYG012"] == ("warning", ["checker.toml:4"])
    assert found["severity.HYG014"] == ("error", ["profile release"])
    assert found["limits.entries"] == (5000, ["checker.toml:6"])
    assert found["limits.names"] == (5, ["command line"])
    assert found["limits.layers"] == (1000, ["default"])
    assert found["fail-on"] == ("note", ["command line"])
    assert found["as"] == (None, ["default"])
    assert found["waive"][0][0]["until"] == "2999-01-01"


def test_for_an_archive(checker: Checker) -> None:
    checker.folder.joinpath("checker.toml").write_text(FILE)
    found = in_force(checker, "app.tgz")
    assert found["as"] == ("import", ["checker.toml:13"])
    assert found["ignore"] == (["HYG013", "ARC"], ["checker.toml:2", "checker.toml:14"])
    assert found["limits.entries"] == (7, ["checker.toml:16"])
    assert in_force(checker, "app.tgz", "--as", "load")["as"] == ("load", ["command line"])
    assert in_force(checker, "app.oci")["as"] == (None, ["default"])
    archives = checker("config", "--json").report["archives"]
    assert archives[0]["path"] == ["*.tar", "*.tgz"]
    assert archives[0]["source"] == "checker.toml:11"


def test_as_text(checker: Checker) -> None:
    assert checker("config").out.startswith("no settings file\n\nprofile ")
    checker.folder.joinpath("checker.toml").write_text(FILE)
    done = checker("config", "--fail-on", "note")
    assert done.out.startswith("settings from checker.toml\n")
    rows = [re.split(r"\s{2,}", line) for line in done.out.splitlines()]
    assert ["fail-on", "note", "command line"] in rows
    assert ["waive", "ARC003", "checker.toml:7"] in rows
    assert ["for archives *.tar, *.tgz (checker.toml:11)"] in rows
    assert ["as", "import", "checker.toml:13"] in rows


def test_all_that_is_wrong_is_listed(checker: Checker) -> None:
    checker.folder.joinpath("pyproject.toml").write_text(
        "[tool.checker]\nselekt = []\nas = 5\n[tool.checker.limits]\nentries = 0\n"
        "[[tool.checker.waive]]\nrule = 'ARC003'\nuntl = 2030-01-01\n"
    )
    done = checker("config")
    assert done.code == 2
    first, *others = done.err.splitlines()
    assert first == "checker: pyproject.toml:2: unknown key 'selekt'; did you mean 'select'?"
    assert [line.split(": ")[1] for line in others] == [
        *("pyproject.toml:3", "pyproject.toml:5", "pyproject.toml:8", "pyproject.toml:6")
    ]
    assert "waive.0: unknown key 'untl'; did you mean 'until'?" in done.err


def test_one_thing_wrong_that_the_schema_does_not_know(checker: Checker) -> None:
    checker.folder.joinpath("checker.toml").write_text("ignore = ['NOPE']\n")
    done = checker("config")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "checker.toml:1: ignore: unknown rule 'NOPE'" in done.err


def test_jsonschema_is_not_imported_for_settings_that_are_right(checker: Checker) -> None:
    checker.folder.joinpath("checker.toml").write_text(FILE)
    code = (
        "import sys; from checker.cli import main; assert main(['config']) == 0; "
        "assert 'jsonschema' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checker.folder, capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.returncode == 0


# --- the schema


def test_the_schema_is_valid_and_its_examples_and_defaults_are_settings() -> None:
    schema = settings_schema()
    Draft202012Validator.check_schema(schema)
    definitions = schema["$defs"]
    for key, value in schema["properties"].items():
        described = definitions[value["$ref"].rpartition("/")[2]] if "$ref" in value else value
        for example in described.get("examples", ()):
            load_settings({key: example})
            Draft202012Validator(schema).validate({key: example})
        if "default" in described:
            load_settings({key: described["default"]})
        assert described["description"].endswith("."), key


def test_the_schema_knows_the_limits_and_profiles() -> None:
    schema = settings_schema()
    limits = schema["$defs"]["limits"]["properties"]
    assert {name: limit["default"] for name, limit in limits.items()} == Limits()._asdict()
    text = " ".join(inspect.cleandoc(Limits.__doc__ or "").replace("``", "`").split())
    for name, limit in limits.items():
        assert f"{name}: {limit['description']}" in text
    assert schema["$defs"]["profile"]["enum"] == list(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_are_settings(name: str) -> None:
    Draft202012Validator(settings_schema()).validate(dict(PROFILES[name].settings))
    load_settings(PROFILES[name].settings)
