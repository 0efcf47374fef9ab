"""The commands ``rules``, ``explain`` and ``plugins``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from string import digits

from checker.checks.option import Option
from checker.checks.registry import Rule
from checker.checks.settings_rules import SETTINGS_RULES
from checker.cli.streams import tell
from checker.errors import SettingsError
from checker.plugins import LoadedPlugins, load_plugins
from checker.policy import Policy, PolicyFile
from checker.reports.documentation import markdown_of
from checker.suggestion import nearest
from checker.typing_names import Any

FAMILIES: Mapping[str, str] = {
    "TRP": "What happened to the file in transport: text before it, conversions, other formats.",
    "ARC": "The outer tar and its compression, whatever is in it.",
    "DKR": "The documents of a Docker archive: manifest.json, repositories, configs.",
    "OCI": "The OCI image layout: index, manifests, descriptors and blobs.",
    "CFG": "The config of an image.",
    "LYR": "The layers of an image: digests, compression, entries, whiteouts.",
    "RFS": "The root filesystem that a container gets, of an image or of a flat archive.",
    "HYG": "Good practice: secrets, size, labels and build steps.",
    "ENG": "Commands and engines: what restores the archive, and what refuses it.",
    "POL": "What a policy requires: tables [[require]], and files of container-structure-test.",
    "SET": "The settings themselves: waivers that expired or cover nothing.",
}
"""The families of rules by the beginning of their ids."""


def run_rules(arguments: argparse.Namespace) -> int:
    """List the rules; the exit code.

    Raises:
        SettingsError: No rule contains the words that are searched for, or a policy is not valid.
    """
    plugins = _plugins(arguments)
    renderers = {"text": _rules_text, "json": _rules_json, "markdown": rules_markdown}
    rules = tuple(plugins.registry)
    if arguments.search is not None:
        rules = _found(rules, arguments.search)
    print(renderers[arguments.format](rules), end="")
    return report_problems(plugins)


def _plugins(arguments: argparse.Namespace) -> LoadedPlugins:
    """The plugins, with the rules that files of the command line make.

    Raises:
        SettingsError: A file is not valid.
    """
    policy = Policy(
        files=tuple(map(PolicyFile, arguments.policies or ())),
        structure_tests=tuple(map(PolicyFile, arguments.structure_tests or ())),
    )
    return load_plugins(arguments.no_plugin).with_policy(policy)


def _found(rules: Iterable[Rule], text: str) -> tuple[Rule, ...]:
    """The rules whose documentation contains all words of a text, those with it in front first.

    Raises:
        SettingsError: There are none.
    """
    words = text.casefold().split()
    found: list[tuple[bool, Rule]] = []
    for rule in rules:
        headline = f"{rule.id} {rule.name} {rule.summary}".casefold()
        whole = f"{headline} {rule.documentation}".casefold()
        if all(word in whole for word in words):
            found.append((not all(word in headline for word in words), rule))
    if not found:
        raise SettingsError(f"--search: no rule contains {text!r}")
    return tuple(rule for _, rule in sorted(found, key=lambda each: (each[0], each[1].id)))


def run_explain(arguments: argparse.Namespace) -> int:
    """Explain one rule, or all rules of a family; the exit code.

    Raises:
        SettingsError: The rule is unknown, or a policy is not valid.
    """
    plugins = _plugins(arguments)
    name = arguments.rule
    rule = plugins.registry.find(name)
    if rule is not None:
        _explain_rule(rule)
        return report_problems(plugins)
    family = [(one.id, one.severity, one.name, one.summary) for one in plugins.registry]
    family += [(one.id, one.severity, one.name, one.summary) for one in SETTINGS_RULES]
    of_settings = [one for one in SETTINGS_RULES if name.upper() == one.id or name == one.name]
    rows = [row for row in family if row[0].rstrip(digits) == name.upper()]
    if of_settings:
        print(f"{of_settings[0].id} {of_settings[0].name} ({of_settings[0].severity})\n")
        print(of_settings[0].documentation)
    elif rows:
        _explain_family(name.upper(), rows)
    else:
        families = dict.fromkeys(row[0].rstrip(digits) for row in family)
        of_file = (key for one in SETTINGS_RULES for key in (one.id, one.name))
        known = (*plugins.registry.keys(), *of_file, *families)
        see = "; `checker rules` lists the rules"
        raise SettingsError(f"unknown rule {name!r}{nearest(name, known) or see}")
    return report_problems(plugins)


def _explain_rule(rule: Rule) -> None:
    print(f"{rule.id} {rule.name} ({rule.severity}, from {rule.bundle})\n")
    print(rule.documentation)
    print("".join(f"\n{line}\n" for line in _history_lines(rule)), end="")
    if rule.check.options:
        print(f"\nOptions, in the table [rules.{rule.id}] of the configuration file:")
        print("".join(f"    {line}\n" for line in _options_lines(rule.check.options)), end="")


def _explain_family(family: str, rows: Sequence[tuple[str, ...]]) -> None:
    print(f"{family} ({len(rows)} rules)\n")
    if family in FAMILIES:
        print(f"{FAMILIES[family]}\n")
    print(_columns(rows), end="")
    print(
        f"\n`--select {family}` runs only these rules, `--ignore {family}` all others. "
        f"`checker explain {rows[0][0]}` explains one."
    )


def run_plugins(arguments: argparse.Namespace) -> int:
    """List the plugins; the exit code."""
    plugins = load_plugins(arguments.no_plugin)
    rows = [
        (plugin.name, f"{plugin.distribution} {plugin.version}", f"{plugin.rules} rules")
        for plugin in plugins.plugins
    ]
    print(_columns(rows), end="")
    for name, options in plugins.options.items():
        if options:
            print(f"\nSettings of {name}, in the table [plugins.{name}] of the settings file:")
            print("".join(f"    {line}\n" for line in _options_lines(options)), end="")
    return report_problems(plugins)


def _history_lines(rule: Rule) -> list[str]:
    """Since when the rule is there, and what it was called before."""
    lines = [] if rule.check.since is None else [f"Since version {rule.check.since}."]
    if rule.check.aliases:
        lines.append(f"Formerly {', '.join(rule.check.aliases)}.")
    return lines


def _options_lines(options: Iterable[Option[Any]]) -> list[str]:
    return [
        f"{option.name}: {option.help} ({option.takes}; {_default(option)})" for option in options
    ]


def _default(option: Option[Any]) -> str:
    if option.default is None:
        return "not set by default"
    value = list(option.default) if isinstance(option.default, tuple) else option.default
    return f"default {json.dumps(value)}"


def report_problems(plugins: LoadedPlugins) -> int:
    """Tell which plugins have problems; the exit code."""
    tell(*map(str, plugins.problems))
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
    """The page with all rules, as in ``docs/rules.md``."""
    lines = [
        "# Rules",
        "",
        "Generated by `checker rules --format markdown` from the docstrings of the rules.",
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
        lines += markdown_of(rule.documentation)
        if rule.check.options:
            lines += ["", f"**Options**, in the table `[rules.{rule.id}]`", ""]
            lines += [f"- {line}" for line in _options_lines(rule.check.options)]
    return "\n".join(lines) + "\n"
