"""The command ``new-plugin``: writes a distribution with a rule, its cases, a test and CI."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from importlib import resources
from importlib.util import find_spec
from string import Template

from checker._version import __version__
from checker.checks.registry import Registry
from checker.errors import SettingsError
from checker.plugins import load_plugins
from checker.reports.output import write_new
from checker.reports.printable import printable

# PEP 508 allows more, but a module has to be named after it.
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RULE = re.compile(r"([A-Z]{3,5})[0-9]{3}")
_LETTERS = 3
_FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "rules.py": "$module.py",
    "missing-vendor.toml": "tests/cases/$module/missing-vendor.toml",
    "test_rules.py": "tests/test_rules.py",
    "test.yml": ".github/workflows/test.yml",
    "gitignore": ".gitignore",
}
"""Where each template is written."""


def run_new_plugin(arguments: argparse.Namespace) -> int:
    """Write the distribution; the exit code.

    Raises:
        SettingsError: The name or ID cannot be used, or there are files already.
        OSError: A file cannot be written.
    """
    name: str = arguments.name
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"invalid name {name!r} (lower case letters, digits and hyphens, such as acme-checks)"
        )
    if find_spec(name.replace("-", "_")) is not None:
        raise SettingsError(f"{name}: there is a Python module of this name; choose another one")
    registry = load_plugins().registry
    rule = arguments.rule or _rule_for(name)
    words = _words(name, _checked(rule, registry))
    directory = arguments.output or name
    if os.path.isdir(directory) and os.listdir(directory):
        raise SettingsError(f"{directory}: not empty; name another directory with --output")
    _write(directory, words)
    print(f"{printable(directory)}: {rule} in {words['module']}.py; to try it:")
    print(f"        cd {printable(directory)} && pip install -e '.[test]' && pytest")
    return 0


def _rule_for(name: str) -> str:
    """The ID of a first rule: three letters of the name, and a number."""
    letters = re.sub("[^A-Z]", "", name.upper())[:_LETTERS]
    return f"{letters.ljust(_LETTERS, 'X')}001"


def _checked(rule: str, registry: Registry) -> str:
    found = _RULE.fullmatch(rule)
    if found is None:
        raise SettingsError(f"invalid ID {rule!r} (three to five capital letters and three digits)")
    taken = {each.id.rstrip("0123456789") for each in registry}
    if found[1] in taken:
        raise SettingsError(
            f"{found[1]} is the family of installed rules; choose an ID with --rule"
        )
    return rule


def _words(name: str, rule: str) -> Mapping[str, str]:
    return {
        "distribution": name,
        "module": name.replace("-", "_"),
        "rule": rule,
        "prefix": rule.rstrip("0123456789"),
        "version": __version__,
    }


def _write(directory: str, words: Mapping[str, str]) -> None:
    templates = resources.files("checker.cli").joinpath("templates")
    for template, place in _FILES.items():
        text = templates.joinpath(f"{template}.in").read_text("utf-8")
        path = os.path.join(directory, Template(place).substitute(words))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_new(path, Template(text).substitute(words).encode())
