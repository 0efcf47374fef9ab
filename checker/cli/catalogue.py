"""The commands ``rules``, ``explain`` and ``plugins``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from textwrap import dedent
from typing import Any

from checker.checks.option import Option
from checker.checks.registry import Rule
from checker.errors import SettingsError
from checker.plugins import LoadedPlugins, load_plugins
from checker.reports.printable import printable
from checker.settings import nearest


def run_rules(arguments: argparse.Namespace) -> int:
    """List the rules; the exit code."""
    plugins = load_plugins(arguments.no_plugin)
    renderers = {"text": _rules_text, "json": _rules_json, "markdown": rules_markdown}
    print(renderers[arguments.format](tuple(plugins.registry)), end="")
    return _report_problems(plugins)


def run_explain(arguments: argparse.Namespace) -> int:
    """Explain one rule; the exit code.

    Raises:
        SettingsError: There is no such rule.
    """
    plugins = load_plugins(arguments.no_plugin)
    rule = plugins.registry.find(arguments.rule)
    if rule is None:
        known = plugins.registry.keys()
        raise SettingsError(f"unknown rule {arguments.rule!r}{nearest(arguments.rule, known)}")
    print(f"{rule.id} {rule.name} ({rule.severity}, from {rule.bundle})\n")
    print(rule.documentation)
    print("".join(f"\n{line}\n" for line in _history_lines(rule)), end="")
    if rule.check.options:
        print(f"\nOptions, in the table [rules.{rule.id}] of the configuration file:")
        print("".join(f"    {line}\n" for line in _options_lines(rule)), end="")
    return _report_problems(plugins)


def run_plugins(arguments: argparse.Namespace) -> int:
    """List the plugins; the exit code."""
    plugins = load_plugins(arguments.no_plugin)
    rows = [
        (plugin.name, f"{plugin.distribution} {plugin.version}", f"{plugin.rules} rules")
        for plugin in plugins.plugins
    ]
    print(_columns(rows), end="")
    return _report_problems(plugins)


def _history_lines(rule: Rule) -> list[str]:
    """Since when the rule is there, and what it was called before."""
    lines = [] if rule.check.since is None else [f"Since version {rule.check.since}."]
    if rule.check.aliases:
        lines.append(f"Formerly {', '.join(rule.check.aliases)}.")
    return lines


def _options_lines(rule: Rule) -> list[str]:
    return [
        f"{option.name}: {option.help} ({option.takes}; {_default(option)})"
        for option in rule.check.options
    ]


def _default(option: Option[Any]) -> str:
    if option.default is None:
        return "not set by default"
    value = list(option.default) if isinstance(option.default, tuple) else option.default
    return f"default {json.dumps(value)}"


def _report_problems(plugins: LoadedPlugins) -> int:
    for problem in plugins.problems:
        print(f"checker: {printable(str(problem))}", file=sys.stderr)
    return 3 if plugins.problems else 0


def _rules_text(rules: tuple[Rule, ...]) -> str:
    return _columns([(rule.id, rule.severity, rule.name, rule.summary) for rule in rules])


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows with all columns but the last padded to the same width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines)


def _rules_json(rules: tuple[Rule, ...]) -> str:
    rows = [
        {
            "id": rule.id,
            "name": rule.name,
            "severity": rule.severity,
            "bundle": rule.bundle,
            "summary": rule.summary,
            "documentation": rule.documentation,
            "since": rule.check.since,
            "aliases": rule.check.aliases,
            "options": [
                {
                    "name": option.name,
                    "takes": option.takes,
                    "default": option.default,
                    "help": option.help,
                }
                for option in rule.check.options
            ],
        }
        for rule in rules
    ]
    return json.dumps(rows, indent=2) + "\n"


def rules_markdown(rules: tuple[Rule, ...]) -> str:
    """The page with all rules, as ``docs/rules.md`` has it."""
    lines = [
        "# Rules",
        "",
        "Written by `checker rules --format markdown` from the docstrings of the rules.",
        "",
        "| id | name | severity | summary |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| [{rule.id}](#{rule.id.lower()}-{rule.name}) | {rule.name} | {rule.severity} | "
        f"{rule.summary} |"
        for rule in rules
    ]
    for rule in rules:
        told = "".join(f" {line}" for line in _history_lines(rule))
        lines += ["", f"## {rule.id} {rule.name}", ""]
        lines += [f"*{rule.severity}, from {rule.bundle}.{told}*", ""]
        lines += _markdown_of(rule.documentation)
        if rule.check.options:
            lines += ["", f"**Options**, in the table `[rules.{rule.id}]`", ""]
            lines += [f"- {line}" for line in _options_lines(rule)]
    return "\n".join(lines) + "\n"


def _markdown_of(documentation: str) -> list[str]:
    """A docstring with bold headings and fenced examples, its indentation removed."""
    blocks = groupby(documentation.splitlines(), key=_is_example)
    return [
        line
        for is_example, block in blocks
        for line in (_fenced(block) if is_example else map(_markdown_line, block))
    ]


def _fenced(block: Iterable[str]) -> list[str]:
    return ["```", *dedent("\n".join(block)).splitlines(), "```"]


def _is_example(line: str) -> bool:
    """Whether a line is indented more than the text and the list items of a section."""
    return line.startswith(" " * 8)


def _markdown_line(line: str) -> str:
    is_heading = line.endswith(":") and not line.startswith(" ")
    return f"**{line.removesuffix(':')}**\n" if is_heading else line.strip()
