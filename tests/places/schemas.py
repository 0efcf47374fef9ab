"""The schemas of the files of CI systems."""

from __future__ import annotations

import json
from pathlib import Path

from check_jsonschema.cli.main_command import main
from click.testing import CliRunner
from jsonschema import Draft202012Validator

_OPTIONS = {
    "azure-pipelines": ("--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"),
    "gitlab-ci": ("--data-transform", "gitlab-ci", "--regex-variant", "nonunicode"),
}


def faults(schema: str, path: Path) -> str:
    """What is wrong with a YAML file by a schema that check-jsonschema contains; empty if nothing.

    Args:
        schema: Its name, such as ``github-workflows``.
        path: The file.
    """
    options = ("--builtin-schema", f"vendor.{schema}", *_OPTIONS.get(schema, ()), "--verbose")
    done = CliRunner().invoke(main, [*options, str(path)])
    assert done.exit_code in {0, 1}, done.output
    return "" if done.exit_code == 0 else done.output


def assert_tekton(document: object) -> None:
    """A document is a task or a pipeline of Tekton."""
    schema = json.loads(Path(__file__).with_name("tekton.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
